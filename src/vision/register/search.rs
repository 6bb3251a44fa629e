//! Rigid registration of two volumes (or of two pictures) by mutual information: several starts, from coarse to fine, and an honest end.
//!
//! Starts: the places in the patient as they are, the centres of mass, the centres of the grids, each turned by several angles. The best go on
//! to the next finer version. A result counts only where the two overlap, say enough about each other, beat what other motions give by far,
//! and where starts that end elsewhere end lower; it is repeated from displaced starts on other samples, and the spread is told.

pub use super::metric::Measure;
use super::{
    codes,
    field::Field,
    metric::{Metric, Value},
    optimiser::Climb,
    pyramid,
    random::Random,
    rigid::{Rigid, times},
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    study::{
        geometry::{Vec3, add, cross, dot, norm, scale, sub},
        volume::Volume,
    },
    vision::points::ask,
};

/// How to register.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// What is made as large as possible.
    pub measure: Measure,
    /// Bins of each axis of the histogram.
    pub bins: usize,
    /// Places that are compared at the finest step; fewer at coarser ones.
    pub samples: usize,
    /// Two pictures of one slice each: turns and moves within their plane only.
    pub flat: bool,
    /// Of all that is drawn at random.
    pub seed: u64,
    /// `volume_voxels` bounds both.
    pub limits: Limits,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            measure: Measure::Mutual,
            bins: 32,
            samples: 20_000,
            flat: false,
            seed: 0,
            limits: Limits::default(),
        }
    }
}

/// Where a search began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The places in the patient that the files say.
    Patient,
    /// Centre of mass on centre of mass.
    Mass,
    /// Middle of the grid on middle of the grid.
    Middle,
}

impl Start {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Mass => "mass",
            Self::Middle => "middle",
        }
    }
}

/// Two volumes that lie on each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    /// From the fixed volume's patient coordinates to the moving one's, about the fixed grid's middle.
    pub motion: Rigid,
    /// Where the search that won began.
    pub start: Start,
    /// Mutual information with the places as the files say, nats; 0 where hardly anything overlaps so.
    pub before: f64,
    /// Mutual information now, nats, on the same places.
    pub after: f64,
    /// Twice the mutual information over the sum of the two entropies: 0 nothing in common, 1 the same.
    pub share: f64,
    /// Share of the fixed volume's places that lie within the moving one.
    pub overlap: f64,
    /// How far the result beats other motions: in standard deviations of their measure, from its mean.
    pub gain: f64,
    /// Share of the coarse starts that end at the result.
    pub agreement: f64,
    /// The best other top's height, where 0 is the mean of other motions and 1 the result's.
    pub rival: f64,
    /// Largest difference among repetitions from displaced starts on other places: degrees, mm.
    pub spread: (f64, f64),
    /// Step of the finest version, mm.
    pub step_mm: f64,
}

/// Samples that agree by chance alone say this much of each other, at most.
const LEAST_SHARE: f64 = 0.04;
const LEAST_OVERLAP: f64 = 0.25;
const LEAST_GAIN: f64 = 4.0;
const MOST_RIVAL: f64 = 0.9;
/// Motions that are compared with the result.
const OTHERS: usize = 48;
/// Fewer than this have no deviation to speak of.
const ENOUGH_OTHERS: usize = OTHERS / 4;
/// Starts that are followed at the coarsest step.
const FOLLOWED: usize = 10;
/// Tops that go on to the next finer step.
const KEPT: usize = 4;
const REPEATED: usize = 3;
const LEAST_SLICES: usize = 4;

struct Top {
    motion: Rigid,
    value: Value,
    start: Start,
}

impl Registration {
    /// The motion that takes places of `fixed` to the same places of `moving`.
    ///
    /// # Errors
    /// `REG-001` when cancelled; `REG-007`, `REG-008`, `REG-012`, `REG-013` for what cannot be registered at all; `REG-009` where the two
    /// hardly overlap, `REG-011` where their values say too little of each other, `REG-010` where nothing is clearly the best or
    /// repetitions differ.
    pub fn run(
        &self,
        fixed: &Volume,
        moving: &Volume,
        monitor: &dyn Monitor,
    ) -> Result<Registered> {
        let fixed = Field::of(fixed, &self.limits)?;
        let moving = Field::of(moving, &self.limits)?;
        for field in [&fixed, &moving] {
            let [nx, ny, nz] = field.dims;
            let thin = if self.flat {
                nz != 1
            } else {
                nz < LEAST_SLICES
            };
            if thin || nx.min(ny) < 8 {
                return Err(Error::new(&codes::NO_VOLUME).found(format!("{nx} x {ny} x {nz}")));
            }
            if field.range(0.002).is_none_or(|(low, high)| high <= low) {
                return Err(Error::new(&codes::BLANK));
            }
        }
        let steps = pyramid::steps(&fixed, &moving);
        let search = Search {
            settings: self,
            centre: fixed.middle(),
            normal: self.flat.then(|| {
                let n = cross(fixed.steps[0], fixed.steps[1]);
                scale(n, 1.0 / norm(n))
            }),
            total: steps.len() as u64 + 2,
            monitor,
        };
        search.run(&fixed, &moving, &steps)
    }
}

struct Search<'a> {
    settings: &'a Registration,
    centre: Vec3,
    normal: Option<Vec3>,
    total: u64,
    monitor: &'a dyn Monitor,
}

impl Search<'_> {
    fn run(&self, fixed: &Field<'_>, moving: &Field<'_>, steps: &[f64]) -> Result<Registered> {
        let starts = Self::starts(fixed, moving);
        let mut tops: Vec<Top> = Vec::new();
        let mut agreement = 0.0;
        let mut judged = None;
        for (level, &step) in steps.iter().enumerate() {
            ask(self.monitor, level as u64, self.total)?;
            let own = (
                fixed.coarser(pyramid::factors(fixed, step)),
                moving.coarser(pyramid::factors(moving, step)),
            );
            let left = (steps.len() - 1 - level) as i32;
            let count = (self.settings.samples as f64 * 0.4_f64.powi(left)).max(4000.0) as usize;
            let mut metric = self.metric(&own, count, level as u64)?;
            let climb = Climb {
                step: 2.0 * step,
                least: 0.02 * step,
                most: 60,
                normal: self.normal,
            };
            if level == 0 {
                let all = self.first(&starts, &mut metric);
                let all = self.climbed(&all, &climb, &mut metric)?;
                let best = all.first().map(|top| top.motion);
                let near = all.iter().filter(|top| {
                    best.is_some_and(|b| self.alike(&b, &top.motion, 1.5 * step, metric.radius))
                });
                agreement = near.count() as f64 / all.len().max(1) as f64;
                tops = all;
            } else {
                tops = self.climbed(&tops, &climb, &mut metric)?;
            }
            tops = self.distinct(tops, 2.0 * step, metric.radius);
            // Rivals are judged where they have been refined, but are still cheap.
            if level <= 1 {
                judged = Some(self.judged(&tops, &mut metric, (&own.0, &own.1)));
            }
            tops.truncate(if level == 0 {
                KEPT
            } else {
                1.max(KEPT - level - 1)
            });
            if level + 1 == steps.len() {
                let Some(best) = tops.first() else { break };
                let (gain, rival) = judged.unwrap_or((0.0, 1.0));
                return self.last(best, (agreement, gain, rival), &own, &mut metric, step);
            }
        }
        Err(Error::new(&codes::NO_OVERLAP).found("nothing in common"))
    }

    /// The metric of one step. Another `salt` is another sample.
    fn metric<'f>(
        &self,
        own: &'f (Field<'f>, Field<'f>),
        count: usize,
        salt: u64,
    ) -> Result<Metric<'f>> {
        let mut random = Random::new(self.settings.seed ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let settings = (self.settings.measure, self.settings.bins, count);
        Metric::new(&own.0, &own.1, settings, self.centre, &mut random)
            .ok_or_else(|| Error::new(&codes::BLANK))
    }

    /// Translations to begin with, each once.
    fn starts(fixed: &Field<'_>, moving: &Field<'_>) -> Vec<(Start, Vec3)> {
        let mut all = vec![(Start::Patient, [0.0; 3])];
        if let (Some(a), Some(b)) = (fixed.centre_of_mass(), moving.centre_of_mass()) {
            all.push((Start::Mass, sub(b, a)));
        }
        all.push((Start::Middle, sub(moving.middle(), fixed.middle())));
        let spacing = fixed.spacing().into_iter().fold(0.0, f64::max);
        let mut kept: Vec<(Start, Vec3)> = Vec::new();
        for (start, by) in all {
            if kept
                .iter()
                .all(|(_, other)| norm(sub(by, *other)) > 2.0 * spacing)
            {
                kept.push((start, by));
            }
        }
        kept
    }

    /// Every start, turned every way, by what the measure says of it; the best first, unturned ones always among them.
    fn first(&self, starts: &[(Start, Vec3)], metric: &mut Metric<'_>) -> Vec<Top> {
        let mut turns: Vec<Vec3> = vec![[0.0; 3]];
        match self.normal {
            Some(normal) => {
                let angles = (1..12).map(|n| f64::from(n) * 30.0).chain([-15.0, 15.0]);
                turns.extend(angles.map(|a: f64| scale(normal, a.to_radians())));
            }
            None => {
                for axis in 0..3 {
                    for angle in [-40.0_f64, -20.0, 20.0, 40.0] {
                        let mut turn = [0.0; 3];
                        turn[axis] = angle.to_radians();
                        turns.push(turn);
                    }
                }
            }
        }
        let mut all: Vec<(bool, Top)> = Vec::new();
        for &(start, by) in starts {
            for (n, &turn) in turns.iter().enumerate() {
                let motion = Rigid::identity(self.centre).nudged(turn, by);
                let value = metric.value(&motion);
                all.push((
                    n > 0,
                    Top {
                        motion,
                        value,
                        start,
                    },
                ));
            }
        }
        // A start with hardly any overlap may be a good one by accident.
        let height = |top: &Top| top.value.measure * (top.value.overlap / LEAST_OVERLAP).min(1.0);
        all.sort_by(|(a, p), (b, q)| a.cmp(b).then(height(q).total_cmp(&height(p))));
        all.truncate(starts.len() + FOLLOWED);
        all.into_iter().map(|(_, top)| top).collect()
    }

    /// Each followed to its top; the highest first.
    fn climbed(&self, tops: &[Top], climb: &Climb, metric: &mut Metric<'_>) -> Result<Vec<Top>> {
        let mut all = Vec::with_capacity(tops.len());
        for top in tops {
            let (motion, value) = climb.from(&top.motion, metric, self.monitor)?;
            if value.overlap >= LEAST_OVERLAP && value.measure > 0.0 {
                all.push(Top {
                    motion,
                    value,
                    start: top.start,
                });
            }
        }
        all.sort_by(|a, b| b.value.measure.total_cmp(&a.value.measure));
        if all.is_empty() {
            let most = tops.iter().map(|t| t.value.overlap).fold(0.0, f64::max);
            return Err(Error::new(&codes::NO_OVERLAP)
                .expected(format!("at least {:.0} %", 100.0 * LEAST_OVERLAP))
                .found(format!("{:.0} %", 100.0 * most)));
        }
        Ok(all)
    }

    /// True when two motions take things nearly to the same places, at `radius` mm from the centre.
    fn alike(&self, a: &Rigid, b: &Rigid, mm: f64, radius: f64) -> bool {
        let (degrees, off) = a.apart(b, self.centre);
        off.hypot(degrees.to_radians() * radius) <= mm
    }

    /// The highest of those that are alike.
    fn distinct(&self, tops: Vec<Top>, mm: f64, radius: f64) -> Vec<Top> {
        let mut kept: Vec<Top> = Vec::new();
        for top in tops {
            if kept
                .iter()
                .all(|other| !self.alike(&other.motion, &top.motion, mm, radius))
            {
                kept.push(top);
            }
        }
        kept
    }

    /// What the measure says of motions drawn at random from `best`: of those that are not like it and overlap enough.
    fn others(
        &self,
        best: &Rigid,
        reach: f64,
        metric: &mut Metric<'_>,
        draw: &mut dyn FnMut() -> (Vec3, Vec3),
    ) -> Vec<f64> {
        let mut values = Vec::with_capacity(OTHERS);
        for _ in 0..4 * OTHERS {
            if values.len() == OTHERS {
                break;
            }
            let (mut turn, mut shift) = draw();
            if let Some(n) = self.normal {
                let project = |v: Vec3| scale(n, v[0] * n[0] + v[1] * n[1] + v[2] * n[2]);
                turn = scale(project(turn), 1.7);
                shift = sub(shift, project(shift));
            }
            let other = best.nudged(turn, shift);
            if self.alike(&other, best, 0.3 * reach, metric.radius) {
                continue;
            }
            let value = metric.value(&other);
            if value.overlap >= LEAST_OVERLAP {
                values.push(value.measure);
            }
        }
        values
    }

    /// How far the highest beats motions drawn at random, and how near the next one comes. Where too few of them overlap, it beats nothing.
    fn judged(
        &self,
        tops: &[Top],
        metric: &mut Metric<'_>,
        own: (&Field<'_>, &Field<'_>),
    ) -> (f64, f64) {
        let Some(best) = tops.first() else {
            return (0.0, 1.0);
        };
        let mut random = Random::new(self.settings.seed ^ 0x07E2);
        let extent = |field: &Field<'_>| {
            let spacing = field.spacing();
            [0, 1, 2].map(|n| spacing[n] * field.dims[n] as f64)
        };
        let (a, b) = (extent(own.0), extent(own.1));
        let reach = 0.2 * norm([0, 1, 2].map(|n| a[n].min(b[n]))) / 3.0_f64.sqrt();
        let mut values = self.others(&best.motion, reach, metric, &mut || {
            let mut draw = |by: f64| -> Vec3 { std::array::from_fn(|_| by * random.normal()) };
            (draw(0.5), draw(reach))
        });
        if values.len() < ENOUGH_OTHERS {
            // Most of these miss a thin stack: along and about each of its sides no further than the stack is long there.
            let along = |field: &Field<'_>| field.steps.map(|s| scale(s, 1.0 / norm(s)));
            let sides = along(own.0).map(|side| times(&best.motion.rotation, side));
            let theirs = along(own.1);
            let room = [0, 1, 2].map(|n| {
                (0..3).fold(a[n], |room, m| {
                    room.min(b[m] / dot(sides[n], theirs[m]).abs().max(1e-9))
                })
            });
            values = self.others(&best.motion, reach, metric, &mut || {
                let (mut turn, mut shift) = ([0.0; 3], [0.0; 3]);
                for n in 0..3 {
                    let (p, q) = (room[(n + 1) % 3], room[(n + 2) % 3]);
                    let by = 0.5 * p.min(q) / p.max(q);
                    turn = add(turn, scale(sides[n], by * random.normal()));
                    shift = add(shift, scale(sides[n], 0.2 * room[n] * random.normal()));
                }
                (turn, shift)
            });
        }
        if values.len() < ENOUGH_OTHERS {
            return (0.0, 1.0);
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let rise = best.value.measure - mean;
        let gain = rise / deviation.max(1e-9);
        let rival = tops.get(1).map_or(0.0, |t| {
            ((t.value.measure - mean) / rise.max(1e-9)).clamp(0.0, 1.0)
        });
        (gain, rival)
    }

    /// The last repetitions, the last questions.
    fn last(
        &self,
        best: &Top,
        (agreement, gain, rival): (f64, f64, f64),
        own: &(Field<'_>, Field<'_>),
        metric: &mut Metric<'_>,
        step: f64,
    ) -> Result<Registered> {
        let value = best.value;
        if value.overlap < LEAST_OVERLAP {
            return Err(Error::new(&codes::NO_OVERLAP)
                .expected(format!("at least {:.0} %", 100.0 * LEAST_OVERLAP))
                .found(format!("{:.0} %", 100.0 * value.overlap)));
        }
        if value.share < LEAST_SHARE || gain < LEAST_GAIN {
            return Err(Error::new(&codes::NO_INFORMATION)
                .expected(format!("a share of {LEAST_SHARE}, a gain of {LEAST_GAIN}"))
                .found(format!("{:.3}, {gain:.1}", value.share)));
        }
        if rival > MOST_RIVAL {
            return Err(Error::new(&codes::NO_CONSENSUS)
                .expected(format!("no other result above {MOST_RIVAL} of it"))
                .found(format!("{rival:.2}")));
        }
        let mut spread = (0.0_f64, 0.0_f64);
        let mut random = Random::new(self.settings.seed ^ 0x5911);
        let climb = Climb {
            step,
            least: 0.01 * step,
            most: 60,
            normal: self.normal,
        };
        let mut all = vec![best.motion];
        for n in 0..REPEATED {
            ask(self.monitor, self.total - 2, self.total)?;
            let mut again = self.metric(own, self.settings.samples, 0x100 + n as u64)?;
            let mut draw = |by: f64| -> Vec3 { std::array::from_fn(|_| by * random.normal()) };
            let (mut turn, mut shift) = (draw(1.5 * step / again.radius), draw(1.5 * step));
            if let Some(n) = self.normal {
                let project = |v: Vec3| scale(n, v[0] * n[0] + v[1] * n[1] + v[2] * n[2]);
                turn = project(turn);
                shift = sub(shift, project(shift));
            }
            let (motion, _) =
                climb.from(&best.motion.nudged(turn, shift), &mut again, self.monitor)?;
            for other in &all {
                let (degrees, off) = motion.apart(other, self.centre);
                spread = (spread.0.max(degrees), spread.1.max(off));
            }
            all.push(motion);
        }
        let allowed = (2.0 * step / metric.radius).to_degrees();
        if spread.1 > 2.0 * step || spread.0 > allowed.max(0.5) {
            return Err(Error::new(&codes::NO_CONSENSUS)
                .expected(format!(
                    "repetitions within {:.1} mm, {:.1} degrees",
                    2.0 * step,
                    allowed.max(0.5)
                ))
                .found(format!("{:.1} mm, {:.1} degrees", spread.1, spread.0)));
        }
        let motion = self.mean(&all);
        let value = metric.value(&motion);
        let before = metric.value(&Rigid::identity(self.centre));
        self.monitor.progress(Stage::Filter, self.total, self.total);
        Ok(Registered {
            motion,
            start: best.start,
            before: before.mutual,
            after: value.mutual,
            share: value.share,
            overlap: value.overlap,
            gain,
            agreement,
            rival,
            spread,
            step_mm: step,
        })
    }

    /// The mean of motions that are nearly alike: it errs less than each.
    fn mean(&self, all: &[Rigid]) -> Rigid {
        let Some(first) = all.first() else {
            return Rigid::identity(self.centre);
        };
        let n = all.len() as f64;
        let (mut turn, mut shift) = ([0.0; 3], [0.0; 3]);
        for other in all {
            // Small turns add up like vectors.
            let r =
                super::rigid::product(&other.rotation, &super::rigid::transposed(&first.rotation));
            let skew = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]];
            turn = add(turn, scale(skew, 0.5 / n));
            shift = add(
                shift,
                scale(sub(other.translation, first.translation), 1.0 / n),
            );
        }
        first.nudged(turn, shift)
    }
}

/// The moving volume on the fixed one's grid, between voxels linearly; `outside` where it has nothing.
///
/// # Errors
/// `REG-001` when cancelled, `REG-012` and `REG-013` for what is no grid.
pub fn resampled(
    fixed: &Volume,
    moving: &Volume,
    motion: &Rigid,
    outside: f32,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<Volume> {
    let grid = Field::of(fixed, limits)?;
    let source = Field::of(moving, limits)?;
    let [nx, ny, nz] = grid.dims;
    // From index to index: one affine map, applied step by step along a row.
    let origin = source.index_of(motion.apply(grid.origin));
    let step = |n: usize| {
        sub(
            source.index_of(motion.apply(grid.at(std::array::from_fn(|k| f64::from(k == n))))),
            origin,
        )
    };
    let steps = [step(0), step(1), step(2)];
    let mut values = Vec::with_capacity(nx * ny * nz);
    for k in 0..nz {
        ask(monitor, k as u64, nz as u64)?;
        for j in 0..ny {
            let start = add(
                origin,
                add(scale(steps[1], j as f64), scale(steps[2], k as f64)),
            );
            values.extend((0..nx).map(|i| {
                let index = add(start, scale(steps[0], i as f64));
                // What is on the border but for rounding is inside.
                let index = [0, 1, 2].map(|n| {
                    let last = source.dims[n] as f64 - 1.0;
                    if index[n] > -1e-6 && index[n] < last + 1e-6 {
                        index[n].clamp(0.0, last)
                    } else {
                        index[n]
                    }
                });
                source.value(index).unwrap_or(outside)
            }));
        }
    }
    Ok(Volume {
        dims: fixed.dims,
        origin: fixed.origin,
        steps: fixed.steps,
        values,
    })
}
