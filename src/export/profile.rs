//! The sRGB profile (ICC.1:2001-04, version 2, matrix and tone curves) that a colour presentation state must carry.

/// Points of the tone curve.
const CURVE: usize = 256;

/// 15.16 fixed point.
fn fixed(value: f64) -> [u8; 4] {
    ((value * 65_536.0).round() as i32).to_be_bytes()
}

fn xyz([x, y, z]: [f64; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    for part in [x, y, z] {
        tag.extend(fixed(part));
    }
    tag
}

fn text(text: &str) -> Vec<u8> {
    let mut tag = b"text\0\0\0\0".to_vec();
    tag.extend(text.as_bytes());
    tag.push(0);
    tag
}

fn description(text: &str) -> Vec<u8> {
    let mut tag = b"desc\0\0\0\0".to_vec();
    tag.extend((text.len() as u32 + 1).to_be_bytes());
    tag.extend(text.as_bytes());
    // Without words in Unicode or in Macintosh script.
    tag.extend([0; 1 + 8 + 3 + 67]);
    tag
}

/// IEC 61966-2-1: the linear part below 0.04045.
fn curve() -> Vec<u8> {
    let mut tag = b"curv\0\0\0\0".to_vec();
    tag.extend((CURVE as u32).to_be_bytes());
    for k in 0..CURVE {
        let x = k as f64 / (CURVE - 1) as f64;
        let y = if x <= 0.04045 {
            x / 12.92
        } else {
            ((x + 0.055) / 1.055).powf(2.4)
        };
        tag.extend(((y * 65_535.0).round() as u16).to_be_bytes());
    }
    tag
}

/// The profile's bytes.
pub(super) fn srgb() -> Vec<u8> {
    // Primaries adapted to D50 (Bradford), as ICC.1 wants them.
    let tone = curve();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", xyz([0.9642, 1.0, 0.8249])),
        (b"rXYZ", xyz([0.4360747, 0.2225045, 0.0139322])),
        (b"gXYZ", xyz([0.3850649, 0.7168786, 0.0971045])),
        (b"bXYZ", xyz([0.1430804, 0.0606169, 0.7141733])),
        (b"rTRC", tone.clone()),
        (b"gTRC", tone.clone()),
        (b"bTRC", tone),
    ];
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut body: Vec<u8> = vec![];
    let begin = 128 + 4 + 12 * tags.len();
    for (name, data) in &tags {
        table.extend(*name);
        table.extend(((begin + body.len()) as u32).to_be_bytes());
        table.extend((data.len() as u32).to_be_bytes());
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let size = (begin + body.len()) as u32;
    let mut head = size.to_be_bytes().to_vec();
    head.extend([0; 4]);
    head.extend([2, 0x10, 0, 0]);
    // An input profile: what a presentation state's colours are in.
    head.extend(b"scnrRGB XYZ ");
    for part in [2026_u16, 1, 1, 0, 0, 0] {
        head.extend(part.to_be_bytes());
    }
    head.extend(b"acsp");
    head.extend([0; 28]);
    head.extend(xyz([0.9642, 1.0, 0.8249]).split_off(8));
    head.resize(128, 0);
    [head, table, body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_long_as_it_says() {
        let bytes = srgb();
        assert_eq!(
            bytes.len(),
            u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize
        );
        assert_eq!(&bytes[36..40], b"acsp");
        assert_eq!(bytes.len() % 4, 0);
    }
}
