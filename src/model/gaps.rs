//! What is missing in the recipe of a manifest, or does not fit, named by its field.

use super::{
    manifest::{Manifest, Task},
    recipe::{Border, Boxes, Direction, Method, Mode, Role, Sliding, Step, TRANSPOSED},
    sliding,
};

/// Something that a manifest has to say and does not, or says wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Path in the manifest.
    pub field: &'static str,
    /// What has to stand there.
    pub expected: String,
    /// What stands there; empty: nothing.
    pub found: String,
}

/// The gaps found so far.
pub(super) struct Gaps(pub(super) Vec<Gap>);

impl Gaps {
    pub(super) fn wrong(
        &mut self,
        field: &'static str,
        expected: &str,
        found: impl std::fmt::Display,
    ) {
        self.0.push(Gap {
            field,
            expected: expected.to_owned(),
            found: found.to_string(),
        });
    }

    pub(super) fn need<T>(
        &mut self,
        value: Option<T>,
        field: &'static str,
        expected: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.wrong(field, expected, "");
        }
        value
    }

    pub(super) fn orientation(
        &mut self,
        written: Option<&str>,
        frame: bool,
        deep: bool,
    ) -> Option<[Direction; 3]> {
        const FIELD: &str = "input.orientation";
        const EXPECTED: &str =
            "three letters such as RAS, where each axis grows to, or `source` as the slices come";
        match written {
            None if deep => self.wrong(FIELD, EXPECTED, ""),
            None | Some("source") => {}
            Some(TRANSPOSED) if frame => {}
            Some(other) if frame => {
                self.wrong(FIELD, "`source` or `transposed`, for a frame", other);
            }
            Some(letters) => match directions(letters) {
                Some(found) => return Some(found),
                None => self.wrong(FIELD, EXPECTED, letters),
            },
        }
        None
    }

    pub(super) fn spacing(&mut self, written: Option<&[f64]>, frame: bool) -> Option<[f64; 3]> {
        const FIELD: &str = "input.spacing";
        match written {
            None => None,
            Some(_) if frame => {
                self.wrong(FIELD, "none, for a frame", "numbers");
                None
            }
            Some(&[d, h, w]) if [d, h, w].iter().all(|x| (0.01..=100.0).contains(x)) => {
                Some([d, h, w])
            }
            Some(other) => {
                self.wrong(FIELD, "three numbers, 0.01 to 100 mm", format!("{other:?}"));
                None
            }
        }
    }

    pub(super) fn size(&mut self, written: Option<&[usize]>, deep: bool) -> [usize; 3] {
        match *written.unwrap_or_default() {
            [] => [0; 3],
            [h, w] if !deep && [h, w].iter().all(|n| *n <= 8192) => [0, h, w],
            [d, h, w] if [d, h, w].iter().all(|n| *n <= 8192) => [d, h, w],
            ref other => {
                let expected = if deep {
                    "three numbers up to 8192"
                } else {
                    "two or three numbers up to 8192"
                };
                self.wrong("input.size", expected, format!("{other:?}"));
                [0; 3]
            }
        }
    }

    pub(super) fn step(&mut self, step: &Step, last: bool, channels: usize) {
        const FIELD: &str = "input.intensity";
        let ends = step.low.zip(step.high);
        let finite = |v: &Vec<f64>| v.iter().all(|x| x.is_finite());
        if step
            .to
            .is_some_and(|[a, b]| !a.is_finite() || !b.is_finite())
        {
            self.wrong(FIELD, "finite numbers in `to`", "others");
        }
        match step.method {
            Method::Window if !ends.is_some_and(|(a, b)| a < b && (b - a).is_finite()) => {
                self.wrong(
                    FIELD,
                    "`low` below `high`, for a window",
                    format!("{ends:?}"),
                );
            }
            Method::Percentiles if !ends.is_some_and(|(a, b)| 0.0 <= a && a < b && b <= 100.0) => {
                self.wrong(
                    FIELD,
                    "`low` below `high`, 0 to 100, for percentiles",
                    format!("{ends:?}"),
                );
            }
            Method::Fixed => {
                let both = step.mean.as_ref().zip(step.sd.as_ref());
                let fits = both.is_some_and(|(mean, sd)| {
                    mean.len() == sd.len()
                        && finite(mean)
                        && finite(sd)
                        && !sd.contains(&0.0)
                        && (mean.len() == 1 || (mean.len() == channels && last))
                });
                if !fits {
                    self.wrong(
                        FIELD,
                        "`mean` and `sd`, one number each, or, in the last step, one for each channel",
                        format!("{both:?}"),
                    );
                }
            }
            _ => {}
        }
    }

    pub(super) fn sliding(&mut self, written: Option<&Sliding>, deep: bool) -> sliding::Sliding {
        let whole = [usize::from(!deep), 0, 0];
        let Some(written) = written else {
            return sliding::Sliding {
                roi: whole,
                overlap: [0.25; 3],
                blend: sliding::Blend::Constant,
                padding: sliding::Padding::Constant(0.0),
            };
        };
        let roi = match *written.roi {
            [d, h, w] if deep => [d, h, w],
            [h, w] if !deep => [1, h, w],
            ref other => {
                let expected = if deep { "three numbers" } else { "two numbers" };
                self.wrong("input.sliding.roi", expected, format!("{other:?}"));
                whole
            }
        };
        let overlap = written.overlap.unwrap_or(0.25);
        if !(0.0..1.0).contains(&overlap) {
            self.wrong("input.sliding.overlap", "0 to less than 1", overlap);
        }
        let sigma = written.sigma_scale.unwrap_or(0.125);
        if !(0.001..=100.0).contains(&sigma) {
            self.wrong("input.sliding.sigma_scale", "0.001 to 100", sigma);
        }
        sliding::Sliding {
            roi,
            overlap: [overlap; 3],
            blend: match written.mode {
                Some(Mode::Gaussian) => sliding::Blend::Gaussian(sigma),
                _ => sliding::Blend::Constant,
            },
            padding: match written.padding {
                Some(Border::Replicate) => sliding::Padding::Replicate,
                Some(Border::Reflect) => sliding::Padding::Reflect,
                _ => sliding::Padding::Constant(written.padding_value.unwrap_or(0.0)),
            },
        }
    }

    pub(super) fn boxes(&mut self, manifest: &Manifest, frame: bool) -> Option<Boxes> {
        const FIELD: &str = "output.boxes";
        if manifest.task != Task::Detection {
            if manifest.output.boxes.is_some() {
                self.wrong(FIELD, "none, but for detection", "boxes");
            }
            return None;
        }
        if !frame {
            self.wrong("input.takes", "frame, for detection", "stack");
        }
        if manifest.input.orientation.as_deref() == Some(TRANSPOSED) {
            self.wrong("input.orientation", "`source`, for detection", TRANSPOSED);
        }
        let boxes = self.need(
            manifest.output.boxes.clone(),
            FIELD,
            "outputs, form, unit and score_threshold",
        )?;
        let count = |role| boxes.outputs.iter().filter(|r| **r == role).count();
        if count(Role::Boxes) != 1 || count(Role::Scores) != 1 || count(Role::Labels) > 1 {
            self.wrong(
                "output.boxes.outputs",
                "boxes and scores, and labels at most once",
                format!("{:?}", boxes.outputs),
            );
        }
        let unit = 0.0..=1.0;
        if !unit.contains(&boxes.score_threshold) {
            self.wrong(
                "output.boxes.score_threshold",
                "0 to 1",
                boxes.score_threshold,
            );
        }
        if let Some(iou) = boxes.iou_threshold.filter(|iou| !unit.contains(iou)) {
            self.wrong("output.boxes.iou_threshold", "0 to 1", iou);
        }
        Some(boxes)
    }
}

/// Three letters, one of each pair, as directions of LPS axes: L grows with x, R against it, and so on.
fn directions(letters: &str) -> Option<[Direction; 3]> {
    let one = |letter: char| {
        Some(match letter {
            'L' => (0, true),
            'R' => (0, false),
            'P' => (1, true),
            'A' => (1, false),
            'S' => (2, true),
            'I' => (2, false),
            _ => return None,
        })
    };
    let found: Vec<Direction> = letters.chars().map(one).collect::<Option<_>>()?;
    let found: [Direction; 3] = found.try_into().ok()?;
    (0..3)
        .all(|axis| found.iter().any(|(a, _)| *a == axis))
        .then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        assert_eq!(directions("RAS"), Some([(0, false), (1, false), (2, true)]));
        assert_eq!(directions("LIA"), Some([(0, true), (2, false), (1, false)]));
        for wrong in ["RAL", "RA", "RASL", "ras", ""] {
            assert_eq!(directions(wrong), None, "{wrong}");
        }
    }
}
