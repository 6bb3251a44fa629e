//! The picture of `match`: both frames side by side, the matches that agree as lines, the first frame's border where it lies in the second.

use super::{matching::Side, render};
use crate::{
    base::Result,
    export::picture::{Format, encode},
    render::cpu,
    vision::register::{Compared, plane},
};

/// Longest side of a frame, pixels.
const SIDE: f64 = 900.0;
/// Between the two.
const GAP: u32 = 12;
const BEHIND: [u8; 3] = [18, 20, 24];
/// Lines; with more, nothing is seen.
const MOST_LINES: usize = 150;
const BORDER: [u8; 3] = [255, 176, 32];
const WRONG: [u8; 3] = [214, 69, 65];

struct Canvas {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

pub(super) fn picture(a: &Side, b: &Side, found: &Compared, format: Format) -> Result<Vec<u8>> {
    let (pa, to_a, size_a) = painted(a);
    let (pb, to_b, size_b) = painted(b);
    let (width, height) = (size_a.0 + GAP + size_b.0, size_a.1.max(size_b.1));
    let mut canvas = Canvas {
        width,
        height,
        rgba: [BEHIND[0], BEHIND[1], BEHIND[2], 255].repeat((width * height) as usize),
    };
    let (top_a, top_b, left_b) = (
        (height - size_a.1) / 2,
        (height - size_b.1) / 2,
        size_a.0 + GAP,
    );
    canvas.lay(&pa, size_a, (0, top_a));
    canvas.lay(&pb, size_b, (left_b, top_b));
    let at_a = |p: [f64; 2]| shifted(&to_a, p, (0, top_a));
    let at_b = |p: [f64; 2]| shifted(&to_b, p, (left_b, top_b));
    let ends = |n: usize| {
        let m = found.matches.get(n)?;
        let (p, q) = (found.a.points.get(m.a)?, found.b.points.get(m.b)?);
        let place = |p: &crate::vision::points::KeyPoint| [f64::from(p.x), f64::from(p.y)];
        Some((at_a(place(p)), at_b(place(q))))
    };
    match &found.outcome {
        Ok(o) => {
            let (columns, rows) = a.frame.size();
            let (r, l) = (columns as f64 - 0.5, rows as f64 - 0.5);
            let corners = [[-0.5, -0.5], [r, -0.5], [r, l], [-0.5, l]]
                .map(|p| at_b(plane::apply(&o.matrix, p)));
            for n in 0..4 {
                canvas.line(
                    corners[n],
                    corners[(n + 1) % 4],
                    BORDER,
                    0.9,
                    Some((left_b, size_b.0)),
                );
            }
            // Evenly among all, the strongest first among equals.
            let step = o.inliers.len().div_ceil(MOST_LINES).max(1);
            for (n, &at) in o.inliers.iter().step_by(step).enumerate() {
                if let Some((p, q)) = ends(at) {
                    canvas.pair(p, q, hue(n));
                }
            }
        }
        Err(_) => {
            for at in 0..found.matches.len().min(MOST_LINES) {
                if let Some((p, q)) = ends(at) {
                    canvas.pair(p, q, WRONG);
                }
            }
        }
    }
    encode(&canvas.rgba, width, height, format)
}

type Painted = (Vec<u8>, [f64; 6], (u32, u32));

/// The frame as it is shown by itself, within the longest side, and where its pixels come to lie.
fn painted(side: &Side) -> Painted {
    let frame = || side.frame.clone();
    let voi = side.grading.default_voi(&side.frame);
    let plain = render::scene(
        &side.instance,
        side.index,
        frame(),
        voi.clone(),
        side.grading.invert,
        None,
    )
    .1;
    let by = SIDE / f64::from(plain.0.max(plain.1));
    let fit = |n: u32| ((f64::from(n) * by).round() as u32).clamp(1, SIDE as u32);
    let size = (fit(plain.0), fit(plain.1));
    let (scene, size) = render::scene(
        &side.instance,
        side.index,
        frame(),
        voi,
        side.grading.invert,
        Some(size),
    );
    let map = scene.view.image_to_canvas(side.frame.size(), size);
    (cpu::paint(&scene, size.0, size.1), map, size)
}

fn shifted(m: &[f64; 6], [x, y]: [f64; 2], (left, top): (u32, u32)) -> [f64; 2] {
    [
        m[0] * x + m[1] * y + m[2] + f64::from(left),
        m[3] * x + m[4] * y + m[5] + f64::from(top),
    ]
}

/// Neighbouring lines differ.
fn hue(n: usize) -> [u8; 3] {
    let turn = (n as f64 * 0.618_034).fract() * 6.0;
    let ramp = |shift: f64| {
        let t = (turn + shift) % 6.0;
        let v = (2.0 - (t - 3.0).abs()).clamp(0.0, 1.0);
        (70.0 + 185.0 * v) as u8
    };
    [ramp(3.0), ramp(1.0), ramp(5.0)]
}

impl Canvas {
    fn lay(&mut self, rgba: &[u8], (width, _): (u32, u32), (left, top): (u32, u32)) {
        for (row, line) in rgba.chunks_exact(4 * width as usize).enumerate() {
            let start = 4 * ((top as usize + row) * self.width as usize + left as usize);
            if let Some(target) = self.rgba.get_mut(start..start + line.len()) {
                target.copy_from_slice(line);
            }
        }
    }

    fn pair(&mut self, p: [f64; 2], q: [f64; 2], colour: [u8; 3]) {
        self.line(p, q, colour, 0.55, None);
        self.ring(p, colour);
        self.ring(q, colour);
    }

    /// A line of a pixel's width, soft at its sides; `within`: only between these columns.
    fn line(
        &mut self,
        p: [f64; 2],
        q: [f64; 2],
        colour: [u8; 3],
        opacity: f64,
        within: Option<(u32, u32)>,
    ) {
        let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
        let length = dx.hypot(dy);
        if !length.is_finite() || length > 1e5 {
            return;
        }
        let steps = (dx.abs().max(dy.abs()).ceil() as usize).max(1);
        for n in 0..=steps {
            let t = n as f64 / steps as f64;
            let (x, y) = (p[0] + t * dx - 0.5, p[1] + t * dy - 0.5);
            if within
                .is_some_and(|(left, width)| x < f64::from(left) || x >= f64::from(left + width))
            {
                continue;
            }
            // Two neighbours across the line share it.
            let (u, v) = (x.floor(), y.floor());
            if dx.abs() > dy.abs() {
                let (u, part) = (x.round(), y - v);
                self.mix(u, v, colour, opacity * (1.0 - part));
                self.mix(u, v + 1.0, colour, opacity * part);
            } else {
                let (v, part) = (y.round(), x - u);
                self.mix(u, v, colour, opacity * (1.0 - part));
                self.mix(u + 1.0, v, colour, opacity * part);
            }
        }
    }

    fn ring(&mut self, [x, y]: [f64; 2], colour: [u8; 3]) {
        const RADIUS: f64 = 3.5;
        let reach = RADIUS.ceil() as i32 + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (u, v) = (x.floor() + f64::from(dx), y.floor() + f64::from(dy));
                let off = ((u + 0.5 - x).hypot(v + 0.5 - y) - RADIUS).abs();
                self.mix(u, v, colour, (1.2 - off).clamp(0.0, 1.0));
            }
        }
    }

    fn mix(&mut self, x: f64, y: f64, colour: [u8; 3], share: f64) {
        if x < 0.0 || y < 0.0 || x >= f64::from(self.width) || y >= f64::from(self.height) {
            return;
        }
        let at = 4 * (y as usize * self.width as usize + x as usize);
        if let Some(pixel) = self.rgba.get_mut(at..at + 3) {
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f64::from(*old) * (1.0 - share) + f64::from(new) * share).round() as u8;
            }
        }
    }
}
