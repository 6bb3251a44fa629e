//! Protocol-buffer wire format (<https://protobuf.dev/programming-guides/encoding/>): the fields of a message, borrowed from its bytes.

/// One field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64([u8; 8]),
    /// Wire type 2: text, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32([u8; 4]),
}

/// What is wrong with the bytes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// The fields of a message in their order, by number.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Broken> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Broken)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        self.take(N)?.try_into().map_err(|_| Broken)
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Broken)?;
            self.rest = rest;
            // The tenth byte has one bit left.
            if shift == 63 && byte > 1 {
                return Err(Broken);
            }
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(Broken)
    }

    fn field(&mut self) -> Result<(u32, Value<'a>), Broken> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| Broken)?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.array()?),
            2 => {
                let n = usize::try_from(self.varint()?).map_err(|_| Broken)?;
                Value::Bytes(self.take(n)?)
            }
            5 => Value::Fixed32(self.array()?),
            // Groups (3, 4) are not used by ONNX.
            _ => return Err(Broken),
        };
        if number == 0 {
            return Err(Broken);
        }
        Ok((number, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Adds a repeated varint's values, packed or single.
pub(super) fn varints(value: Value<'_>, to: &mut Vec<i64>) -> Result<(), Broken> {
    match value {
        Value::Varint(v) => to.push(v as i64),
        Value::Bytes(packed) => {
            let mut rest = Fields::of(packed);
            while !rest.rest.is_empty() {
                to.push(rest.varint()? as i64);
            }
        }
        _ => return Err(Broken),
    }
    Ok(())
}

/// Adds a repeated float's values, packed or single.
pub(super) fn floats(value: Value<'_>, to: &mut Vec<f32>) -> Result<(), Broken> {
    match value {
        Value::Fixed32(v) => to.push(f32::from_le_bytes(v)),
        Value::Bytes(packed) => {
            let (each, rest) = packed.as_chunks::<4>();
            if !rest.is_empty() {
                return Err(Broken);
            }
            to.extend(each.iter().map(|v| f32::from_le_bytes(*v)));
        }
        _ => return Err(Broken),
    }
    Ok(())
}

/// Adds a repeated double's values, packed or single.
pub(super) fn doubles(value: Value<'_>, to: &mut Vec<f64>) -> Result<(), Broken> {
    match value {
        Value::Fixed64(v) => to.push(f64::from_le_bytes(v)),
        Value::Bytes(packed) => {
            let (each, rest) = packed.as_chunks::<8>();
            if !rest.is_empty() {
                return Err(Broken);
            }
            to.extend(each.iter().map(|v| f64::from_le_bytes(*v)));
        }
        _ => return Err(Broken),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        let bytes = [
            0x08, 0x96, 0x01, 0x12, 0x02, b'o', b'k', 0x1d, 0, 0, 0x80, 0x3f,
        ];
        let all: Vec<_> = Fields::of(&bytes).collect();
        assert_eq!(
            all,
            [
                Ok((1, Value::Varint(150))),
                Ok((2, Value::Bytes(b"ok"))),
                Ok((3, Value::Fixed32([0, 0, 0x80, 0x3f]))),
            ]
        );
    }

    #[test]
    fn broken_bytes_end_the_message() {
        for bytes in [
            &[0x08][..],
            &[0x12, 0x05, 1],
            &[0x0b],
            &[0x00, 0x01],
            &[255; 12],
            &[0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ] {
            let all: Vec<_> = Fields::of(bytes).collect();
            assert_eq!(all.last(), Some(&Err(Broken)), "{bytes:?}");
        }
    }
}
