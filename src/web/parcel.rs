//! A frame on its way to a decode worker, and back: JSON with the bytes beside it.

use serde::{Deserialize, Serialize};

use crate::{
    base::{Limits, Repair, Result},
    codec::{self, Decoded, Layout, Photometric, Stored},
};

/// What a decode worker needs to know of the bytes of one frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Transfer Syntax UID (0002,0010).
    pub(super) transfer_syntax: String,
    /// The Image Pixel module.
    pub(super) layout: Layout,
    /// What one input may cost.
    pub(super) limits: Limits,
}

/// What it says of the values that it gives, which travel beside this, little-endian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    rows: u32,
    columns: u32,
    samples_per_pixel: u16,
    photometric: Photometric,
    kind: Kind,
    /// Codes with their details.
    repairs: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

macro_rules! each_kind {
    ($($kind:ident $type:ty),*) => {
        fn kind(values: &Stored) -> Kind {
            match values {
                $(Stored::$kind(_) => Kind::$kind),*
            }
        }
        fn unpacked(kind: Kind, bytes: &[u8]) -> Stored {
            match kind {
                $(Kind::$kind => Stored::$kind(bytes.as_chunks().0.iter().map(|&c| <$type>::from_le_bytes(c)).collect()),)*
            }
        }
    };
}
each_kind!(U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, F32 f32, F64 f64);

/// Decodes: the work of a decode worker.
///
/// # Errors
/// As [`codec::decode`].
pub(super) fn decode(job: &Job, bytes: &[u8]) -> Result<(Done, Stored)> {
    let decoded = codec::decode(&job.transfer_syntax, bytes, &job.layout, &job.limits)?;
    let repairs = decoded.repairs.into_iter();
    let done = Done {
        rows: decoded.rows,
        columns: decoded.columns,
        samples_per_pixel: decoded.samples_per_pixel,
        photometric: decoded.photometric,
        kind: kind(&decoded.values),
        repairs: repairs.map(|r| (r.code.id.to_owned(), r.detail)).collect(),
    };
    Ok((done, decoded.values))
}

/// The frame that came back; `None` when the values are not as many as it says.
pub(super) fn open(done: Done, bytes: &[u8]) -> Option<Decoded> {
    let values = unpacked(done.kind, bytes);
    let samples =
        u64::from(done.rows) * u64::from(done.columns) * u64::from(done.samples_per_pixel);
    let known = |id: &str| codec::codes::ALL.iter().copied().find(|code| code.id == id);
    (values.len() as u64 == samples).then(|| Decoded {
        rows: done.rows,
        columns: done.columns,
        samples_per_pixel: done.samples_per_pixel,
        values,
        photometric: done.photometric,
        repairs: (done.repairs.into_iter())
            .filter_map(|(id, detail)| Some(Repair::new(known(&id)?, detail)))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::SampleKind;

    #[test]
    fn frames_come_back_as_they_went() {
        let layout = Layout {
            rows: 2,
            columns: 2,
            samples_per_pixel: 1,
            bits_allocated: 16,
            bits_stored: 12,
            high_bit: 11,
            kind: SampleKind::Signed,
            planar: false,
            photometric: Photometric::Monochrome2,
        };
        let job = Job {
            transfer_syntax: "1.2.840.10008.1.2.5".to_owned(),
            layout: layout.clone(),
            limits: Limits::default(),
        };
        // A run of high bytes; the low bytes' segment is cut short.
        let mut bytes = vec![0; 64];
        bytes[0] = 2;
        bytes[4] = 64;
        bytes[8] = 66;
        bytes.extend([253, 0x0F, 1, 0xFE, 0xFF]);
        let here = codec::decode(&job.transfer_syntax, &bytes, &layout, &job.limits).unwrap();
        assert!(!here.repairs.is_empty());
        let job: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        let (done, values) = decode(&job, &bytes).unwrap();
        let done: Done = serde_json::from_str(&serde_json::to_string(&done).unwrap()).unwrap();
        let Stored::I16(values) = values else {
            panic!("{values:?}");
        };
        let values: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(open(done.clone(), &values).unwrap(), here);
        assert!(open(done, &values[1..]).is_none());
    }
}
