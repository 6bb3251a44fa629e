//! An ONNX TensorProto: dims, element type and values, decoded when asked for.

use super::wire::{Broken, Fields, Value, doubles, floats, varints};

/// Element type (TensorProto.DataType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of ONNX")]
pub enum Kind {
    Float,
    Uint8,
    Int8,
    Uint16,
    Int16,
    Int32,
    Int64,
    Text,
    Bool,
    Float16,
    Double,
    Uint32,
    Uint64,
    Bfloat16,
    /// Complex, 8-bit floats, 4-bit integers and what is newer, by number.
    Other(i32),
}

impl Kind {
    /// By its number in the format.
    pub fn of(number: i64) -> Self {
        match number {
            1 => Self::Float,
            2 => Self::Uint8,
            3 => Self::Int8,
            4 => Self::Uint16,
            5 => Self::Int16,
            6 => Self::Int32,
            7 => Self::Int64,
            8 => Self::Text,
            9 => Self::Bool,
            10 => Self::Float16,
            11 => Self::Double,
            12 => Self::Uint32,
            13 => Self::Uint64,
            16 => Self::Bfloat16,
            n => Self::Other(i32::try_from(n).unwrap_or(-1)),
        }
    }

    /// As ONNX writes it in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float32",
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Text => "string",
            Self::Bool => "bool",
            Self::Float16 => "float16",
            Self::Double => "float64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Bfloat16 => "bfloat16",
            Self::Other(_) => "other",
        }
    }

    /// Bytes of one value in `raw_data`; 0 for what has no fixed size here.
    fn bytes(self) -> usize {
        match self {
            Self::Uint8 | Self::Int8 | Self::Bool => 1,
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => 2,
            Self::Float | Self::Int32 | Self::Uint32 => 4,
            Self::Double | Self::Int64 | Self::Uint64 => 8,
            Self::Text | Self::Other(_) => 0,
        }
    }
}

/// A tensor that lies in the file.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    /// Name; empty in attributes.
    pub name: &'a str,
    /// Size along each axis.
    pub dims: Vec<usize>,
    /// Element type.
    pub kind: Kind,
    /// The values lie in another file.
    pub external: bool,
    message: &'a [u8],
    raw: Option<&'a [u8]>,
}

impl<'a> Tensor<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Broken> {
        let (mut name, mut dims, mut kind) = ("", vec![], Kind::Other(0));
        let (mut raw, mut external) = (None, false);
        for field in Fields::of(message) {
            match field? {
                (1, value) => varints(value, &mut dims)?,
                (2, Value::Varint(n)) => kind = Kind::of(n as i64),
                (8, Value::Bytes(text)) => {
                    name = std::str::from_utf8(text).map_err(|_| Broken)?;
                }
                (9, Value::Bytes(bytes)) => raw = Some(bytes),
                (13, _) => external = true,
                (14, Value::Varint(place)) => external |= place == 1,
                _ => {}
            }
        }
        if dims.len() > super::MOST_AXES {
            return Err(Broken);
        }
        let dims: Vec<usize> = dims
            .into_iter()
            .map(|n| usize::try_from(n).map_err(|_| Broken))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name,
            dims,
            kind,
            external,
            message,
            raw,
        })
    }

    /// How many values the dims name; `None` beyond what memory can hold.
    pub fn len(&self) -> Option<usize> {
        let n = self
            .dims
            .iter()
            .try_fold(1_usize, |n, &d| n.checked_mul(d))?;
        (n <= isize::MAX as usize / 16).then_some(n)
    }

    /// No value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// `raw_data`, where it has the length that dims and type ask for.
    fn raw(&self) -> Option<&'a [u8]> {
        let raw = self.raw.filter(|_| !self.external)?;
        let each = self.kind.bytes();
        (each > 0 && raw.len() == self.len()?.checked_mul(each)?).then_some(raw)
    }

    /// The values of the repeated field `number`, each by `add`; their number is that of the dims.
    fn typed<T>(
        &self,
        number: u32,
        add: impl Fn(Value<'_>, &mut Vec<T>) -> Result<(), Broken>,
    ) -> Option<Vec<T>> {
        if self.external || self.raw.is_some() {
            return None;
        }
        let n = self.len()?;
        let mut all = vec![];
        for field in Fields::of(self.message) {
            let (found, value) = field.ok()?;
            if found == number {
                add(value, &mut all).ok()?;
                if all.len() > n {
                    return None;
                }
            }
        }
        (all.len() == n).then_some(all)
    }

    /// The values of a tensor of floats (float32, float16, bfloat16, float64) as float32. `None` for other types, or where they are not all there.
    pub fn floats(&self) -> Option<Vec<f32>> {
        match self.kind {
            Kind::Float => match self.raw() {
                Some(raw) => Some(
                    raw.as_chunks::<4>()
                        .0
                        .iter()
                        .map(|v| f32::from_le_bytes(*v))
                        .collect(),
                ),
                None => self.typed(4, floats),
            },
            Kind::Double => match self.raw() {
                Some(raw) => Some(
                    raw.as_chunks::<8>()
                        .0
                        .iter()
                        .map(|v| f64::from_le_bytes(*v) as f32)
                        .collect(),
                ),
                None => Some(
                    self.typed(10, doubles)?
                        .into_iter()
                        .map(|v| v as f32)
                        .collect(),
                ),
            },
            Kind::Float16 | Kind::Bfloat16 => {
                let to = |bits: u16| {
                    if self.kind == Kind::Float16 {
                        half(bits)
                    } else {
                        f32::from_bits(u32::from(bits) << 16)
                    }
                };
                match self.raw() {
                    Some(raw) => Some(
                        raw.as_chunks::<2>()
                            .0
                            .iter()
                            .map(|v| to(u16::from_le_bytes(*v)))
                            .collect(),
                    ),
                    None => Some(
                        self.typed(5, varints)?
                            .into_iter()
                            .map(|v| to(v as u16))
                            .collect(),
                    ),
                }
            }
            _ => None,
        }
    }

    /// The values of a tensor of whole numbers or truth values. `None` for other types, or where they are not all there.
    pub fn ints(&self) -> Option<Vec<i64>> {
        if let Some(raw) = self.raw() {
            let wide = |of: fn(&[u8]) -> i64| {
                Some(
                    raw.chunks_exact(self.kind.bytes().max(1))
                        .map(of)
                        .collect::<Vec<_>>(),
                )
            };
            return match self.kind {
                Kind::Uint8 | Kind::Bool => wide(|v| v.first().copied().map_or(0, i64::from)),
                Kind::Int8 => wide(|v| v.first().map_or(0, |&v| i64::from(v as i8))),
                Kind::Uint16 => {
                    wide(|v| v.try_into().map_or(0, |v| i64::from(u16::from_le_bytes(v))))
                }
                Kind::Int16 => {
                    wide(|v| v.try_into().map_or(0, |v| i64::from(i16::from_le_bytes(v))))
                }
                Kind::Int32 => {
                    wide(|v| v.try_into().map_or(0, |v| i64::from(i32::from_le_bytes(v))))
                }
                Kind::Uint32 => {
                    wide(|v| v.try_into().map_or(0, |v| i64::from(u32::from_le_bytes(v))))
                }
                Kind::Int64 | Kind::Uint64 => wide(|v| v.try_into().map_or(0, i64::from_le_bytes)),
                _ => None,
            };
        }
        match self.kind {
            Kind::Uint8 | Kind::Int8 | Kind::Uint16 | Kind::Int16 | Kind::Int32 | Kind::Bool => {
                self.typed(5, varints)
            }
            Kind::Int64 => self.typed(7, varints),
            Kind::Uint32 | Kind::Uint64 => self.typed(11, varints),
            _ => None,
        }
    }

    /// The values of a tensor of uint8 or int8 as bytes. `None` for other types, or where they are not all there.
    pub fn bytes(&self) -> Option<std::borrow::Cow<'a, [u8]>> {
        if !matches!(self.kind, Kind::Uint8 | Kind::Int8) {
            return None;
        }
        match self.raw() {
            Some(raw) => Some(raw.into()),
            None => Some(
                self.typed(5, varints)?
                    .into_iter()
                    .map(|v| v as u8)
                    .collect::<Vec<_>>()
                    .into(),
            ),
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 31, u32::from(bits) & 1023);
    match exponent {
        0 => {
            let small = fraction as f32 / 16_777_216.0;
            f32::from_bits(small.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | (fraction << 13)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0001, 2.0_f32.powi(-24)),
            (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
            (0x0400, 2.0_f32.powi(-14)),
            (0x7c00, f32::INFINITY),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }

    #[test]
    fn values_are_as_many_as_the_dims_say() {
        // dims [2], float, two packed floats.
        let good = [8, 2, 16, 1, 34, 8, 0, 0, 128, 63, 0, 0, 0, 64];
        assert_eq!(Tensor::read(&good).unwrap().floats(), Some(vec![1.0, 2.0]));
        let mut more = good;
        more[1] = 3;
        assert_eq!(Tensor::read(&more).unwrap().floats(), None);
        // dims [2^62, 8]: no memory is asked for.
        let mut huge = vec![8];
        huge.extend([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
        huge.extend([8, 8, 16, 1]);
        let huge = Tensor::read(&huge).unwrap();
        assert_eq!((huge.len(), huge.floats()), (None, None));
        // int64_data, negative.
        let mut ints = vec![8, 1, 16, 7, 56];
        ints.extend([255; 9]);
        ints.push(1);
        assert_eq!(Tensor::read(&ints).unwrap().ints(), Some(vec![-1]));
    }
}
