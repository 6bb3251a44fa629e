//! Up the slope: quasi-Newton steps (BFGS) of bounded length over the six numbers of a rigid motion, turns measured by how far they move
//! things.

use super::{
    metric::{Metric, Value},
    rigid::Rigid,
};
use crate::{
    base::{Monitor, Result},
    study::geometry::{Vec3, dot, scale, sub},
    vision::points::stop,
};

type Six = [f64; 6];

/// How far to go.
pub(super) struct Climb {
    /// First and longest step, mm.
    pub(super) step: f64,
    /// Ends where a step is shorter, mm.
    pub(super) least: f64,
    /// Most steps.
    pub(super) most: usize,
    /// The only axis to turn about, and not to move along.
    pub(super) normal: Option<Vec3>,
}

fn inner(a: &Six, b: &Six) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl Climb {
    /// The nearest top from `start`.
    pub(super) fn from(
        &self,
        start: &Rigid,
        metric: &mut Metric<'_>,
        monitor: &dyn Monitor,
    ) -> Result<(Rigid, Value)> {
        let radius = metric.radius;
        let mut place = *start;
        let (mut value, slopes) = metric.slopes(&place);
        let mut gradient = self.gradient(slopes, radius);
        // The inverse of the curvature, as far as it is known.
        let mut curve = diagonal(1.0);
        let mut fresh = true;
        let mut longest = self.step;
        for _ in 0..self.most {
            stop(monitor)?;
            let mut direction = applied(&curve, &gradient);
            if inner(&direction, &gradient) <= 0.0 {
                (curve, fresh) = (diagonal(1.0), true);
                direction = gradient;
            }
            let length = inner(&direction, &direction).sqrt();
            if length.is_nan() || length <= 1e-12 {
                break;
            }
            let wanted = if fresh { longest } else { length.min(longest) };
            let mut by = wanted / length;
            let mut moved = None;
            // Halve until it is higher by a part of what the slope promises.
            while by * length >= self.least {
                let step = direction.map(|d| d * by);
                let next = nudged(&place, &step, radius);
                let (there, slopes) = metric.slopes(&next);
                if there.measure > value.measure + 1e-4 * inner(&step, &gradient) {
                    moved = Some((next, there, step, slopes));
                    break;
                }
                by *= 0.5;
            }
            let Some((next, there, step, slopes)) = moved else {
                if fresh {
                    break;
                }
                (curve, fresh) = (diagonal(1.0), true);
                longest = (4.0 * self.least).max(0.1 * longest);
                continue;
            };
            let after = self.gradient(slopes, radius);
            let change: Six = std::array::from_fn(|n| gradient[n] - after[n]);
            let bend = inner(&step, &change);
            if bend > 1e-12 * inner(&step, &step).sqrt() * inner(&change, &change).sqrt() {
                if fresh {
                    curve = diagonal(bend / inner(&change, &change));
                }
                curve = learned(&curve, &step, &change, bend);
                fresh = false;
            }
            let gain = there.measure - value.measure;
            let length = inner(&step, &step).sqrt();
            (place, value, gradient) = (next, there, after);
            if length < self.least || gain < 1e-9 {
                break;
            }
        }
        Ok((place, value))
    }

    /// Slopes as six numbers in 1/mm, as far as the motion is free.
    fn gradient(&self, (along, about): (Vec3, Vec3), radius: f64) -> Six {
        let (along, about) = match self.normal {
            Some(n) => (sub(along, scale(n, dot(along, n))), scale(n, dot(about, n))),
            None => (along, about),
        };
        let [a, b, c] = along;
        let [d, e, f] = about.map(|v| v / radius);
        [a, b, c, d, e, f]
    }
}

fn nudged(place: &Rigid, step: &Six, radius: f64) -> Rigid {
    let [a, b, c, d, e, f] = *step;
    place.nudged([d, e, f].map(|v| v / radius), [a, b, c])
}

fn diagonal(by: f64) -> [Six; 6] {
    std::array::from_fn(|r| std::array::from_fn(|c| if r == c { by } else { 0.0 }))
}

fn applied(m: &[Six; 6], v: &Six) -> Six {
    std::array::from_fn(|r| inner(&m[r], v))
}

/// Broyden, Fletcher, Goldfarb and Shanno's update of the inverse.
fn learned(m: &[Six; 6], step: &Six, change: &Six, bend: f64) -> [Six; 6] {
    let turned = applied(m, change);
    let by = (bend + inner(change, &turned)) / (bend * bend);
    std::array::from_fn(|r| {
        std::array::from_fn(|c| {
            m[r][c] + by * step[r] * step[c] - (turned[r] * step[c] + step[r] * turned[c]) / bend
        })
    })
}
