//! The NumPy format, version 1.0: a header that names type and shape, then the values as they are.

use crate::codec::Stored;

/// Values with their NumPy type.
pub trait Values {
    /// `descr` of the header, such as `<i2`.
    fn descr(&self) -> &'static str;
    /// Appends the values, little-endian.
    fn write(&self, out: &mut Vec<u8>);
}

impl Values for Stored {
    fn descr(&self) -> &'static str {
        match self {
            Self::U8(_) => "|u1",
            Self::I8(_) => "|i1",
            Self::U16(_) => "<u2",
            Self::I16(_) => "<i2",
            Self::U32(_) => "<u4",
            Self::I32(_) => "<i4",
            Self::F32(_) => "<f4",
            Self::F64(_) => "<f8",
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        crate::each_stored!(self, v => for x in v { out.extend(x.to_le_bytes()); });
    }
}

impl Values for [f32] {
    fn descr(&self) -> &'static str {
        "<f4"
    }
    fn write(&self, out: &mut Vec<u8>) {
        for x in self {
            out.extend(x.to_le_bytes());
        }
    }
}

impl Values for [u8] {
    fn descr(&self) -> &'static str {
        "|u1"
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self);
    }
}

/// The header of an array of `shape` (row-major): magic, version, length, dictionary, padded to 64 bytes.
pub fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let dims = shape
        .iter()
        .fold(String::new(), |dims, n| dims + &format!("{n}, "));
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.bytes());
    out
}

/// A whole file of one array.
pub fn file<V: Values + ?Sized>(values: &V, shape: &[usize]) -> Vec<u8> {
    let mut out = header(values.descr(), shape);
    values.write(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_aligned_and_values_follow() {
        let bytes = file(&Stored::I16(vec![-2, 3]), &[1, 2]);
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + length) % 64, 0);
        let text = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
        assert!(text.starts_with("{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2, ), }"));
        assert!(text.ends_with('\n'));
        assert_eq!(&bytes[10 + length..], [254, 255, 3, 0]);
    }
}
