//! A frame on its way to a decode worker, and back: JSON with the bytes beside it.

use serde::{Deserialize, Serialize};

use crate::{
    base::{Code, Error, Limits, Repair, Result},
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

/// The work of a decode worker: a [`Job`] as JSON on its bytes; gives what [`unpack`] takes, of the values their bytes.
///
/// # Errors
/// What [`refused`] takes.
pub(super) fn work(job: &str, bytes: &[u8]) -> Result<(String, Stored), String> {
    let other = |e: serde_json::Error| e.to_string();
    let job: Job = serde_json::from_str(job).map_err(other)?;
    let (done, values) = decode(&job, bytes).map_err(|e| refusal(&e))?;
    Ok((serde_json::to_string(&done).map_err(other)?, values))
}

/// The frame of [`work`]; `None` when the values are not as many as they are said to be.
pub(super) fn unpack(json: &str, bytes: &[u8]) -> Option<Decoded> {
    open(serde_json::from_str(json).ok()?, bytes)
}

/// An error as [`refused`] takes it.
pub(super) fn refusal(error: &Error) -> String {
    serde_json::json!([error.code().id, error.detail()]).to_string()
}

/// The refusal of [`work`], with its code and what it says.
pub(super) fn refused(refusal: &str) -> Error {
    let read = serde_json::from_str::<(String, String)>(refusal).ok();
    match read.and_then(|(id, detail)| Some((known(&id)?, detail))) {
        Some((code, detail)) => Error::new(code).at(detail),
        None => Error::new(&codec::codes::DAMAGED),
    }
}

fn known(id: &str) -> Option<&'static Code> {
    codec::codes::ALL.iter().copied().find(|code| code.id == id)
}

/// As [`codec::decode`].
fn decode(job: &Job, bytes: &[u8]) -> Result<(Done, Stored)> {
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

fn open(done: Done, bytes: &[u8]) -> Option<Decoded> {
    let values = unpacked(done.kind, bytes);
    let samples =
        u64::from(done.rows) * u64::from(done.columns) * u64::from(done.samples_per_pixel);
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
        let job = serde_json::to_string(&job).unwrap();
        let (done, values) = work(&job, &bytes).unwrap();
        let Stored::I16(values) = values else {
            panic!("{values:?}");
        };
        let values: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(unpack(&done, &values).unwrap(), here);
        assert!(unpack(&done, &values[1..]).is_none());
        // So does what a codec says instead.
        let here = codec::decode("1.2.840.10008.1.2.5", &[1], &layout, &Limits::default());
        let (here, there) = (here.unwrap_err(), refused(&work(&job, &[1]).unwrap_err()));
        assert_eq!((there.code(), there.detail()), (here.code(), here.detail()));
        assert!(!there.detail().is_empty());
        assert_eq!(*refused("no JSON").code(), codec::codes::DAMAGED);
    }
}
