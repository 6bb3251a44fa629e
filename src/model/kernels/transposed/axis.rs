//! The phases of a transposed convolution along one axis.
//!
//! Output place o gets input place i by tap k where i · stride = o + before − k · dilation. Places with equal (o + before) mod stride have the
//! same taps: a phase, o = first + m · stride, in which i = m + (first + before − k · dilation) / stride: a convolution over m.

/// One phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    /// First output place.
    pub(super) first: usize,
    /// Taps of the layer in the order of the input places; none where a tap of the phase's convolution has no weight.
    pub(super) taps: Vec<Option<usize>>,
    /// Dilation of the phase's convolution.
    pub(super) dilation: usize,
    /// Its padding. After the last place it may compute more than there is, never less.
    pub(super) before: usize,
    pub(super) after: usize,
}

impl Phase {
    /// Each output place comes from the input place at the same position.
    pub(super) fn point() -> Self {
        Self {
            first: 0,
            taps: vec![Some(0)],
            dilation: 1,
            before: 0,
            after: 0,
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// All phases, one for each place of a stride. `None` where a number is beyond all use.
pub(super) fn phases(
    kernel: usize,
    stride: usize,
    dilation: usize,
    pads: [usize; 2],
    more: usize,
) -> Option<Vec<Phase>> {
    // Beyond all layers there are, and each phase has its own weights.
    if stride > 64 || pads[0] > 1024 {
        return None;
    }
    let int = |n: usize| i64::try_from(n).ok();
    let (kernel, stride, dilation) = (int(kernel)?, int(stride)?, int(dilation)?);
    let (cut, cut_after) = (int(pads[0])?, int(pads[1])?);
    let apart = dilation / gcd(dilation, stride);
    // The output has stride × input places and so many more.
    let beyond = (kernel - 1) * dilation + 1 - stride + int(more)? - cut - cut_after;
    (0..stride)
        .map(|phase| {
            let first = (phase - cut).rem_euclid(stride);
            // In the order of input places, later taps come first.
            let own = (0..kernel).rev().filter(|k| k * dilation % stride == phase);
            let mut taps: Vec<Option<usize>> =
                own.clone().map(|k| usize::try_from(k).ok()).collect();
            let mut start = own
                .map(|k| (first + cut - k * dilation) / stride)
                .next()
                .unwrap_or(0);
            if taps.is_empty() {
                taps.push(None);
            }
            let apart = if taps.len() > 1 || start > 0 {
                apart
            } else {
                1
            };
            // A convolution has no negative padding: taps without weight reach back to the first place.
            while start > 0 {
                taps.insert(0, None);
                start -= apart;
            }
            let reach = (i64::try_from(taps.len()).ok()? - 1) * apart + 1;
            let more_places = (beyond - first).div_euclid(stride)
                + i64::from((beyond - first).rem_euclid(stride) > 0);
            Some(Phase {
                first: usize::try_from(first).ok()?,
                taps,
                dilation: usize::try_from(apart).ok()?,
                before: usize::try_from(-start).ok()?,
                after: usize::try_from((more_places - 1 + reach + start).max(0)).ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_equal_to_stride_gives_points() {
        let phases = phases(2, 2, 1, [0, 0], 0).unwrap();
        assert_eq!(phases[0], Phase::point());
        assert_eq!(phases[1].taps, [Some(1)]);
        assert_eq!(
            (phases[1].first, phases[1].before, phases[1].after),
            (1, 0, 0)
        );
    }

    #[test]
    fn kernel_of_four_and_stride_of_two_gives_two_taps() {
        let phases = phases(4, 2, 1, [1, 1], 0).unwrap();
        let of = |p: &Phase| (p.first, p.taps.clone(), p.before, p.after);
        assert_eq!(of(&phases[0]), (1, vec![Some(2), Some(0)], 0, 1));
        assert_eq!(of(&phases[1]), (0, vec![Some(3), Some(1)], 1, 0));
    }
}
