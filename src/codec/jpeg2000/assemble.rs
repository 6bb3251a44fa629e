//! From the blocks of the tiles to the image: wavelets, component transforms (T.800 Annex G), level shift, tiles side by side.

use super::{
    Component, Fault, Image, Options,
    block::{Coefficient, Scratch},
    codestream::{self, Sampling},
    geometry::{self, Band, Rect, Resolution, Tile, TileComponent, ceil_shift},
    packet,
    settings::style,
    strips::{Decoder, Level, Strip},
    wavelet::{self, Filter, Reversible},
    wavelet97::{self, Irreversible},
};

/// Decodes the whole codestream.
pub(super) fn image(bytes: &[u8], options: &Options) -> Result<Image, Fault> {
    let stream = codestream::read(bytes)?;
    let discard = options.discard.min(geometry::fewest_levels(&stream));
    let n = u32::from(discard);
    let s = &stream.size;
    let mut image = Image {
        components: Vec::new(),
        transformed: false,
        truncated: stream.truncated,
    };
    let whole = Rect {
        x0: s.x0,
        y0: s.y0,
        x1: s.x1,
        y1: s.y1,
    };
    let rects: Vec<Rect> = s.components.iter().map(|c| reduced(&whole, c, n)).collect();
    let full: u64 = s
        .components
        .iter()
        .map(|c| reduced(&whole, c, 0).area())
        .sum();
    let total: u64 = rects.iter().map(Rect::area).sum();
    if total > options.max_samples || full >> (2 * n).min(60) > options.max_samples {
        return Err(Fault::TooLarge);
    }
    if rects.iter().any(|r| r.area() == 0) {
        return Err(Fault::Unsupported("a component without samples"));
    }
    if s.components.iter().any(|c| c.precision > 28) {
        return Err(Fault::Unsupported("more than 28 bits"));
    }
    let mut planes: Vec<Vec<i32>> = rects.iter().map(|_| Vec::new()).collect();
    let mut scratch = Scratch::new();
    for (&index, data) in &stream.tiles {
        let mut tile = Tile::new(&stream, data, index, discard)?;
        image.truncated |= !packet::read(&mut tile, data, bytes);
        let several = tile.transform && tile.components.len() >= 3;
        let mut first: Vec<Plane> = Vec::new();
        for (i, component) in tile.components.iter().enumerate() {
            let (Some(plane), Some(to), Some(c)) =
                (planes.get_mut(i), rects.get(i), s.components.get(i))
            else {
                continue;
            };
            check(component)?;
            let from = component.top();
            let mut decoder = Decoder {
                tile: &tile,
                component,
                bytes,
                scratch: &mut scratch,
                whole: true,
            };
            if several && i < 3 {
                // These have to wait for each other.
                first.push(waiting(&mut decoder));
            } else {
                let mut place = Place::new(plane, &from, to, c);
                if component.coding.reversible {
                    integers(&mut decoder, |row| place.row(row, |v| v));
                } else {
                    reals(&mut decoder, |row| place.row(row, whole_number));
                }
            }
            image.truncated |= !decoder.whole;
        }
        if several {
            transform(&mut first)?;
            image.transformed = true;
            for (i, part) in first.into_iter().enumerate() {
                let (Some(plane), Some(to), Some(c)) =
                    (planes.get_mut(i), rects.get(i), s.components.get(i))
                else {
                    continue;
                };
                let from = tile
                    .components
                    .get(i)
                    .map(TileComponent::top)
                    .unwrap_or_default();
                let width = from.width().max(1) as usize;
                let mut place = Place::new(plane, &from, to, c);
                match part {
                    Plane::Integer(samples) => {
                        samples.chunks(width).for_each(|row| place.row(row, |v| v));
                    }
                    Plane::Real(samples) => samples
                        .chunks(width)
                        .for_each(|row| place.row(row, whole_number)),
                }
            }
        }
    }
    let tiles = u64::from(s.tiles_across()) * u64::from(s.tiles_down());
    image.truncated |= (stream.tiles.len() as u64) < tiles;
    for ((mut samples, rect), c) in planes.into_iter().zip(&rects).zip(&s.components) {
        samples.resize(rect.area() as usize, 0);
        image.components.push(Component {
            width: rect.width(),
            height: rect.height(),
            precision: c.precision,
            signed: c.signed,
            samples,
        });
    }
    Ok(image)
}

/// A component's part of a rectangle of the reference grid, `n` resolutions down.
fn reduced(grid: &Rect, c: &Sampling, n: u32) -> Rect {
    Rect {
        x0: ceil_shift(grid.x0.div_ceil(c.dx), n),
        y0: ceil_shift(grid.y0.div_ceil(c.dy), n),
        x1: ceil_shift(grid.x1.div_ceil(c.dx), n),
        y1: ceil_shift(grid.y1.div_ceil(c.dy), n),
    }
}

/// What a component must not be.
fn check(component: &TileComponent) -> Result<(), Fault> {
    let style = component.coding.style;
    if style & style::MIXED != 0 {
        return Err(Fault::Unsupported("HT and other blocks mixed"));
    }
    if style & style::HT != 0 && component.shift > 0 {
        return Err(Fault::Unsupported("a region of interest in HT blocks"));
    }
    Ok(())
}

/// The rows of a reversible component, from the top.
fn integers(decoder: &mut Decoder<'_>, sink: impl FnMut(&[i32])) {
    rows(decoder, |_, _| 1.0, Reversible::new, sink);
}

/// The rows of an irreversible component.
fn reals(decoder: &mut Decoder<'_>, sink: impl FnMut(&[f32])) {
    let levels = decoder.component.decoded as u32 - 1;
    let step = |band: &Band, r: u32| {
        let after = if r == 0 { levels } else { levels - r };
        band.step / 2.0 * wavelet97::scale(band.kind, after)
    };
    rows(decoder, step, Irreversible::new, sink);
}

/// The resolutions one after the other, from the lowest; `sink` gets the rows of the highest.
fn rows<T: Coefficient, F: Filter<T>>(
    decoder: &mut Decoder<'_>,
    step: impl Fn(&Band, u32) -> f32,
    filter: impl Fn(&Rect) -> F,
    mut sink: impl FnMut(&[T]),
) {
    let component = decoder.component;
    let strip = |resolution: &'_ Resolution, r: u32, band: usize| {
        resolution.bands.get(band).map_or(1.0, |b| step(b, r))
    };
    let mut low: Vec<T> = Vec::new();
    for (r, resolution) in component
        .resolutions
        .iter()
        .enumerate()
        .take(component.decoded)
    {
        let top = r + 1 == component.decoded;
        let rect = &resolution.rect;
        let mut next = Vec::new();
        if !top {
            next.reserve(rect.area() as usize);
        }
        let mut take = |row: &[T]| {
            if top {
                sink(row);
            } else {
                next.extend_from_slice(row);
            }
        };
        let by = |band| strip(resolution, r as u32, band);
        if r == 0 {
            let mut only = Strip::new(resolution, 0, by(0));
            for _ in 0..rect.height() {
                only.prepare(decoder);
                take(only.row().unwrap_or_default());
            }
        } else {
            let below = component
                .resolutions
                .get(r - 1)
                .map_or(0, |r| r.rect.width());
            let mut level = Level {
                decoder: &mut *decoder,
                low: low.chunks_exact(below.max(1) as usize),
                high: [0, 1, 2].map(|b| Strip::new(resolution, b, by(b))),
            };
            wavelet::synthesise(&mut level, rect, &mut filter(rect), take);
        }
        low = next;
    }
}

/// Samples of a component that waits for the component transform.
enum Plane {
    Integer(Vec<i32>),
    Real(Vec<f32>),
}

fn waiting(decoder: &mut Decoder<'_>) -> Plane {
    let area = decoder.component.top().area() as usize;
    if decoder.component.coding.reversible {
        let mut samples = Vec::with_capacity(area);
        integers(decoder, |row| samples.extend_from_slice(row));
        Plane::Integer(samples)
    } else {
        let mut samples = Vec::with_capacity(area);
        reals(decoder, |row| samples.extend_from_slice(row));
        Plane::Real(samples)
    }
}

#[inline(never)]
/// Undoes the component transform of the first three components.
fn transform(parts: &mut [Plane]) -> Result<(), Fault> {
    match parts {
        [Plane::Integer(y), Plane::Integer(b), Plane::Integer(r), ..] => {
            for ((y, b), r) in y.iter_mut().zip(b).zip(r) {
                let green = y.wrapping_sub(b.wrapping_add(*r) >> 2);
                let (red, blue) = (r.wrapping_add(green), b.wrapping_add(green));
                (*y, *b, *r) = (red, green, blue);
            }
        }
        [Plane::Real(y), Plane::Real(b), Plane::Real(r), ..] => {
            for ((y, b), r) in y.iter_mut().zip(b).zip(r) {
                let (luma, cb, cr) = (*y, *b, *r);
                *y = luma + 1.402 * cr;
                *b = luma - 0.344_13 * cb - 0.714_14 * cr;
                *r = luma + 1.772 * cb;
            }
        }
        _ => return Err(Fault::Unsupported("a transform over two kinds of wavelet")),
    }
    Ok(())
}

/// Beyond i32 it saturates.
#[inline(always)]
fn whole_number(v: f32) -> i32 {
    v.round_ties_even() as i32
}

/// Where a tile's part of a component goes: row by row, its level shifted (G.1) and clamped.
struct Place<'a> {
    plane: &'a mut Vec<i32>,
    /// The place of the next row, and from row to row; nothing where the tile is the whole image, to whose end rows are added.
    at: Option<usize>,
    width: usize,
    step: usize,
    /// The range before the shift.
    low: i32,
    high: i32,
    shift: i32,
}

impl<'a> Place<'a> {
    fn new(plane: &'a mut Vec<i32>, from: &Rect, to: &Rect, sampling: &Sampling) -> Self {
        let half = 1_i32 << (sampling.precision - 1);
        let shift = if sampling.signed { 0 } else { half };
        let step = to.width() as usize;
        let mut at = None;
        if from == to {
            plane.clear();
            plane.reserve_exact(to.area() as usize);
        } else {
            plane.resize(to.area() as usize, 0);
            at = Some((from.y0 - to.y0) as usize * step + (from.x0 - to.x0) as usize);
        }
        Self {
            plane,
            at,
            width: from.width() as usize,
            step,
            low: -half,
            high: half - 1,
            shift,
        }
    }

    #[inline(always)]
    fn row<T: Copy>(&mut self, samples: &[T], integer: impl Fn(T) -> i32) {
        let at = self.at.unwrap_or(self.plane.len());
        if let Some(at) = &mut self.at {
            *at += self.step;
        } else {
            self.plane.resize(at + self.width, 0);
        }
        let (shift, low, high) = (self.shift, self.low, self.high);
        if let Some(row) = self.plane.get_mut(at..at + self.width) {
            for (r, &v) in row.iter_mut().zip(samples) {
                *r = integer(v).clamp(low, high) + shift;
            }
        }
    }
}
