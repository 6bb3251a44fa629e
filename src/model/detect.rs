//! Boxes of a detection: two forms of outputs, non-maximum suppression where the network has none, and the way back to the frame.
//!
//! Forms: boxes `[N, 4]`, scores `[N]` and labels `[N]` (torchvision's detectors), or boxes `[1, N, 4]` and scores
//! `[1, N, labels]`.

use super::{
    codes,
    finding::FoundBox,
    manifest::Label,
    recipe::{Boxes, Corners, Role, Unit},
    run::Output,
};
use crate::base::{Error, Result};

/// Candidates that suppression looks at: the best of those above the threshold. It compares each with each.
const CANDIDATES: usize = 2000;
/// Boxes that a finding has at most.
const MOST: usize = 300;

/// A box on the tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) label: usize,
    pub(super) score: f64,
    /// Left, top, right, bottom in the tensor's pixels, its first pixel's edge at 0.
    pub(super) corners: [f64; 4],
}

/// How the tensor lies over the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Columns and rows of the prepared picture.
    pub(super) cells: [usize; 2],
    /// Columns and rows of the tensor before it.
    pub(super) before: [usize; 2],
    /// Columns and rows of the frame.
    pub(super) pixels: [usize; 2],
}

impl Frame {
    /// The box in the frame's image coordinates (pixel edges at −0.5 and size − 0.5), cut at its border; `None` when nothing is inside.
    pub(super) fn place(&self, one: &Candidate, labels: &[Label]) -> Option<FoundBox> {
        let at = |value: f64, axis: usize| {
            let share = (value - self.before[axis] as f64) / self.cells[axis] as f64;
            share.clamp(0.0, 1.0) * self.pixels[axis] as f64 - 0.5
        };
        let [left, top, right, bottom] = one.corners;
        let [left, right] = [left, right].map(|x| at(x, 0));
        let [top, bottom] = [top, bottom].map(|y| at(y, 1));
        (right > left && bottom > top).then(|| FoundBox {
            label: labels
                .get(one.label)
                .map(|l| l.name.clone())
                .unwrap_or_default(),
            score: one.score,
            extent: [left, top, right, bottom].map(|v| v as f32),
        })
    }
}

/// The boxes of a network's outputs, the best first. `size`: columns and rows of the tensor.
///
/// # Errors
/// `MDL-001` where the outputs are not what the manifest says.
pub(super) fn boxes(
    outputs: &[Output],
    asked: &Boxes,
    labels: usize,
    size: [usize; 2],
) -> Result<Vec<Candidate>> {
    let wrong = |expected: &str, found: String| {
        Error::new(&codes::MANIFEST)
            .at("output.boxes.outputs")
            .expected(expected)
            .found(found)
    };
    let of = |role| {
        let at = asked.outputs.iter().position(|r| *r == role)?;
        outputs.get(at)
    };
    let missing = || {
        wrong(
            "as many outputs of the network",
            format!("{} outputs", outputs.len()),
        )
    };
    let corners = of(Role::Boxes).ok_or_else(missing)?;
    let scores = of(Role::Scores).ok_or_else(missing)?;
    if corners.shape.last() != Some(&4) {
        return Err(wrong("boxes [N, 4]", format!("{:?}", corners.shape)));
    }
    let count = corners.values.len() / 4;
    // Nothing was found: then nobody needs labels.
    if count == 0 {
        return Ok(vec![]);
    }
    let mut found = vec![];
    // Not a number is no score.
    let counts = |score: f32| f64::from(score) >= asked.score_threshold && score.is_finite();
    let mut take = |nth: usize, label: usize, score: f32| {
        if counts(score) {
            found.push((nth, label, f64::from(score)));
        }
    };
    if scores.values.len() == count {
        let named = match of(Role::Labels) {
            Some(named) if named.values.len() == count => Some(&named.values),
            Some(named) => return Err(wrong("a label for each box", format!("{:?}", named.shape))),
            None if labels == 1 => None,
            None => return Err(wrong("labels, where there are several", "none".to_owned())),
        };
        for (nth, score) in scores.values.iter().enumerate() {
            let label = named
                .and_then(|n| n.get(nth))
                .map_or(0, |l| l.round() as i64);
            // What is below the threshold may be called anything: some networks fill up with −1.
            if !counts(*score) {
                continue;
            }
            let label = usize::try_from(label).ok().filter(|l| *l < labels);
            let label = label.ok_or_else(|| {
                Error::new(&codes::MANIFEST)
                    .at("output.labels")
                    .expected("a name for each label of the network")
                    .found(format!("{labels} names"))
            })?;
            take(nth, label, *score);
        }
    } else if scores.values.len() == count * labels {
        for (nth, row) in scores.values.chunks_exact(labels.max(1)).enumerate() {
            for (label, score) in row.iter().enumerate() {
                take(nth, label, *score);
            }
        }
    } else {
        return Err(wrong(
            &format!("scores [N] or [1, N, {labels}] for {count} boxes"),
            format!("{:?}", scores.shape),
        ));
    }
    // The best first, equal ones in the network's order.
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    found.truncate(CANDIDATES);
    let found = found.into_iter().filter_map(|(nth, label, score)| {
        let four = corners.values.get(nth * 4..nth * 4 + 4)?;
        let corners = corners_of(<[f32; 4]>::try_from(four).ok()?, asked, size)?;
        Some(Candidate {
            label,
            score,
            corners,
        })
    });
    let mut kept: Vec<Candidate> = vec![];
    for one in found {
        let again = |other: &Candidate| {
            asked.iou_threshold.is_some_and(|most| {
                other.label == one.label && overlap(&other.corners, &one.corners) > most
            })
        };
        if !kept.iter().any(again) {
            kept.push(one);
        }
        if kept.len() == MOST {
            break;
        }
    }
    Ok(kept)
}

/// Left, top, right, bottom in pixels; `None` for what is not finite.
fn corners_of(four: [f32; 4], asked: &Boxes, [width, height]: [usize; 2]) -> Option<[f64; 4]> {
    let [a, b, c, d] = four.map(f64::from);
    let [left, top, right, bottom] = match asked.form {
        Corners::Xyxy => [a, b, c, d],
        Corners::Xywh => [a, b, a + c, b + d],
        Corners::Cxcywh => [a - c / 2.0, b - d / 2.0, a + c / 2.0, b + d / 2.0],
        Corners::Yxyx => [b, a, d, c],
    };
    let (x, y) = match asked.unit {
        Unit::Pixels => (1.0, 1.0),
        Unit::Fraction => (width as f64, height as f64),
    };
    let corners = [left * x, top * y, right * x, bottom * y];
    corners.iter().all(|v| v.is_finite()).then_some(corners)
}

/// Intersection over union.
fn overlap(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let side = |low: f64, high: f64| (high - low).max(0.0);
    let area = |c: &[f64; 4]| side(c[0], c[2]) * side(c[1], c[3]);
    let both = side(a[0].max(b[0]), a[2].min(b[2])) * side(a[1].max(b[1]), a[3].min(b[3]));
    let either = area(a) + area(b) - both;
    if either > 0.0 { both / either } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(shape: &[usize], values: &[f32]) -> Output {
        Output {
            shape: shape.to_vec(),
            values: values.to_vec(),
        }
    }

    fn asked(outputs: &[Role], iou: Option<f64>) -> Boxes {
        Boxes {
            outputs: outputs.to_vec(),
            form: Corners::Xyxy,
            unit: Unit::Pixels,
            score_threshold: 0.3,
            iou_threshold: iou,
        }
    }

    #[test]
    fn torchvisions_form() {
        let outputs = [
            output(
                &[3, 4],
                &[0.0, 0.0, 4.0, 4.0, 1.0, 1.0, 5.0, 5.0, 2.0, 2.0, 3.0, 8.0],
            ),
            output(&[3], &[1.0, 0.0, 1.0]),
            output(&[3], &[0.6, 0.2, 0.9]),
        ];
        let roles = [Role::Boxes, Role::Labels, Role::Scores];
        let found = boxes(&outputs, &asked(&roles, None), 2, [10, 10]).unwrap();
        let seen: Vec<_> = found.iter().map(|b| (b.label, b.corners)).collect();
        assert_eq!(seen, [(1, [2.0, 2.0, 3.0, 8.0]), (1, [0.0, 0.0, 4.0, 4.0])]);
        let one = boxes(&outputs, &asked(&roles, None), 1, [10, 10]).unwrap_err();
        assert!(one.detail().contains("output.labels"), "{one}");
        // A label without a name is no matter where its box does not count.
        let mut filled = outputs.clone();
        filled[1].values[1] = -1.0;
        let again = boxes(&filled, &asked(&roles, None), 2, [10, 10]).unwrap();
        assert_eq!(again, found);
        let none = [
            output(&[1, 0, 4], &[]),
            output(&[1, 0], &[]),
            output(&[1, 0, 2], &[]),
        ];
        assert_eq!(boxes(&none, &asked(&roles, None), 2, [10, 10]).unwrap(), []);
        let two = [Role::Boxes, Role::Scores];
        let bare = [none[0].clone(), none[2].clone()];
        assert_eq!(boxes(&bare, &asked(&two, None), 2, [10, 10]).unwrap(), []);
        let few = boxes(&outputs[..2], &asked(&roles, None), 2, [10, 10]).unwrap_err();
        assert_eq!(few.code(), &codes::MANIFEST);
    }

    #[test]
    fn a_score_for_each_label_and_suppression() {
        // Two boxes that share 9 of 23 cells, twice; a third elsewhere.
        let corners = [
            0.0, 0.0, 4.0, 4.0, //
            1.0, 1.0, 5.0, 5.0, //
            6.0, 6.0, 9.0, 9.0,
        ];
        let outputs = [
            output(&[1, 3, 4], &corners),
            output(&[1, 3, 2], &[0.9, 0.4, 0.8, 0.1, 0.2, 0.5]),
        ];
        let roles = [Role::Boxes, Role::Scores];
        let of = |iou| -> Vec<(usize, f64)> {
            boxes(&outputs, &asked(&roles, iou), 2, [10, 10])
                .unwrap()
                .iter()
                .map(|b| (b.label, (b.score * 10.0).round()))
                .collect()
        };
        assert_eq!(of(None), [(0, 9.0), (0, 8.0), (1, 5.0), (1, 4.0)]);
        assert_eq!(of(Some(9.0 / 23.0 - 0.01)), [(0, 9.0), (1, 5.0), (1, 4.0)]);
        assert_eq!(of(Some(9.0 / 23.0 + 0.01)).len(), 4);
    }

    #[test]
    fn forms_and_units() {
        let of = |form, unit| {
            let asked = Boxes {
                form,
                unit,
                ..asked(&[], None)
            };
            corners_of([0.25, 0.5, 0.5, 0.75], &asked, [100, 200]).unwrap()
        };
        assert_eq!(
            of(Corners::Xyxy, Unit::Fraction),
            [25.0, 100.0, 50.0, 150.0]
        );
        assert_eq!(
            of(Corners::Xywh, Unit::Fraction),
            [25.0, 100.0, 75.0, 250.0]
        );
        assert_eq!(
            of(Corners::Cxcywh, Unit::Fraction),
            [0.0, 25.0, 50.0, 175.0]
        );
        assert_eq!(of(Corners::Yxyx, Unit::Pixels), [0.5, 0.25, 0.75, 0.5]);
        assert_eq!(
            corners_of([f32::NAN, 0.0, 1.0, 1.0], &asked(&[], None), [4, 4]),
            None
        );
    }

    #[test]
    fn boxes_come_back_to_the_frame() {
        let labels = [Label {
            name: "nodule".to_owned(),
            rgb: None,
        }];
        let frame = Frame {
            cells: [50, 100],
            before: [7, 0],
            pixels: [200, 300],
        };
        let one = Candidate {
            label: 0,
            score: 0.5,
            corners: [17.0, 50.0, 32.0, 120.0],
        };
        let placed = frame.place(&one, &labels).unwrap();
        // Ten of fifty cells in; cut at the lower border.
        assert_eq!(placed.extent, [39.5, 149.5, 99.5, 299.5]);
        assert_eq!(placed.label, "nodule");
        let outside = Candidate {
            corners: [0.0, 0.0, 5.0, 50.0],
            ..one
        };
        assert_eq!(frame.place(&outside, &labels), None);
    }

    #[test]
    fn many_boxes_are_bounded() {
        let n = 50_000;
        let corners: Vec<f32> = (0..n)
            .flat_map(|i| [i as f32, 0.0, i as f32 + 0.5, 1.0])
            .collect();
        let outputs = [
            output(&[1, n, 4], &corners),
            output(&[1, n, 1], &vec![0.9; n]),
        ];
        let roles = [Role::Boxes, Role::Scores];
        let found = boxes(&outputs, &asked(&roles, Some(0.5)), 1, [10, 10]).unwrap();
        assert_eq!(found.len(), MOST);
    }
}
