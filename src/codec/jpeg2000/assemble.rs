//! From the blocks of the tiles to the image: wavelets, component transforms (T.800 Annex G), level shift, tiles side by side.

use super::{
    Component, Fault, Image, Options, Samples,
    block::{Coefficient, Scratch},
    codestream::{self, Codestream, Sampling},
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
    let s = &stream.size;
    let whole = Rect {
        x0: s.x0,
        y0: s.y0,
        x1: s.x1,
        y1: s.y1,
    };
    let n = u32::from(discard);
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
    let Some(rect) = rects.first().filter(|r| r.area() > 0) else {
        return Err(Fault::Unsupported("a component without samples"));
    };
    if rects.iter().any(|r| r != rect) {
        return Err(Fault::Unsupported("components of other sizes"));
    }
    let precision = s.components.iter().map(|c| c.precision).max().unwrap_or(0);
    let (samples, found) = match precision {
        0..=8 => samples(&stream, discard, rect, bytes).map(|(v, found)| (Samples::U8(v), found)),
        9..=16 => samples(&stream, discard, rect, bytes).map(|(v, found)| (Samples::U16(v), found)),
        17..=28 => {
            samples(&stream, discard, rect, bytes).map(|(v, found)| (Samples::U32(v), found))
        }
        _ => Err(Fault::Unsupported("more than 28 bits")),
    }?;
    let component = |c: &Sampling| Component {
        precision: c.precision,
        signed: c.signed,
    };
    Ok(Image {
        width: rect.width(),
        height: rect.height(),
        components: s.components.iter().map(component).collect(),
        samples,
        reversible: found.reversible,
        transformed: found.transformed,
        truncated: found.truncated,
    })
}

/// What was met on the way, as [`Image`] says it.
struct Found {
    reversible: bool,
    transformed: bool,
    truncated: bool,
}

/// A type that samples are kept in: the lower bits of a number.
trait Sample: Copy + Default {
    fn of(value: i32) -> Self;
}
impl Sample for u8 {
    #[inline(always)]
    fn of(value: i32) -> Self {
        value as Self
    }
}
impl Sample for u16 {
    #[inline(always)]
    fn of(value: i32) -> Self {
        value as Self
    }
}
impl Sample for u32 {
    #[inline(always)]
    fn of(value: i32) -> Self {
        value as Self
    }
}

/// The samples of all components, pixel by pixel, and what was met.
fn samples<T: Sample>(
    stream: &Codestream,
    discard: u8,
    to: &Rect,
    bytes: &[u8],
) -> Result<(Vec<T>, Found), Fault> {
    let s = &stream.size;
    let count = s.components.len();
    let mut canvas = Canvas {
        samples: Vec::new(),
        count,
        rect: *to,
    };
    let mut found = Found {
        reversible: true,
        transformed: false,
        truncated: stream.truncated,
    };
    let mut scratch = Scratch::new();
    for (&index, data) in &stream.tiles {
        let mut tile = Tile::new(stream, data, index, discard)?;
        found.truncated |= !packet::read(&mut tile, data, bytes);
        let several = tile.transform && tile.components.len() >= 3;
        let mut first: Vec<Plane> = Vec::new();
        for (i, component) in tile.components.iter().enumerate() {
            let Some(range) = s.components.get(i).map(Range::of) else {
                continue;
            };
            check(component)?;
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
                let mut rows = canvas.rows(&component.top());
                if component.coding.reversible {
                    integers(&mut decoder, |row| {
                        rows.next().one(i, row, |v| range.fit(v));
                    });
                } else {
                    reals(&mut decoder, |row| {
                        rows.next().one(i, row, |v| range.fit(whole_number(v)));
                    });
                }
            }
            found.truncated |= !decoder.whole;
            found.reversible &= component.coding.reversible;
        }
        if several {
            let ([a, b, c, ..], Some(rect)) = (
                s.components.as_slice(),
                tile.components.first().map(TileComponent::top),
            ) else {
                continue;
            };
            together(&first, &[a, b, c].map(Range::of), &rect, canvas.rows(&rect))?;
            found.transformed = true;
        }
    }
    let tiles = u64::from(s.tiles_across()) * u64::from(s.tiles_down());
    found.truncated |= (stream.tiles.len() as u64) < tiles;
    let mut samples = canvas.samples;
    samples.resize(to.area() as usize * count, T::default());
    Ok((samples, found))
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

/// Undoes the component transform of three planes, row by row, into the first three samples of each pixel.
fn together<'a, T: Sample + 'a>(
    parts: &[Plane],
    ranges: &[Range; 3],
    rect: &Rect,
    mut rows: Rows<'a, T>,
) -> Result<(), Fault> {
    let width = rect.width().max(1) as usize;
    match parts {
        [Plane::Integer(y), Plane::Integer(b), Plane::Integer(r), ..] => {
            let planes = y.chunks(width).zip(b.chunks(width)).zip(r.chunks(width));
            for ((y, b), r) in planes {
                rows.next().three(y, b, r, |y, b, r| {
                    let green = y.wrapping_sub(b.wrapping_add(r) >> 2);
                    let all = [r.wrapping_add(green), green, b.wrapping_add(green)];
                    fit(ranges, all)
                });
            }
        }
        [Plane::Real(y), Plane::Real(b), Plane::Real(r), ..] => {
            let planes = y.chunks(width).zip(b.chunks(width)).zip(r.chunks(width));
            for ((y, b), r) in planes {
                rows.next().three(y, b, r, |luma, cb, cr| {
                    let red = luma + 1.402 * cr;
                    let green = luma - 0.344_13 * cb - 0.714_14 * cr;
                    let blue = luma + 1.772 * cb;
                    fit(ranges, [red, green, blue].map(whole_number))
                });
            }
        }
        _ => return Err(Fault::Unsupported("a transform over two kinds of wavelet")),
    }
    Ok(())
}

#[inline(always)]
fn fit([a, b, c]: &[Range; 3], [red, green, blue]: [i32; 3]) -> [i32; 3] {
    [a.fit(red), b.fit(green), c.fit(blue)]
}

/// Beyond i32 it saturates.
#[inline(always)]
fn whole_number(v: f32) -> i32 {
    v.round_ties_even() as i32
}

/// What a component's samples are clamped to, and shifted by afterwards (G.1).
#[derive(Debug, Clone, Copy)]
struct Range {
    low: i32,
    high: i32,
    shift: i32,
}

impl Range {
    fn of(sampling: &Sampling) -> Self {
        let half = 1_i32 << (sampling.precision - 1);
        Self {
            low: -half,
            high: half - 1,
            shift: if sampling.signed { 0 } else { half },
        }
    }
    #[inline(always)]
    fn fit(self, value: i32) -> i32 {
        value.clamp(self.low, self.high) + self.shift
    }
}

/// The image's samples, pixel by pixel, `count` each.
struct Canvas<T> {
    samples: Vec<T>,
    count: usize,
    rect: Rect,
}

impl<T: Sample> Canvas<T> {
    /// The rows of a tile's rectangle, from the top. Where it is the whole image, a single component's samples are added to the end
    /// as they come, while that memory is still near.
    fn rows(&mut self, from: &Rect) -> Rows<'_, T> {
        let step = self.rect.width() as usize * self.count;
        let grow = *from == self.rect && self.samples.is_empty();
        let all = self.rect.area() as usize * self.count;
        if grow {
            self.samples.reserve_exact(all);
        } else {
            self.samples.resize(all, T::default());
        }
        let (down, right) = (from.y0 - self.rect.y0, from.x0 - self.rect.x0);
        Rows {
            at: down as usize * step + right as usize * self.count,
            samples: &mut self.samples,
            count: self.count,
            width: from.width() as usize * self.count,
            step,
        }
    }
}

/// One row after the other of a part of a [`Canvas`].
struct Rows<'a, T> {
    samples: &'a mut Vec<T>,
    count: usize,
    at: usize,
    width: usize,
    step: usize,
}

impl<T: Sample> Rows<'_, T> {
    /// The next row.
    #[inline(always)]
    fn next(&mut self) -> Row<'_, T> {
        let (from, to) = (self.at, self.at + self.width);
        self.at += self.step;
        if to > self.samples.len() {
            self.samples.resize(to, T::default());
        }
        Row {
            samples: self.samples.get_mut(from..to).unwrap_or_default(),
            count: self.count,
        }
    }
}

/// A row of a [`Canvas`].
struct Row<'a, T> {
    samples: &'a mut [T],
    count: usize,
}

/// So many samples are computed before they are narrowed and put into their places: each of these loops alone becomes vectors.
const CHUNK: usize = 64;

impl<T: Sample> Row<'_, T> {
    /// Three samples of each pixel at once.
    #[inline(always)]
    fn three<V: Copy>(self, a: &[V], b: &[V], c: &[V], of: impl Fn(V, V, V) -> [i32; 3]) {
        let rows = a.chunks(CHUNK).zip(b.chunks(CHUNK)).zip(c.chunks(CHUNK));
        let pixels = self.samples.chunks_mut(CHUNK * self.count);
        for (pixels, ((a, b), c)) in pixels.zip(rows) {
            let (mut x, mut y, mut z) = ([0; CHUNK], [0; CHUNK], [0; CHUNK]);
            let values = a.iter().zip(b).zip(c);
            for (((x, y), z), ((&a, &b), &c)) in x.iter_mut().zip(&mut y).zip(&mut z).zip(values) {
                [*x, *y, *z] = of(a, b, c);
            }
            let [x, y, z] = [x, y, z].map(|v| v.map(T::of));
            let values = x.iter().zip(&y).zip(&z);
            if self.count == 3 {
                let pixels = pixels.as_chunks_mut::<3>().0;
                for (pixel, ((&a, &b), &c)) in pixels.iter_mut().zip(values) {
                    *pixel = [a, b, c];
                }
            } else {
                let pixels = pixels.chunks_exact_mut(self.count);
                for (pixel, ((&a, &b), &c)) in pixels.zip(values) {
                    if let Some(pixel) = pixel.first_chunk_mut() {
                        *pixel = [a, b, c];
                    }
                }
            }
        }
    }

    /// The samples of one component.
    #[inline(always)]
    fn one<V: Copy>(self, component: usize, values: &[V], of: impl Fn(V) -> i32) {
        let places = self.samples.chunks_mut(CHUNK * self.count);
        for (places, values) in places.zip(values.chunks(CHUNK)) {
            let mut whole = [0; CHUNK];
            for (whole, &v) in whole.iter_mut().zip(values) {
                *whole = of(v);
            }
            if self.count == 1 {
                for (place, &v) in places.iter_mut().zip(&whole) {
                    *place = T::of(v);
                }
            } else {
                let places = places.iter_mut().skip(component).step_by(self.count);
                for (place, &v) in places.zip(&whole) {
                    *place = T::of(v);
                }
            }
        }
    }
}
