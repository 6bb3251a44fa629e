//! Quantised gradients (ITU-T T.87 A.3): which context a sample has.

use super::params::Params;

/// Differences of two samples of 16 bits, modulo 2^17.
pub(super) const DIFFERENCES: usize = 1 << 17;

/// The quantised gradient of every difference of two samples.
#[derive(Debug)]
pub(super) struct Gradients {
    /// -4 to 4, by the difference modulo 2^17.
    table: Box<[i8; DIFFERENCES]>,
    /// NEAR + 1, T1, T2, T3 where 16 bits with a sign hold them.
    bounds: Option<[i16; 4]>,
    /// The gradients of one line.
    levels: Vec<i16>,
}

/// The gradient `d` in a table of [`Gradients`].
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for each sample")]
#[expect(clippy::indexing_slicing, reason = "masked")]
pub(super) fn level(table: &[i8; DIFFERENCES], d: i32) -> i32 {
    i32::from(table[d as usize & (DIFFERENCES - 1)])
}

impl Gradients {
    #[expect(
        clippy::large_stack_arrays,
        reason = "made in its box; 128 kB would do on any stack"
    )]
    pub(super) fn new(params: &Params) -> Self {
        let [t1, t2, t3] = params.thresholds;
        let bounds = [params.near + 1, t1, t2, t3, params.maxval + 1];
        let mut table = Box::new([0_i8; DIFFERENCES]);
        for (level, pair) in (1_i8..).zip(bounds.windows(2)) {
            if let &[from, to] = pair
                && from < to
            {
                let above = from as usize..to as usize;
                let below = DIFFERENCES + 1 - above.end..DIFFERENCES + 1 - above.start;
                for (range, level) in [(above, level), (below, -level)] {
                    if let Some(part) = table.get_mut(range) {
                        part.fill(level);
                    }
                }
            }
        }
        let [bounds @ .., _] = bounds.map(|b| i16::try_from(b).ok());
        Self {
            table,
            bounds: match bounds {
                [Some(near), Some(t1), Some(t2), Some(t3)] => Some([near, t1, t2, t3]),
                _ => None,
            },
            levels: Vec::new(),
        }
    }

    pub(super) fn table(&self) -> &[i8; DIFFERENCES] {
        &self.table
    }

    /// What the line above says of each sample's context: 81 times the gradient from above to above right, and 9 times that from above
    /// left to above. Both lines begin one pixel of `stride` samples before the picture and end one behind it.
    pub(super) fn steepness(&mut self, above: &[u16], out: &mut [i16], stride: usize) {
        let (levels, table) = (&mut self.levels, &self.table);
        levels.resize(above.len(), 0);
        let right = above.get(stride..).unwrap_or_default();
        let pairs = above.iter().zip(right).zip(levels.iter_mut());
        if let Some([t0, t1, t2, t3]) = self.bounds {
            // Eight at a time: differences that saturate are beyond every bound.
            for ((&left, &right), out) in pairs {
                let signed = |s: u16| (s ^ 0x8000).cast_signed();
                let d = signed(right).saturating_sub(signed(left));
                let up = i16::from(d >= t0)
                    + i16::from(d >= t1)
                    + i16::from(d >= t2)
                    + i16::from(d >= t3);
                let down = i16::from(d <= -t0)
                    + i16::from(d <= -t1)
                    + i16::from(d <= -t2)
                    + i16::from(d <= -t3);
                *out = up - down;
            }
        } else {
            for ((&left, &right), out) in pairs {
                *out = level(table, i32::from(right) - i32::from(left)) as i16;
            }
        }
        let here = levels.get(stride..).unwrap_or_default();
        let out = out.get_mut(stride..).unwrap_or_default();
        for ((out, &before), &here) in out.iter_mut().zip(levels.iter()).zip(here) {
            *out = 81 * here + 9 * before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_their_definition() {
        for (bits, near, wide) in [
            (2, 0, false),
            (2, 1, false),
            (8, 0, false),
            (8, 3, false),
            (12, 10, false),
            (16, 0, false),
            (16, 2, true),
        ] {
            let mut p = Params::new(bits, near, Default::default(), 0).unwrap();
            if wide {
                p.thresholds = [5, 40_000, 50_000];
            }
            let mut gradients = Gradients::new(&p);
            let [t1, t2, t3] = p.thresholds;
            let expected = |d: i32| {
                let n = d.abs();
                let passed = [n > p.near, n >= t1, n >= t2, n >= t3];
                let levels = i32::from(n > p.near) * passed.map(i32::from).iter().sum::<i32>();
                levels * d.signum()
            };
            for d in -p.maxval..=p.maxval {
                assert_eq!(level(gradients.table(), d), expected(d), "{bits} {d}");
            }
            // Two components beside each other.
            let mut seed = 7_u32;
            let line: Vec<u16> = (0..200)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let far = if seed & 0x300 == 0 { p.maxval } else { 9 };
                    ((seed >> 12) as i32 % (far + 1)).min(p.maxval) as u16
                })
                .collect();
            let mut out = vec![0; 200];
            gradients.steepness(&line, &mut out, 2);
            for i in 2..198 {
                let [c, b, d] = [line[i - 2], line[i], line[i + 2]].map(i32::from);
                let steep = 81 * expected(d - b) + 9 * expected(b - c);
                assert_eq!(i32::from(out[i]), steep, "{bits} {i}");
            }
        }
    }
}
