//! Frames of one series → frame sets: by geometry, then by what varies at one position (PS3.3 C.7.6.2.1.1).

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    candidate::Candidate,
    geometry::{Plane, Spacing, dot, norm, scale, sub},
    layers,
    tree::{FrameSet, Gap},
};

/// Closer than this along the normal is the same position, mm.
const SAME_MM: f64 = 0.01;

/// Directions and spacings closer than this to the first of their group are the same: files write them with few digits, and each file rounds
/// for itself. Two of a group differ by twice as much at most.
const ALIKE: f64 = 5e-4;
/// So many groups are asked for a frame; more that lie nearly alike are made to do harm.
const ASKED: usize = 64;
/// Shares of directions and spacing in one number by which frames are looked for that are alike; together 1.
const SHARES: [f64; 8] = [0.171, 0.083, 0.147, 0.109, 0.137, 0.131, 0.127, 0.095];

/// Splits and sorts.
pub(super) fn frame_sets(candidates: Vec<Candidate>) -> Vec<FrameSet> {
    let mut sets: Vec<(f64, FrameSet)> = groups(candidates).into_iter().flat_map(split).collect();
    sets.sort_by(|a, b| a.0.total_cmp(&b.0));
    sets.into_iter().map(|(_, set)| set).collect()
}

/// Frames of one kind that lie alike: each as the first of its group does, not as a rounded number does that cuts between two nearly equal ones.
fn groups(candidates: Vec<Candidate>) -> Vec<Vec<Candidate>> {
    let mut kinds: BTreeMap<String, Vec<(f64, Candidate)>> = BTreeMap::new();
    for c in candidates {
        let parts = lie(&c).into_iter().zip(SHARES);
        let place = parts.map(|(part, share)| part * share).sum();
        kinds.entry(kind(&c)).or_default().push((place, c));
    }
    let mut groups: Vec<(f64, Vec<Candidate>)> = Vec::new();
    for mut of in kinds.into_values() {
        // Whatever the order of the files.
        of.sort_by(|a, b| a.0.total_cmp(&b.0));
        let begun = groups.len();
        for (place, c) in of {
            let near = (groups.iter_mut().skip(begun).rev())
                .take_while(|(first, _)| place - first <= ALIKE)
                .take(ASKED)
                .find(|(_, group)| group.first().is_some_and(|first| are_alike(first, &c)));
            match near {
                Some((_, group)) => group.push(c),
                None => groups.push((place, vec![c])),
            }
        }
    }
    let key = |group: &[Candidate]| {
        let first = group.first();
        first.map(|c| (kind(c), lie(c).map(|x| (x * 1e3).round() as i64)))
    };
    let mut groups: Vec<Vec<Candidate>> = groups.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_cached_key(|group| key(group));
    groups
}

/// What has to be equal within a frame set.
fn kind(c: &Candidate) -> String {
    let own = if c.cine {
        c.at.instance.to_string()
    } else {
        String::new()
    };
    format!(
        "{}|{}|{}|{}|{:?}|{own}",
        c.kind,
        c.rows,
        c.columns,
        c.plane.is_some(),
        c.spacing.from
    )
}

/// Directions of rows and columns, and the spacing.
fn lie(c: &Candidate) -> [f64; 8] {
    let (row, column) = c.plane.map_or(([0.0; 3], [0.0; 3]), |p| (p.row, p.column));
    let mut all = [0.0; 8];
    let parts = row.into_iter().chain(column).chain(c.spacing.mm);
    for (to, part) in all.iter_mut().zip(parts) {
        *to = if part.is_finite() { part } else { 0.0 };
    }
    all
}

fn are_alike(a: &Candidate, b: &Candidate) -> bool {
    let both = lie(a).into_iter().zip(lie(b)).enumerate();
    // Of small pixels a share.
    let most = |n: usize, x: f64| if n < 6 { 1.0 } else { x.abs().min(1.0) };
    both.into_iter()
        .all(|(n, (a, b))| (a - b).abs() <= ALIKE * most(n, a))
}

fn by_number(a: &Candidate, b: &Candidate) -> Ordering {
    a.number
        .0
        .total_cmp(&b.number.0)
        .then(a.number.1.cmp(&b.number.1))
        .then_with(|| natural(&a.name).cmp(&natural(&b.name)))
        .then_with(|| a.name.cmp(&b.name))
}

/// By what may vary at one position.
fn by_varying(a: &Candidate, b: &Candidate) -> Ordering {
    let varies = a.varies.iter().zip(&b.varies);
    let unequal = varies.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
    unequal.unwrap_or(Ordering::Equal)
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
    // All along one normal: theirs differ in the last digits, which far from the origin is more than the distance of two positions.
    let normal = group.first().and_then(|c| c.plane).map(|p| p.normal());
    let place = |c: &Candidate| Some(dot(c.plane?.position, normal?));
    if group.iter().any(|c| c.plane.is_none()) {
        group.sort_by(by_number);
        return vec![set(group, false, String::new())];
    }
    let placed = |c: &Candidate| place(c).unwrap_or(0.0);
    group.sort_by(|a, b| {
        placed(a)
            .total_cmp(&placed(b))
            .then_with(|| by_varying(a, b))
            .then_with(|| by_number(a, b))
    });
    // Positions closer than the tolerance are one.
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
        here.sort_by(|a, b| by_varying(a, b).then_with(|| by_number(a, b)));
    }
    let layers = layers::of(positions);
    let count = layers.len();
    let label = |k| match count {
        1 => String::new(),
        _ => format!("{}/{count}", k + 1),
    };
    (layers.into_iter().enumerate())
        .map(|(k, layer)| set(layer.stack, layer.mixed, label(k)))
        .collect()
}

/// A sorted stack as a frame set, in the direction in which Instance Number mostly grows.
fn set(mut stack: Vec<Candidate>, mixed: bool, label: String) -> (f64, FrameSet) {
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
    let skewed = stack.iter().any(|c| c.skewed);
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
            mixed,
            skewed,
            step_mm: median,
            label,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{geometry::SpacingFrom, tree::FrameRef};

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
            skewed: false,
            kind: "".into(),
            varies: [0.0; 5],
            number: (number, 0),
            name: name.into(),
            uid: "".into(),
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
            uid: instance.to_string().into(),
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
    fn nearly_equal_directions_and_spacings_are_not_cut_apart() {
        let lies = |number: f64, row: [f64; 3], mm: f64| {
            let mut c = image(number, "", Some(number));
            if let Some(plane) = &mut c.plane {
                plane.row = row;
            }
            c.spacing.mm = [mm; 2];
            c
        };
        // On both sides of where a thousandth is rounded up or down.
        let straight = |by: f64| [1.0, 0.0005 + by, 0.0];
        let near = [
            lies(1.0, straight(1e-7), 0.488_500_1),
            lies(2.0, straight(-1e-7), 0.488_499_9),
            lies(3.0, straight(2e-5), 0.4885),
            lies(4.0, straight(-2e-5), 0.488_45),
        ];
        assert_eq!(order(&near), [0, 1, 2, 3]);
        let mut turned = near.clone();
        turned.reverse();
        assert_eq!(order(&turned), [3, 2, 1, 0], "in any order of the files");
        // What differs by more stays apart: directions, pixels, and pixels of a hundredth of a millimetre.
        for other in [
            lies(5.0, [0.999, 0.004, 0.0], 0.4885),
            lies(5.0, straight(0.0), 0.495),
        ] {
            let mut all = near.to_vec();
            all.push(other);
            assert_eq!(sorted(&all), [vec![0, 1, 2, 3], vec![4]]);
        }
        let small = [0.01, 0.0104].map(|mm| lies(1.0, straight(0.0), mm));
        assert_eq!(sorted(&small).len(), 2);
        // As many directions as images cost no more than these.
        let many: Vec<Candidate> = (0..20_000)
            .map(|n| {
                let (sin, cos) = (f64::from(n) * 0.01).to_radians().sin_cos();
                lies(f64::from(n), [cos, sin, 0.0], 1.0)
            })
            .collect();
        let sets = sorted(&many).len();
        assert!((1000..10_000).contains(&sets), "{sets}");
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

    /// Several images at a height: (number, echo time, acquisition).
    fn at(z: f64, number: f64, echo: f64, acquisition: f64) -> Candidate {
        Candidate {
            varies: [0.0, 0.0, echo, 0.0, acquisition],
            ..image(number, "", Some(z))
        }
    }

    /// The sets as Instance Numbers, with whether they are mixed.
    fn stacks(images: Vec<Candidate>) -> Vec<(Vec<f64>, bool)> {
        let numbers: Vec<f64> = images.iter().map(|c| c.number.0).collect();
        let numbered = images
            .into_iter()
            .enumerate()
            .map(|(instance, c)| Candidate {
                at: FrameRef { instance, frame: 0 },
                uid: if c.uid.is_empty() {
                    instance.to_string().into()
                } else {
                    c.uid.clone()
                },
                ..c
            });
        let sets = frame_sets(numbered.collect());
        let one = |set: &FrameSet| {
            let frames = set.frames.iter().map(|f| numbers[f.instance]);
            (frames.collect(), set.mixed)
        };
        sets.iter().map(one).collect()
    }

    #[test]
    fn a_missing_echo_is_a_gap_in_its_own_stack() {
        // Two echoes at six heights; the first echo of the third height is not there.
        let mut images = vec![];
        for height in 0..6 {
            let (z, first) = (f64::from(height) * 5.0, f64::from(height) * 2.0 + 1.0);
            images.push(at(z, first, 20.0, 1.0));
            images.push(at(z, first + 1.0, 80.0, 1.0));
        }
        images.remove(4);
        let wanted = [
            (vec![1.0, 3.0, 7.0, 9.0, 11.0], false),
            (vec![2.0, 4.0, 6.0, 8.0, 10.0, 12.0], false),
        ];
        assert_eq!(stacks(images.clone()), wanted);
        let sets = frame_sets(images.clone());
        assert_eq!((sets[0].gaps.len(), sets[1].gaps.len()), (1, 0));
        // Acquisitions that count on from image to image do not hide the echoes.
        for image in &mut images {
            image.varies[4] = image.number.0;
        }
        assert_eq!(stacks(images), wanted);
    }

    #[test]
    fn what_nothing_tells_apart_is_said_to_be_mixed() {
        let of = |numbers: &[(f64, f64)]| {
            let images = numbers.iter().map(|&(z, number)| at(z, number, 0.0, 0.0));
            stacks(images.collect())
        };
        let whole = [(0.0, 1.0), (0.0, 4.0), (5.0, 2.0), (5.0, 5.0), (9.0, 3.0)];
        // Which one is missing at the last height, nobody knows.
        let found = of(&whole);
        assert_eq!(found, [(vec![1.0, 2.0, 3.0], true), (vec![4.0, 5.0], true)]);
        let complete = [whole.as_slice(), &[(9.0, 6.0)]].concat();
        assert!(of(&complete).iter().all(|(_, mixed)| !mixed));
        // A copy of an image is no other image.
        let mut copy: Vec<Candidate> = (0..4)
            .map(|n| at(f64::from(n), f64::from(n), 0.0, 0.0))
            .collect();
        for (n, image) in copy.iter_mut().enumerate() {
            image.uid = format!("2.25.{n}").into();
        }
        copy.push(copy[1].clone());
        assert_eq!(
            stacks(copy),
            [(vec![0.0, 1.0, 2.0, 3.0], false), (vec![1.0], false)]
        );
        // Three images at every height, of one echo here and of two there: as many, but not of the same kind.
        let unequal = [20.0, 20.0, 80.0].map(|echo| at(0.0, 1.0, echo, 0.0));
        let other = [20.0, 80.0, 80.0].map(|echo| at(5.0, 2.0, echo, 0.0));
        let found = stacks([unequal, other].concat());
        let mixed: Vec<bool> = found.iter().map(|(_, mixed)| *mixed).collect();
        assert_eq!(mixed, [false, true, false]);
    }

    #[test]
    fn acquisitions_that_overlap_stay_one_stack() {
        // Two acquisitions one after the other along the body, with one height in both.
        let below = (0..5).map(|n| at(f64::from(n), f64::from(n), 0.0, 1.0));
        let above = (4..9).map(|n| at(f64::from(n), f64::from(n) + 1.0, 0.0, 2.0));
        let found = stacks(below.chain(above).collect());
        let lengths: Vec<usize> = found.iter().map(|(stack, _)| stack.len()).collect();
        assert_eq!(lengths, [9, 1]);
        // Two over the same heights are two stacks, though one lacks an image.
        let twice = |n: i32| [1.0, 2.0].map(|a| at(f64::from(n), f64::from(n) + 10.0 * a, 0.0, a));
        let mut images: Vec<Candidate> = (0..6).flat_map(twice).collect();
        images.remove(4);
        let found = stacks(images);
        assert_eq!(found[0], (vec![10.0, 11.0, 13.0, 14.0, 15.0], false));
        assert_eq!(found[1].0.len(), 6);
    }

    #[test]
    fn as_many_stacks_as_positions_cost_their_images_only() {
        // Each of the stacks beside each of the positions would be 2.5 thousand million steps.
        const N: i32 = 50_000;
        let here = (0..N).map(|n| at(0.0, f64::from(n), f64::from(n), 0.0));
        let apart = (1..N).map(|n| at(f64::from(n), f64::from(N + n), 0.0, 0.0));
        let sets = frame_sets(here.chain(apart).collect());
        assert_eq!(sets.len(), N as usize);
        assert_eq!(sets[0].frames.len(), N as usize);
    }
}
