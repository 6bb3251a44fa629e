//! Resize and Upsample: nearest as a choice of places, linear and cubic axis by axis as weighted sums.

use super::copy;
use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Is, Live},
};
use crate::model::onnx::Node;

/// How a place of the output lies in the input (`coordinate_transformation_mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
}

/// One axis: sizes and the factor between them.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: usize,
    to: usize,
    scale: f32,
    /// The output's size before it is made whole.
    length: f64,
    coordinates: Coordinates,
}

impl Axis {
    /// The input's coordinate of an output place.
    fn at(&self, i: usize) -> f64 {
        let (i, scale) = (i as f64, f64::from(self.scale));
        let (from, to) = (self.from as f64, self.to as f64);
        match self.coordinates {
            Coordinates::HalfPixel => (i + 0.5) / scale - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = to / (scale * from);
                let offset = from / 2.0 * (1.0 - adjustment);
                offset + (i + 0.5) / scale - 0.5
            }
            Coordinates::PytorchHalfPixel => {
                if self.to > 1 {
                    (i + 0.5) / scale - 0.5
                } else {
                    0.0
                }
            }
            Coordinates::AlignCorners => {
                if self.length > 1.0 {
                    i * (from - 1.0) / (self.length - 1.0)
                } else {
                    0.0
                }
            }
            Coordinates::Asymmetric => i / scale,
        }
    }

    /// The same in float32, as onnxruntime has it: where a place is chosen, 2.9999999 must be the 3 that it is there.
    fn at_f32(&self, i: usize) -> f32 {
        let (i, scale) = (i as f32, self.scale);
        let (from, to) = (self.from as f32, self.to as f32);
        match self.coordinates {
            Coordinates::HalfPixel => (i + 0.5) / scale - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = to / (scale * from);
                let offset = from / 2.0 * (1.0 - adjustment);
                offset + (i + 0.5) / scale - 0.5
            }
            Coordinates::PytorchHalfPixel => {
                if self.to > 1 {
                    (i + 0.5) / scale - 0.5
                } else {
                    0.0
                }
            }
            Coordinates::AlignCorners => {
                if self.length > 1.0 {
                    i * (from - 1.0) / (self.length as f32 - 1.0)
                } else {
                    0.0
                }
            }
            Coordinates::Asymmetric => i / scale,
        }
    }

    fn nearest(&self, mode: &str) -> Option<Vec<u32>> {
        let last = self.from.checked_sub(1)? as f32;
        let round: fn(f32) -> f32 = match mode {
            "round_prefer_floor" => |x| (x - 0.5).ceil(),
            "round_prefer_ceil" => |x| (x + 0.5).floor(),
            "ceil" => f32::ceil,
            // Operator set 10: the node tests of ONNX, and onnxruntime.
            "simple" if self.scale < 1.0 => f32::ceil,
            "simple" | "floor" => f32::floor,
            _ => return None,
        };
        let place = |i| round(self.at_f32(i)).clamp(0.0, last) as u32;
        Some((0..self.to).map(place).collect())
    }

    /// The places and weights of each place of the output.
    fn taps(
        &self,
        cubic: Option<f64>,
        antialias: bool,
        exclude: bool,
    ) -> Option<Vec<Vec<(u32, f32)>>> {
        let last = i64::try_from(self.from).ok()? - 1;
        if last < 0 {
            return None;
        }
        // With antialiasing the filter is as wide as the places that become one.
        let wide = if antialias {
            f64::from(self.scale).min(1.0)
        } else {
            1.0
        };
        let support = if cubic.is_some() { 2.0 } else { 1.0 } / wide;
        if support > 4096.0 {
            return None;
        }
        let weight = |d: f64| {
            let d = (d * wide).abs();
            match cubic {
                None => (1.0 - d).max(0.0),
                Some(a) if d <= 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
                Some(a) if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
                Some(_) => 0.0,
            }
        };
        let all = (0..self.to).map(|i| {
            let x = self.at(i);
            // Linear interpolation stays within the input; a cubic's places are limited, its weights are not.
            let x = if cubic.is_none() && !antialias {
                x.clamp(0.0, last as f64)
            } else {
                x
            };
            let (low, high) = ((x - support).floor() as i64, (x + support).ceil() as i64);
            let mut taps: Vec<(u32, f64)> = vec![];
            for place in low..=high {
                let w = weight(place as f64 - x);
                if w == 0.0 || (exclude && !(0..=last).contains(&place)) {
                    continue;
                }
                let own = place.clamp(0, last) as u32;
                match taps.last_mut() {
                    Some((at, sum)) if *at == own => *sum += w,
                    _ => taps.push((own, w)),
                }
            }
            let sum: f64 = taps.iter().map(|(_, w)| w).sum();
            let norm = if (antialias || exclude) && sum != 0.0 {
                sum
            } else {
                1.0
            };
            taps.into_iter()
                .map(|(at, w)| (at, (w / norm) as f32))
                .collect()
        });
        Some(all.collect())
    }
}

/// Weighted sums along one axis of memory: `outer` × size × `inner`.
#[derive(Debug)]
struct Weighted {
    from: usize,
    inner: usize,
    taps: Vec<Vec<(u32, f32)>>,
}

impl Op for Weighted {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let (size, to) = (self.from * self.inner, self.taps.len() * self.inner);
        if size == 0 || to == 0 || x.len() / size != y.len() / to {
            return None;
        }
        for (x, y) in x.chunks_exact(size).zip(y.chunks_exact_mut(to)) {
            for (taps, y) in self.taps.iter().zip(y.chunks_exact_mut(self.inner)) {
                y.fill(0.0);
                for &(at, w) in taps {
                    let start = at as usize * self.inner;
                    for (y, x) in y.iter_mut().zip(x.get(start..start + self.inner)?) {
                        *y += x * w;
                    }
                }
            }
        }
        Some(())
    }
}

/// A size times a factor in float32, as onnxruntime multiplies: 10 × 0.7 is 7, and in float64 less.
fn scaled(from: usize, scale: f32) -> f32 {
    from as f32 * scale
}

/// Sizes and factors of each axis.
fn axes(b: &Builder<'_>, node: &Node<'_>, x: &[usize], coordinates: Coordinates) -> Lay<Vec<Axis>> {
    let wrong = || b.refuse("scales or sizes");
    let rank = x.len();
    let old = b.opset(node) < 11;
    let own = match node.ints("axes") {
        Some(own) => own
            .iter()
            .map(|&a| b.axis(a, rank))
            .collect::<Lay<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    let scales = b
        .reals(node, if old { 1 } else { 2 })?
        .filter(|s| !s.is_empty());
    let sizes = if old {
        None
    } else {
        b.numbers(node, 3, "")?.filter(|s| !s.is_empty())
    };
    let mut all: Vec<Axis> = x
        .iter()
        .map(|&n| Axis {
            from: n,
            to: n,
            scale: 1.0,
            length: n as f64,
            coordinates,
        })
        .collect();
    match (scales, sizes) {
        (Some(scales), None) if scales.len() == own.len() => {
            for (&a, scale) in own.iter().zip(scales) {
                let axis = all.get_mut(a).ok_or_else(wrong)?;
                if !(scale.is_finite() && scale > 0.0) {
                    return Err(wrong());
                }
                axis.length = f64::from(scaled(axis.from, scale));
                axis.to = axis.length.floor() as usize;
                axis.scale = scale;
            }
        }
        (None, Some(sizes)) if sizes.len() == own.len() => {
            let sizes = b.sizes(&sizes)?;
            let policy = node.text("keep_aspect_ratio_policy", "stretch");
            let ratio = |(&a, &size): (&usize, &usize)| {
                size as f32 / x.get(a).copied().unwrap_or(1).max(1) as f32
            };
            let ratios: Vec<f32> = own.iter().zip(&sizes).map(ratio).collect();
            let one = match policy {
                "stretch" => None,
                "not_larger" => ratios.iter().copied().reduce(f32::min),
                "not_smaller" => ratios.iter().copied().reduce(f32::max),
                _ => return Err(wrong()),
            };
            for ((&a, &size), ratio) in own.iter().zip(&sizes).zip(ratios) {
                let axis = all.get_mut(a).ok_or_else(wrong)?;
                axis.scale = one.unwrap_or(ratio);
                axis.to = match one {
                    Some(one) => (axis.from as f32 * one + 0.5).floor() as usize,
                    None => size,
                };
                axis.length = axis.to as f64;
            }
        }
        _ => return Err(wrong()),
    }
    if all.iter().any(|a| a.to > 1 << 24) {
        return Err(b.beyond("sizes beyond all use"));
    }
    if all.iter().any(|a| a.to == 0) {
        return Err(wrong());
    }
    Ok(all)
}

/// Resize.
pub(in crate::model::engine) fn lay<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let old = b.opset(node) < 11;
    let coordinates = match node.text(
        "coordinate_transformation_mode",
        if old { "asymmetric" } else { "half_pixel" },
    ) {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        other => return Err(b.refuse(other)),
    };
    let axes = axes(b, node, &x.dims, coordinates)?;
    let nearest = node.text(
        "nearest_mode",
        if old { "simple" } else { "round_prefer_floor" },
    );
    resized(b, node, x, &axes, nearest)
}

/// Upsample, which Resize replaced.
pub(in crate::model::engine) fn upsample<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let scales = match b.reals(node, 1)? {
        Some(scales) => scales,
        None => match node.attribute("scales") {
            Some(crate::model::onnx::Attribute::Floats(scales)) => scales.clone(),
            _ => vec![],
        },
    };
    let good = |s: &f32| s.is_finite() && *s > 0.0 && *s < 4096.0;
    if scales.len() != x.dims.len() || !scales.iter().all(good) {
        return Err(b.refuse("scales"));
    }
    let axes: Vec<Axis> = x
        .dims
        .iter()
        .zip(scales)
        .map(|(&from, scale)| Axis {
            from,
            to: scaled(from, scale).floor() as usize,
            scale,
            length: f64::from(scaled(from, scale)),
            coordinates: Coordinates::Asymmetric,
        })
        .collect();
    resized(b, node, x, &axes, "simple")
}

fn resized<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
    x: Live,
    axes: &[Axis],
    nearest: &str,
) -> Lay<()> {
    let mode = node.text("mode", "nearest");
    let to: Vec<usize> = axes.iter().map(|a| a.to).collect();
    b.fits(&to)?;
    if mode == "nearest" {
        let mut tables = vec![];
        for axis in axes {
            tables.push(
                axis.nearest(nearest)
                    .ok_or_else(|| b.refuse("nearest_mode"))?,
            );
        }
        let y = copy::places(b, &x, tables, 0.0)?;
        return b.give(node, y);
    }
    let cubic = match mode {
        "linear" | "bilinear" | "trilinear" => None,
        "cubic" => Some(f64::from(node.float("cubic_coeff_a", -0.75))),
        other => return Err(b.refuse(other)),
    };
    let mut y: Live = b.floats(crate::model::engine::value::Value::Live(x))?;
    // The axis that shrinks most first would be least work; the order of ONNX is kept for plainness.
    for (logical, axis) in axes.iter().enumerate() {
        if axis.to == axis.from && axis.scale == 1.0 {
            continue;
        }
        // What the taps of a place take, and with antialiasing those of the input's places.
        b.spend((axis.to + axis.from).saturating_mul(64))?;
        let taps = axis
            .taps(
                cubic,
                node.int("antialias", 0) != 0,
                node.int("exclude_outside", 0) != 0,
            )
            .ok_or_else(|| b.refuse("a scale beyond all use"))?;
        let at = y.axis(logical);
        let op = Weighted {
            from: axis.from,
            inner: y.physical().iter().skip(at + 1).product(),
            taps,
        };
        let mut dims = y.dims.clone();
        if let Some(n) = dims.get_mut(logical) {
            *n = axis.to;
        }
        y = b.step(op, &[&y], dims, y.last, Is::Floats)?;
    }
    b.give(node, y)
}
