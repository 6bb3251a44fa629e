//! Coding parameters of a scan: what LSE and SOS say, and what follows from it (ITU-T T.87 A.1, A.2.1, C.2.4.1.1).

use super::fault::Fault;

/// Preset coding parameters as an LSE segment of type 1 gives them; 0 stands for the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Preset {
    pub(super) maxval: u16,
    pub(super) thresholds: [u16; 3],
    pub(super) reset: u16,
}

/// Parameters of one scan, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Params {
    /// Largest sample.
    pub(super) maxval: i32,
    /// Largest difference of a decoded sample from its original.
    pub(super) near: i32,
    /// T1, T2, T3 of the quantised gradients.
    pub(super) thresholds: [i32; 3],
    /// Occurrences after which a context's counts are halved.
    pub(super) reset: i32,
    /// Number of differing prediction errors.
    pub(super) range: i32,
    /// Bits of a prediction error that is written without a Golomb code.
    pub(super) qbpp: u32,
    /// Longest code.
    pub(super) limit: u32,
}

impl Params {
    /// The parameters of samples of `bits` bits. `at` is where the scan header lies.
    pub(super) fn new(bits: u8, near: u8, preset: Preset, at: usize) -> Result<Self, Fault> {
        let most = (1_i32 << bits) - 1;
        let maxval = match i32::from(preset.maxval) {
            0 => most,
            given => given,
        };
        let near = i32::from(near);
        if maxval > most || near > (maxval / 2).min(255) {
            return Err(Fault::header("NEAR or MAXVAL out of range", at));
        }
        let mut thresholds = defaults(maxval, near);
        let mut least = near + 1;
        for (t, given) in thresholds.iter_mut().zip(preset.thresholds) {
            if given != 0 {
                *t = i32::from(given);
            }
            if *t < least || *t > maxval {
                return Err(Fault::header("gradient thresholds out of range", at));
            }
            least = *t;
        }
        let reset = match i32::from(preset.reset) {
            0 => 64,
            given if (3..=maxval.max(255)).contains(&given) => given,
            _ => return Err(Fault::header("RESET out of range", at)),
        };
        let range = (maxval + 2 * near) / (2 * near + 1) + 1;
        let bpp = ceil_log2(maxval + 1).max(2);
        Ok(Self {
            maxval,
            near,
            thresholds,
            reset,
            range,
            qbpp: ceil_log2(range),
            limit: 2 * (bpp + bpp.max(8)),
        })
    }

    /// One step of a prediction error in units of samples.
    pub(super) fn step(&self) -> i32 {
        2 * self.near + 1
    }

    /// True when errors are added modulo a power of two: lossless, with the largest sample that the bits hold.
    pub(super) fn is_plain(&self) -> bool {
        self.near == 0 && (self.maxval & (self.maxval + 1)) == 0
    }
}

fn ceil_log2(n: i32) -> u32 {
    32 - (n - 1).leading_zeros()
}

/// C.2.4.1.1.1.
fn defaults(maxval: i32, near: i32) -> [i32; 3] {
    let clamp = |t: i32, least: i32| if t > maxval || t < least { least } else { t };
    let [t1, t2, t3] = if maxval >= 128 {
        let factor = (maxval.min(4095) + 128) >> 8;
        [
            factor + 2 + 3 * near,
            factor * (7 - 3) + 3 + 5 * near,
            factor * (21 - 4) + 4 + 7 * near,
        ]
    } else {
        let factor = 256 / (maxval + 1);
        [
            (3 / factor + 3 * near).max(2),
            (7 / factor + 5 * near).max(3),
            (21 / factor + 7 * near).max(4),
        ]
    };
    let t1 = clamp(t1, near + 1);
    let t2 = clamp(t2, t1);
    [t1, t2, clamp(t3, t2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_the_standard() {
        // Table C.3 of the standard.
        assert_eq!(defaults(255, 0), [3, 7, 21]);
        assert_eq!(defaults(4095, 0), [18, 67, 276]);
        assert_eq!(defaults(65535, 0), [18, 67, 276]);
        assert_eq!(defaults(255, 3), [12, 22, 42]);
        assert_eq!(defaults(3, 0), [2, 3, 3]);
        let p = Params::new(16, 0, Preset::default(), 0).unwrap();
        assert_eq!((p.range, p.qbpp, p.limit, p.reset), (65536, 16, 64, 64));
    }
}
