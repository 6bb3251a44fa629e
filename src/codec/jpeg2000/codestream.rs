//! The codestream (T.800 Annex A): its size, and where the headers and data of each tile lie.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Fault,
    reader::{Reader, segment},
    settings::Settings,
};

/// One component's line of SIZ (A.5.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    pub(super) precision: u8,
    pub(super) signed: bool,
    pub(super) dx: u32,
    pub(super) dy: u32,
}

/// The reference grid, tiles and components (A.5.1).
#[derive(Debug)]
pub(super) struct Size {
    pub(super) x0: u32,
    pub(super) y0: u32,
    pub(super) x1: u32,
    pub(super) y1: u32,
    pub(super) tile_w: u32,
    pub(super) tile_h: u32,
    pub(super) tile_x0: u32,
    pub(super) tile_y0: u32,
    pub(super) components: Vec<Sampling>,
}

impl Size {
    /// Tiles across the grid.
    pub(super) fn tiles_across(&self) -> u32 {
        (self.x1 - self.tile_x0).div_ceil(self.tile_w)
    }
    /// Tiles down the grid.
    pub(super) fn tiles_down(&self) -> u32 {
        (self.y1 - self.tile_y0).div_ceil(self.tile_h)
    }
}

/// What is known of one tile.
#[derive(Debug, Default)]
pub(super) struct TileData {
    pub(super) settings: Settings,
    /// The packets, part by part.
    pub(super) parts: Vec<Range<usize>>,
    /// The packet headers where they're packed apart (PPM, PPT), else empty.
    pub(super) headers: Vec<u8>,
    pub(super) packed: bool,
}

/// A codestream, found but not decoded.
#[derive(Debug)]
pub(super) struct Codestream {
    pub(super) size: Size,
    pub(super) main: Settings,
    pub(super) tiles: BTreeMap<u16, TileData>,
    /// Something was cut or could not be read after the main header.
    pub(super) truncated: bool,
}

fn size(r: &mut Reader<'_>) -> Result<Size, Fault> {
    r.number(2)?;
    let mut n = [0; 8];
    for v in &mut n {
        *v = r.number(4)?;
    }
    let [x1, y1, x0, y0, tile_w, tile_h, tile_x0, tile_y0] = n;
    let count = r.number(2)?;
    let mut components = Vec::new();
    for _ in 0..count {
        let depth = r.byte()?;
        let (dx, dy) = (r.number(1)?, r.number(1)?);
        let precision = (depth & 0x7F) + 1;
        if dx == 0 || dy == 0 || precision > 38 {
            return Err(r.damaged("a component's line of SIZ"));
        }
        components.push(Sampling {
            precision,
            signed: depth & 0x80 != 0,
            dx,
            dy,
        });
    }
    let reaches =
        |t0: u32, t: u32, i0: u32| t0 <= i0 && u64::from(t0) + u64::from(t) > u64::from(i0);
    if x0 >= x1
        || y0 >= y1
        || components.is_empty()
        || tile_w == 0
        || tile_h == 0
        || !reaches(tile_x0, tile_w, x0)
        || !reaches(tile_y0, tile_h, y0)
    {
        return Err(r.damaged("the sizes of SIZ"));
    }
    Ok(Size {
        x0,
        y0,
        x1,
        y1,
        tile_w,
        tile_h,
        tile_x0,
        tile_y0,
        components,
    })
}

/// Reads all headers and finds the data.
pub(super) fn read(bytes: &[u8]) -> Result<Codestream, Fault> {
    let mut r = Reader { bytes, at: 0 };
    if r.number(2)? != 0xFF4F || r.number(2)? != 0xFF51 {
        return Err(Fault::Damaged {
            at: 0,
            what: "no SOC and SIZ",
        });
    }
    let size = size(&mut segment(&mut r)?)?;
    let components = size.components.len();
    let mut main = Settings::default();
    let mut packed: Vec<(u8, Range<usize>)> = Vec::new();
    loop {
        let marker = r.number(2)?;
        match marker {
            0xFF90 => break,
            0xFF00.. => {
                let mut s = segment(&mut r)?;
                if marker == 0xFF60 {
                    let index = s.byte()?;
                    packed.push((index, s.at..s.bytes.len()));
                } else {
                    main.read(marker, &mut s, components)?;
                }
            }
            _ => return Err(r.damaged("no marker")),
        }
    }
    r.at -= 2;
    if main.style.is_none() || main.quantisation.is_none() && main.quantisations.len() < components
    {
        return Err(r.damaged("no COD or QCD"));
    }
    packed.sort_by_key(|p| p.0);
    let joined: Vec<u8> = packed
        .iter()
        .flat_map(|(_, range)| bytes.get(range.clone()).unwrap_or_default())
        .copied()
        .collect();
    let mut packed = Reader {
        bytes: &joined,
        at: 0,
    };
    let mut stream = Codestream {
        size,
        main,
        tiles: BTreeMap::new(),
        truncated: false,
    };
    let mut any = false;
    loop {
        match part(&mut r, &mut stream, &mut packed) {
            Ok(true) => any = true,
            Ok(false) => break,
            // What can't be decoded is said, what is cut is shown as far as it goes.
            Err(fault @ Fault::Unsupported(_)) => return Err(fault),
            Err(fault) if !any => return Err(fault),
            Err(_) => {
                stream.truncated = true;
                break;
            }
        }
    }
    Ok(stream)
}

/// Reads one tile-part (A.4.2). False at the end of the codestream.
fn part(
    r: &mut Reader<'_>,
    stream: &mut Codestream,
    packed: &mut Reader<'_>,
) -> Result<bool, Fault> {
    let start = r.at;
    // EOC is missing: not worth a word where all packets are there.
    let Ok(marker) = r.number(2) else {
        return Ok(false);
    };
    match marker {
        0xFF90 => {}
        0xFFD9 => return Ok(false),
        _ => return Err(r.damaged("no tile-part")),
    }
    let mut s = segment(r)?;
    let index = s.number(2)?;
    let length = s.number(4)? as usize;
    let tiles = u64::from(stream.size.tiles_across()) * u64::from(stream.size.tiles_down());
    if u64::from(index) >= tiles {
        return Err(r.damaged("a tile outside the grid"));
    }
    let mut end = r.bytes.len();
    if length == 0 {
        // The last part reaches to EOC, which trailing padding may follow.
        let data = r.bytes.get(r.at..).unwrap_or_default();
        let zeros = data.iter().rev().take_while(|&&b| b == 0).count().min(1);
        let data = data.get(..data.len() - zeros).unwrap_or_default();
        if data.ends_with(&[0xFF, 0xD9]) {
            end = r.at + data.len() - 2;
        }
    } else if start.saturating_add(length) > end {
        stream.truncated = true;
    } else {
        end = start + length;
    }
    let components = stream.size.components.len();
    let tile = stream.tiles.entry(index as u16).or_default();
    let mut headers: Vec<(u8, Range<usize>)> = Vec::new();
    loop {
        let marker = r.number(2)?;
        if marker == 0xFF93 {
            break;
        }
        if marker < 0xFF00 || marker == 0xFFD9 {
            return Err(r.damaged("no marker"));
        }
        let mut s = segment(r)?;
        if marker == 0xFF61 {
            let index = s.byte()?;
            headers.push((index, s.at..s.bytes.len()));
        } else {
            tile.settings.read(marker, &mut s, components)?;
        }
    }
    headers.sort_by_key(|h| h.0);
    for (_, range) in headers {
        tile.headers.extend(r.bytes.get(range).unwrap_or_default());
        tile.packed = true;
    }
    if !packed.bytes.is_empty() {
        let n = packed.number(4)? as usize;
        tile.headers.extend(packed.take(n)?);
        tile.packed = true;
    }
    if end < r.at {
        return Err(r.damaged("a tile-part's length"));
    }
    tile.parts.push(r.at..end);
    r.at = end;
    Ok(true)
}
