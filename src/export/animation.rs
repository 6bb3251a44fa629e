//! Several pictures of one size as one that moves: animated PNG (PNG 3rd edition, 11.3.2) and GIF (89a).

use super::{
    codes,
    picture::{Format, encode},
    zip::Crc,
};
use crate::base::{Error, Result};

fn refused(why: &str) -> Error {
    Error::new(&codes::NOT_ENCODED).found(why)
}

fn chunk(kind: [u8; 4], body: &[u8], out: &mut Vec<u8>) {
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(body);
    let mut crc = Crc::default();
    crc.take(&kind);
    crc.take(body);
    out.extend(crc.sum().to_be_bytes());
}

/// The chunks of a PNG that this program wrote.
fn chunks(png: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = png.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let kind = rest.get(4..8)?.try_into().ok()?;
        let body = rest.get(8..8 + length)?;
        rest = rest.get(12 + length..)?;
        Some((kind, body))
    })
}

/// An animated PNG under construction: lossless, in grey or colour by its first picture.
#[derive(Debug)]
pub struct Apng {
    out: Vec<u8>,
    size: (u32, u32),
    grey: bool,
    count: u32,
    frames: u32,
    sequence: u32,
    delay: (u16, u16),
}

impl Apng {
    /// `frames` pictures of `size` follow, `per_second` of them a second (clamped to 0.1 … 1000), again and again. `grey`: none has colour.
    pub fn new(size: (u32, u32), frames: u32, per_second: f64, grey: bool) -> Self {
        let ms = (1000.0 / per_second.clamp(0.1, 1000.0)).round() as u16;
        Self {
            out: b"\x89PNG\r\n\x1a\n".to_vec(),
            size,
            grey,
            count: 0,
            frames,
            sequence: 0,
            delay: (ms, 1000),
        }
    }

    /// The next picture (RGBA, opaque).
    ///
    /// # Errors
    /// `IO-301` where its size differs, where there is one too many, or where it has colour and was said to have none.
    pub fn frame(&mut self, rgba: &[u8]) -> Result<()> {
        let (width, height) = self.size;
        if self.count == self.frames {
            return Err(refused("more pictures than were said"));
        }
        let plain;
        let mut picture = rgba;
        if !self.grey {
            // A picture without colour would be written grey: all have to be of one kind.
            plain = coloured(rgba);
            picture = &plain;
        }
        let png = encode(picture, width, height, Format::Png)?;
        if self.count == 0 {
            let header = chunks(&png).find(|(kind, _)| kind == b"IHDR");
            let (_, header) = header.ok_or_else(|| refused("no header"))?;
            chunk(*b"IHDR", &with_kind(header, self.grey), &mut self.out);
            let control = [self.frames.to_be_bytes(), 0_u32.to_be_bytes()].concat();
            chunk(*b"acTL", &control, &mut self.out);
        }
        let mut control = self.next().to_vec();
        for number in [width, height, 0, 0] {
            control.extend(number.to_be_bytes());
        }
        control.extend(self.delay.0.to_be_bytes());
        control.extend(self.delay.1.to_be_bytes());
        control.extend([0, 0]);
        chunk(*b"fcTL", &control, &mut self.out);
        let is_grey = chunks(&png).any(|(kind, body)| &kind == b"IHDR" && body.get(9) == Some(&0));
        if is_grey != self.grey {
            return Err(refused("colour where none was said"));
        }
        for (kind, body) in chunks(&png).filter(|(kind, _)| kind == b"IDAT") {
            if self.count == 0 {
                chunk(kind, body, &mut self.out);
            } else {
                let numbered = [&self.next()[..], body].concat();
                chunk(*b"fdAT", &numbered, &mut self.out);
            }
        }
        self.count += 1;
        Ok(())
    }

    fn next(&mut self) -> [u8; 4] {
        self.sequence += 1;
        (self.sequence - 1).to_be_bytes()
    }

    /// Bytes so far.
    pub fn bytes(&self) -> usize {
        self.out.len()
    }

    /// The file.
    ///
    /// # Errors
    /// `IO-301` where pictures are missing.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        if self.count != self.frames || self.count == 0 {
            return Err(refused("fewer pictures than were said"));
        }
        chunk(*b"IEND", &[], &mut self.out);
        Ok(self.out)
    }
}

/// The header as it is: its colour type was checked against what was said.
fn with_kind(header: &[u8], grey: bool) -> Vec<u8> {
    let mut header = header.to_vec();
    if let Some(kind) = header.get_mut(9) {
        *kind = if grey { 0 } else { 2 };
    }
    header
}

/// One pixel of a picture without colour gets the least of it, so that it is written in colour.
fn coloured(rgba: &[u8]) -> Vec<u8> {
    let mut picture = rgba.to_vec();
    let (pixels, _) = rgba.as_chunks::<4>();
    if pixels.iter().all(|[r, g, b, _]| r == g && g == b)
        && let Some(blue) = picture.get_mut(2)
    {
        *blue ^= 1;
    }
    picture
}

/// A GIF under construction: grey exactly; colours by a cube of 6 × 7 × 6.
#[derive(Debug)]
pub struct Gif {
    out: Vec<u8>,
    size: (u16, u16),
    grey: bool,
    hundredths: u16,
}

impl Gif {
    /// Pictures of `size` follow, `per_second` of them a second (clamped to 0.1 … 50), again and again.
    ///
    /// # Errors
    /// `IO-301` for a side that is 0 or above 65,535.
    pub fn new(size: (u32, u32), per_second: f64, grey: bool) -> Result<Self> {
        let side = |n: u32| u16::try_from(n).ok().filter(|n| *n > 0);
        let size = side(size.0).zip(side(size.1));
        let size = size.ok_or_else(|| refused("a side of 0 or above 65535"))?;
        let mut out = b"GIF89a".to_vec();
        out.extend(size.0.to_le_bytes());
        out.extend(size.1.to_le_bytes());
        out.extend([0xF7, 0, 0]);
        for n in 0..=255_u8 {
            out.extend(colour(n, grey));
        }
        // Again and again.
        out.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0");
        let hundredths = (100.0 / per_second.clamp(0.1, 50.0)).round() as u16;
        Ok(Self {
            out,
            size,
            grey,
            hundredths,
        })
    }

    /// The next picture (RGBA, opaque).
    ///
    /// # Errors
    /// `IO-301` where its size differs.
    pub fn frame(&mut self, rgba: &[u8]) -> Result<()> {
        let (width, height) = self.size;
        let (pixels, _) = rgba.as_chunks::<4>();
        if pixels.len() != usize::from(width) * usize::from(height) {
            return Err(refused("pictures of several sizes"));
        }
        self.out.extend([0x21, 0xF9, 4, 4]);
        self.out.extend(self.hundredths.to_le_bytes());
        self.out.extend([0, 0, 0x2C, 0, 0, 0, 0]);
        self.out.extend(width.to_le_bytes());
        self.out.extend(height.to_le_bytes());
        self.out.extend([0, 8]);
        let grey = self.grey;
        let packed = lzw(pixels
            .iter()
            .map(|&[r, g, b, _]| if grey { r } else { nearest([r, g, b]) }));
        for block in packed.chunks(255) {
            self.out.push(block.len() as u8);
            self.out.extend(block);
        }
        self.out.push(0);
        Ok(())
    }

    /// Bytes so far.
    pub fn bytes(&self) -> usize {
        self.out.len()
    }

    /// The file.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(0x3B);
        self.out
    }
}

/// Colour `n` of the table.
fn colour(n: u8, grey: bool) -> [u8; 3] {
    if grey {
        return [n; 3];
    }
    let n = u16::from(n).min(251);
    let (r, g, b) = (n / 42, n / 6 % 7, n % 6);
    [r * 255 / 5, g * 255 / 6, b * 255 / 5].map(|c| c as u8)
}

fn nearest([r, g, b]: [u8; 3]) -> u8 {
    let step = |c: u8, most: u32| (u32::from(c) * most + 127) / 255;
    (step(r, 5) * 42 + step(g, 6) * 6 + step(b, 5)) as u8
}

/// The LZW of GIF (appendix F): codes of 9 to 12 bits, the lowest bit first.
fn lzw(pixels: impl Iterator<Item = u8>) -> Vec<u8> {
    const CLEAR: u16 = 256;
    const END: u16 = 257;
    const MOST: u16 = 4096;
    let (mut out, mut held, mut bits) = (vec![], 0_u32, 0_u32);
    let mut put = |code: u16, width: u32, out: &mut Vec<u8>| {
        held |= u32::from(code) << bits;
        bits += width;
        while bits >= 8 {
            out.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
        if code == END && bits > 0 {
            out.push(held as u8);
        }
    };
    let mut table: std::collections::HashMap<(u16, u8), u16> = std::collections::HashMap::new();
    let (mut next, mut width) = (END + 1, 9);
    put(CLEAR, width, &mut out);
    let mut prefix: Option<u16> = None;
    for pixel in pixels {
        let Some(before) = prefix else {
            prefix = Some(u16::from(pixel));
            continue;
        };
        if let Some(&code) = table.get(&(before, pixel)) {
            prefix = Some(code);
            continue;
        }
        put(before, width, &mut out);
        if next < MOST {
            table.insert((before, pixel), next);
            // The reader is one entry behind: the width grows when it needs the code that was just made.
            if u32::from(next) == 1 << width {
                width += 1;
            }
            next += 1;
        } else {
            put(CLEAR, width, &mut out);
            table.clear();
            (next, width) = (END + 1, 9);
        }
        prefix = Some(u16::from(pixel));
    }
    if let Some(code) = prefix {
        put(code, width, &mut out);
        // The reader makes an entry for it too.
        if next < MOST && u32::from(next) == 1 << width {
            width += 1;
        }
    }
    put(END, width, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(coloured: bool) -> Vec<Vec<u8>> {
        let mut state = 7_u32;
        let pixel = |at: u32, f: u32, state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grey = ((at * 3 + f * 40) % 200 + (*state >> 27)) as u8;
            let other = if coloured { 255 - grey } else { grey };
            [grey, other, grey, 255]
        };
        (0..3_u32)
            .map(|f| {
                (0..90 * 70)
                    .flat_map(|at| pixel(at, f, &mut state))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn an_animated_png_has_its_chunks_in_order_and_its_first_picture() {
        for coloured in [false, true] {
            let frames = frames(coloured);
            let mut apng = Apng::new((90, 70), 3, 25.0, !coloured);
            for frame in &frames {
                apng.frame(frame).unwrap();
            }
            assert!(apng.frame(&frames[0]).is_err(), "one too many");
            let file = apng.finish().unwrap();
            let kinds: Vec<[u8; 4]> = chunks(&file).map(|(kind, _)| kind).collect();
            let mut once = kinds.clone();
            once.dedup();
            let names = [
                "IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND",
            ];
            let names: Vec<[u8; 4]> = names
                .iter()
                .map(|n| n.as_bytes().try_into().unwrap())
                .collect();
            assert_eq!(once, names);
            let first = image::load_from_memory(&file)
                .unwrap()
                .to_rgba8()
                .into_raw();
            assert_eq!(first, frames[0]);
        }
        assert!(Apng::new((1, 1), 2, 1.0, true).finish().is_err());
        assert!(
            Apng::new((1, 1), 2, f64::NAN, true)
                .frame(&[1, 2, 3, 255])
                .is_err()
        );
    }

    /// A reader of LZW as the appendix has it.
    fn unpacked(file: &[u8], from: usize) -> Vec<u8> {
        let (mut packed, mut at): (Vec<u8>, usize) = (vec![], from);
        while file[at] > 0 {
            let length = usize::from(file[at]);
            packed.extend(&file[at + 1..=at + length]);
            at += length + 1;
        }
        let mut table: Vec<Vec<u8>> = vec![];
        let reset = |table: &mut Vec<Vec<u8>>| {
            *table = (0..=255).map(|n| vec![n]).collect();
            table.extend([vec![], vec![]]);
        };
        reset(&mut table);
        let (mut out, mut bit, mut width, mut before): (Vec<u8>, usize, usize, Option<Vec<u8>>) =
            (vec![], 0, 9, None);
        loop {
            let code = (0..width).fold(0, |n, i| {
                n | usize::from(packed[(bit + i) / 8] >> ((bit + i) % 8) & 1) << i
            });
            bit += width;
            if code == 256 {
                reset(&mut table);
                (width, before) = (9, None);
                continue;
            }
            if code == 257 {
                return out;
            }
            let entry = match (&before, table.get(code)) {
                (_, Some(known)) => known.clone(),
                (Some(last), None) => [&last[..], &last[..1]].concat(),
                (None, None) => panic!("{code}"),
            };
            out.extend(&entry);
            if let Some(mut last) = before
                && table.len() < 4096
            {
                last.push(entry[0]);
                table.push(last);
                if table.len() == 1 << width && width < 12 {
                    width += 1;
                }
            }
            before = Some(entry);
        }
    }

    #[test]
    fn a_gif_gives_grey_back_exactly() {
        let frames = frames(false);
        let mut gif = Gif::new((90, 70), 10.0, true).unwrap();
        for frame in &frames {
            gif.frame(frame).unwrap();
        }
        assert!(gif.frame(&[0; 4]).is_err());
        let file = gif.finish();
        let starts: Vec<usize> = (0..file.len() - 10)
            .filter(|&i| file[i..].starts_with(&[0x2C, 0, 0, 0, 0, 90, 0, 70, 0, 0, 8]))
            .collect();
        assert_eq!(starts.len(), 3);
        for (start, frame) in starts.into_iter().zip(&frames) {
            let grey: Vec<u8> = frame.chunks(4).map(|p| p[0]).collect();
            assert_eq!(unpacked(&file, start + 11), grey);
        }
        assert_eq!(file.last(), Some(&0x3B));
        assert!(Gif::new((0, 1), 1.0, true).is_err() && Gif::new((70_000, 1), 1.0, true).is_err());
        // Colours are those of the cube: none farther than half a step.
        for c in 0..=255_u8 {
            let found = colour(nearest([c, c, c]), false);
            assert!(found.iter().all(|f| f.abs_diff(c) <= 26), "{c}");
        }
    }
}
