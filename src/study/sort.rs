//! Frames of one series → frame sets: by geometry, then by what varies at one position (PS3.3 C.7.6.2.1.1).

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    geometry::{Plane, Spacing, dot, norm, scale, sub},
    tree::{FrameRef, FrameSet, Gap},
};

/// Closer than this along the normal is the same position, mm.
const SAME_MM: f64 = 0.01;

/// One frame with all that places it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) at: FrameRef,
    pub(super) plane: Option<Plane>,
    pub(super) spacing: Spacing,
    pub(super) rows: u32,
    pub(super) columns: u32,
    /// What must be equal within a frame set, beside geometry: Frame of Reference, Image Type value 3, samples, SOP Class.
    pub(super) kind: String,
    /// What may vary at one position: temporal position, b-value, echo, trigger time, acquisition; compared in this order.
    pub(super) varies: [f64; 5],
    /// Instance Number and frame.
    pub(super) number: (f64, u32),
    /// File name, the last resort.
    pub(super) name: String,
    /// The instance has several frames without positions: a cine of its own.
    pub(super) cine: bool,
}

/// Splits and sorts.
pub(super) fn frame_sets(candidates: Vec<Candidate>) -> Vec<FrameSet> {
    let mut groups: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for c in candidates {
        groups.entry(key(&c)).or_default().push(c);
    }
    let mut sets: Vec<(f64, FrameSet)> = groups.into_values().flat_map(split).collect();
    sets.sort_by(|a, b| a.0.total_cmp(&b.0));
    sets.into_iter().map(|(_, set)| set).collect()
}

fn key(c: &Candidate) -> String {
    let round = |x: f64| (x * 1e3).round() as i64;
    let plane = c.plane.map(|p| {
        [p.row, p.column]
            .concat()
            .into_iter()
            .map(round)
            .collect::<Vec<_>>()
    });
    let own = if c.cine {
        c.at.instance.to_string()
    } else {
        String::new()
    };
    format!(
        "{}|{}|{}|{plane:?}|{:?}|{:?}|{own}",
        c.kind,
        c.rows,
        c.columns,
        c.spacing.mm.map(round),
        c.spacing.from
    )
}

fn by_number(a: &Candidate, b: &Candidate) -> Ordering {
    a.number
        .0
        .total_cmp(&b.number.0)
        .then(a.number.1.cmp(&b.number.1))
        .then_with(|| natural(&a.name).cmp(&natural(&b.name)))
        .then_with(|| a.name.cmp(&b.name))
}

/// A name as runs of text and of digits, these by their length without leading zeros: `image10` comes behind `image9`.
fn natural(name: &str) -> Vec<(usize, &[u8])> {
    let runs = name
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    runs.map(|run| {
        if !run.first().is_some_and(u8::is_ascii_digit) {
            return (0, run);
        }
        let zeros = run.iter().take_while(|&&b| b == b'0').count();
        let number = run.get(zeros..).unwrap_or_default();
        (number.len() + 1, number)
    })
    .collect()
}

/// Sets with the smallest Instance Number of each, by which they are ordered.
fn split(mut group: Vec<Candidate>) -> Vec<(f64, FrameSet)> {
    let place = |c: &Candidate| c.plane.map(|p| dot(p.position, p.normal()));
    if group.iter().any(|c| c.plane.is_none()) {
        group.sort_by(by_number);
        return vec![set(group, String::new())];
    }
    let placed = |c: &Candidate| place(c).unwrap_or(0.0);
    group.sort_by(|a, b| {
        let varies = a
            .varies
            .iter()
            .zip(&b.varies)
            .map(|(x, y)| x.total_cmp(y))
            .find(|o| o.is_ne());
        placed(a)
            .total_cmp(&placed(b))
            .then(varies.unwrap_or(Ordering::Equal))
            .then_with(|| by_number(a, b))
    });
    // Positions closer than the tolerance are one; at each, the k-th by what varies goes to the k-th set.
    let mut positions: Vec<Vec<Candidate>> = Vec::new();
    for c in group {
        match positions.last_mut() {
            Some(here)
                if here
                    .first()
                    .is_some_and(|f| (placed(f) - placed(&c)).abs() < SAME_MM) =>
            {
                here.push(c);
            }
            _ => positions.push(vec![c]),
        }
    }
    for here in &mut positions {
        here.sort_by(|a, b| {
            let varies = a
                .varies
                .iter()
                .zip(&b.varies)
                .map(|(x, y)| x.total_cmp(y))
                .find(|o| o.is_ne());
            varies
                .unwrap_or(Ordering::Equal)
                .then_with(|| by_number(a, b))
        });
    }
    let layers = positions.iter().map(Vec::len).max().unwrap_or(0);
    (0..layers)
        .map(|k| {
            let stack: Vec<Candidate> = positions
                .iter()
                .filter_map(|here| here.get(k).cloned())
                .collect();
            let label = if layers > 1 {
                format!("{}/{layers}", k + 1)
            } else {
                String::new()
            };
            set(stack, label)
        })
        .collect()
}

/// A sorted stack as a frame set, in the direction in which Instance Number mostly grows.
fn set(mut stack: Vec<Candidate>, label: String) -> (f64, FrameSet) {
    let falls = stack
        .windows(2)
        .filter(|w| matches!(w, [a, b] if by_number(a, b).is_gt()))
        .count();
    if falls * 2 > stack.len().saturating_sub(1) {
        stack.reverse();
    }
    let first = stack
        .iter()
        .map(|c| c.number.0)
        .fold(f64::INFINITY, f64::min);
    let planes: Vec<Option<Plane>> = stack.iter().map(|c| c.plane).collect();
    let steps: Vec<f64> = planes
        .windows(2)
        .filter_map(|w| match w {
            [Some(a), Some(b)] => Some(dot(b.position, a.normal()) - dot(a.position, a.normal())),
            _ => None,
        })
        .map(f64::abs)
        .collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied();
    let gaps = median.map_or_else(Vec::new, |m| {
        let wide = steps.iter().enumerate().filter(|&(_, &s)| s > 1.5 * m);
        wide.map(|(after, &distance_mm)| Gap { after, distance_mm })
            .collect()
    });
    let uneven = median.is_some_and(|m| steps.iter().any(|s| (s - m).abs() > (m * 0.01).max(0.01)));
    // How far the last frame lies beside the normal through the first.
    let beside = match (planes.first(), planes.last()) {
        (Some(Some(first)), Some(Some(last))) => {
            let way = sub(last.position, first.position);
            norm(sub(way, scale(first.normal(), dot(way, first.normal()))))
        }
        _ => 0.0,
    };
    let (rows, columns, spacing) = stack.first().map_or(
        (
            0,
            0,
            Spacing {
                mm: [1.0, 1.0],
                from: super::geometry::SpacingFrom::None,
            },
        ),
        |c| (c.rows, c.columns, c.spacing),
    );
    let frames = stack.iter().map(|c| c.at).collect();
    (
        first,
        FrameSet {
            frames,
            planes,
            rows,
            columns,
            spacing,
            gaps,
            uneven,
            tilted: beside > spacing.mm[0].min(spacing.mm[1]),
            step_mm: median,
            label,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::geometry::SpacingFrom;

    /// An image by its Instance Number and name, at a height in mm where it has a place.
    fn image(number: f64, name: &str, height: Option<f64>) -> Candidate {
        Candidate {
            at: FrameRef {
                instance: 0,
                frame: 0,
            },
            plane: height.map(|z| Plane {
                position: [0.0, 0.0, z],
                row: [1.0, 0.0, 0.0],
                column: [0.0, 1.0, 0.0],
            }),
            spacing: Spacing {
                mm: [1.0, 1.0],
                from: SpacingFrom::PixelSpacing,
            },
            rows: 4,
            columns: 4,
            kind: String::new(),
            varies: [0.0; 5],
            number: (number, 0),
            name: name.to_owned(),
            cine: false,
        }
    }

    /// The places in `images` in the order of the one frame set that they make.
    fn order(images: &[Candidate]) -> Vec<usize> {
        let sets = sorted(images);
        assert_eq!(sets.len(), 1);
        sets.concat()
    }

    fn sorted(images: &[Candidate]) -> Vec<Vec<usize>> {
        let numbered = images.iter().enumerate().map(|(instance, c)| Candidate {
            at: FrameRef { instance, frame: 0 },
            ..c.clone()
        });
        let sets = frame_sets(numbered.collect());
        let places = |set: &FrameSet| set.frames.iter().map(|f| f.instance).collect();
        sets.iter().map(places).collect()
    }

    #[test]
    fn without_positions_by_instance_number_then_by_name() {
        let placed = image(2.0, "a", Some(0.0));
        let image = |number, name| image(number, name, None);
        assert_eq!(
            order(&[image(3.0, "a"), image(1.0, "b"), image(2.0, "c")]),
            [1, 2, 0]
        );
        // Equal numbers: as a person would count the names.
        let equal = ["im10", "im9", "im009b", "im1", "IM2", "x"].map(|name| image(1.0, name));
        assert_eq!(order(&equal), [4, 3, 1, 2, 0, 5]);
        // One without a position is enough: then nobody knows where the others lie to it.
        let mut mixed = [placed, image(1.0, "b")];
        assert_eq!(sorted(&mixed).len(), 2, "an image without a plane is apart");
        mixed.reverse();
        assert_eq!(sorted(&mixed), [[0], [1]], "the smaller number first");
    }

    #[test]
    fn by_position_in_the_direction_of_most_numbers() {
        let at = |number, z| image(number, "", Some(z));
        assert_eq!(
            order(&[at(2.0, 5.0), at(3.0, 10.0), at(1.0, 0.0)]),
            [2, 0, 1]
        );
        assert_eq!(
            order(&[at(2.0, 5.0), at(1.0, 10.0), at(3.0, 0.0)]),
            [1, 0, 2]
        );
        // All of one number, or of none: by position alone.
        assert_eq!(
            order(&[at(1.0, 5.0), at(1.0, 0.0), at(1.0, 9.0)]),
            [1, 0, 2]
        );
    }

    #[test]
    fn several_at_one_position_are_stacks_of_their_own() {
        let at = |number: f64, z, echo| Candidate {
            varies: [0.0, 0.0, echo, 0.0, 0.0],
            ..image(number, "", Some(z))
        };
        let both = [
            at(1.0, 0.0, 80.0),
            at(2.0, 0.0, 20.0),
            at(3.0, 5.0, 80.0),
            at(4.0, 5.004, 20.0),
        ];
        assert_eq!(
            sorted(&both),
            [[0, 2], [1, 3]],
            "by echo time, not by place"
        );
        // Twice the same place and nothing that varies: by Instance Number.
        let twice = [at(4.0, 0.0, 0.0), at(1.0, 0.0, 0.0), at(2.0, 5.0, 0.0)];
        assert_eq!(sorted(&twice), [vec![1, 2], vec![0]]);
    }
}
