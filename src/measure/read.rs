//! Measurements that somebody has saved: reports (TID 1500) and our own presentation states → marks on the frames that are open.

use std::collections::HashSet;

use super::{
    codes,
    geometry::{Point, add, scale, sub},
    mark::{FARTHEST, Mark, Measurement, kept},
    place::Places,
    tools::{self, Graphic},
};
use crate::{base::Repair, dicom::Instance, study::Catalogue};

pub use super::read_report::is_report;

/// What a Tracking Identifier of ours begins with; the tool and the words follow: `Negatoscope length: left kidney`.
pub const TRACKED: &str = "Negatoscope ";

/// A measurement that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// As it was saved; values are those of the report, none where a presentation state had it.
    pub measurement: Measurement,
    /// This program has written it: its kind and its handles are what they were.
    pub own: bool,
}

/// Measurements that are read at most, of all reports and presentation states of a catalogue.
const MOST: usize = 20_000;

/// All that a catalogue holds, each tracked measurement once, and what can't be shown.
pub fn all(catalogue: &Catalogue) -> (Vec<Restored>, Vec<(usize, Repair)>) {
    let (mut found, mut left_out): (Vec<Restored>, Vec<(usize, Repair)>) = (vec![], vec![]);
    let holds = |i: &Instance| is_report(i) || super::read_state::is_ours(i);
    let holding: Vec<usize> = (0..catalogue.instances.len())
        .filter(|&at| catalogue.instances.get(at).is_some_and(holds))
        .collect();
    if holding.is_empty() {
        return (found, left_out);
    }
    let places = Places::of(catalogue);
    let mut known = HashSet::new();
    // Reports first: they have the values.
    for report in [true, false] {
        for &at in &holding {
            let Some(instance) = catalogue
                .instances
                .get(at)
                .filter(|i| is_report(i) == report)
            else {
                continue;
            };
            if found.len() >= MOST {
                let why = format!("more than {MOST} measurements");
                left_out.push((at, lost("its measurements", &why)));
                continue;
            }
            let (new, lost) = if report {
                super::read_report::of(instance, &places)
            } else {
                super::read_state::of(instance, &places)
            };
            left_out.extend(lost.into_iter().map(|lost| (at, lost)));
            for one in new {
                let uid = &one.measurement.uid;
                if uid.is_empty() || known.insert(uid.clone()) {
                    found.push(one);
                }
            }
        }
    }
    (found, left_out)
}

/// The tool and the words of a Tracking Identifier of ours.
pub(super) fn tracked(id: &str) -> Option<(&'static str, String)> {
    let (kind, words) = id.strip_prefix(TRACKED)?.split_once(':')?;
    Some((tools::by_name(kind)?.name, words.trim().to_owned()))
}

/// The Tracking Identifier of a mark.
pub fn tracking(mark: &Mark) -> String {
    format!("{TRACKED}{}: {}", mark.kind, mark.text)
        .trim_end()
        .to_owned()
}

/// Handles of a tool from what was drawn of it: the inverse of `Tool::drawn`.
pub(super) fn handles(kind: &str, drawn: &[Graphic]) -> Option<Vec<Point>> {
    let tool = tools::by_name(kind)?;
    let points: Vec<Point> = match (kind, drawn) {
        ("probe" | "text", [Graphic::Point(at)]) => vec![*at],
        ("ellipse", [Graphic::Ellipse(ends)]) => ends.to_vec(),
        ("rectangle", [Graphic::Line(line)]) => match line.as_slice() {
            [a, _, c, _, e] if a == e => vec![*a, *c],
            _ => return None,
        },
        ("polygon" | "freehand", [Graphic::Line(line)]) => {
            let (first, last) = (line.first()?, line.last()?);
            let end = if first == last {
                line.len() - 1
            } else {
                line.len()
            };
            line.get(..end)?.to_vec()
        }
        (_, lines) => {
            let mut all = vec![];
            for line in lines {
                let Graphic::Line(line) = line else {
                    return None;
                };
                all.extend_from_slice(line);
            }
            all
        }
    };
    let points: Vec<Point> = points.into_iter().map(kept).collect();
    let (least, most) = tool.handles;
    let near = points.iter().flatten().all(|at| at.abs() <= FARTHEST);
    (near && points.len() >= least && points.len() <= most).then_some(points)
}

/// The tool that fits what somebody else has drawn. `named`: our names of the values that it has.
pub(super) fn guessed(drawn: &[Graphic], named: &[&str]) -> Option<&'static str> {
    Some(match drawn {
        [Graphic::Point(_)] => "probe",
        [Graphic::Ellipse(_)] => "ellipse",
        // The ends of both axes, one behind the other.
        [Graphic::Line(ends)]
            if ends.len() == 4
                && ends.first() != ends.last()
                && is_two_axes(named)
                && !named.contains(&"area") =>
        {
            "bidirectional"
        }
        [Graphic::Line(line)] => {
            let closed = line.len() > 3 && line.first() == line.last();
            let area = named.contains(&"area") || named.contains(&"perimeter");
            match line.len() {
                2 => "length",
                3 if !area => "angle",
                _ if closed && is_upright(line) => "rectangle",
                n if n > 2 && (closed || area) => "polygon",
                _ => return None,
            }
        }
        [Graphic::Line(a), Graphic::Line(b)] if a.len() == 2 && b.len() == 2 => {
            if is_two_axes(named) {
                "bidirectional"
            } else if named.iter().any(|n| n.contains("angle")) {
                "cobb"
            } else {
                return None;
            }
        }
        _ => return None,
    })
}

fn is_two_axes(named: &[&str]) -> bool {
    named.contains(&"long-axis") && named.contains(&"short-axis")
}

/// Four corners of a rectangle along rows and columns, in the order in which ours are written, and the first again.
fn is_upright(line: &[Point]) -> bool {
    let [a, b, c, d, _] = line else { return false };
    a[1] == b[1] && b[0] == c[0] && c[1] == d[1] && d[0] == a[0]
}

/// A graphic by its type (PS3.3 C.10.5, C.18.6) and its points in pixels.
pub(super) fn graphic(kind: &str, points: &[Point]) -> Option<Graphic> {
    Some(match (kind, points) {
        ("POINT", [at]) => Graphic::Point(*at),
        ("MULTIPOINT" | "POLYLINE" | "POLYGON", line)
            if line.len() > 1 && line.len() <= tools::MOST_POINTS + 1 =>
        {
            let mut line = line.to_vec();
            if kind == "POLYGON" && line.first() != line.last() {
                line.extend(line.first().copied());
            }
            Graphic::Line(line)
        }
        ("ELLIPSE", [a, b, c, d]) => Graphic::Ellipse([*a, *b, *c, *d]),
        ("CIRCLE", [centre, rim]) => {
            let out = sub(*rim, *centre);
            let across = [-out[1], out[0]];
            let at = |way: Point, by: f64| add(*centre, scale(way, by));
            Graphic::Ellipse([
                at(out, 1.0),
                at(out, -1.0),
                at(across, 1.0),
                at(across, -1.0),
            ])
        }
        _ => return None,
    })
}

/// That a measurement can't be shown, and why.
pub(super) fn lost(what: &str, why: &str) -> Repair {
    let what: String = what.chars().filter(|c| !c.is_control()).take(64).collect();
    Repair::new(&codes::NOT_RESTORED, format!("{what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tools::TOOLS;

    #[test]
    fn handles_come_back_from_what_is_drawn() {
        // Both lines halve each other at right angles, as the axes of an ellipse do.
        let points = [[3.5, 4.0], [20.25, 4.5], [12.0, 0.0625], [11.75, 8.4375]];
        for tool in TOOLS {
            let own = points
                .get(..tool.handles.0.max(if tool.handles.1 > 4 { 4 } else { 0 }))
                .unwrap();
            let drawn = (tool.drawn)(own);
            assert_eq!(
                handles(tool.name, &drawn).as_deref(),
                Some(own),
                "{}",
                tool.name
            );
            let mark = Mark {
                kind: tool.name.into(),
                points: own.to_vec(),
                text: "left: kidney".into(),
            };
            assert_eq!(
                tracked(&tracking(&mark)),
                Some((tool.name, "left: kidney".to_owned()))
            );
            if !matches!(tool.name, "freehand" | "arrow" | "text" | "cardiothoracic") {
                assert_eq!(guessed(&drawn, tool.gives), Some(tool.name));
            }
        }
        assert_eq!(tracked("Negatoscope nothing: x"), None);
        assert_eq!(handles("length", &[Graphic::Point([0.0, 0.0])]), None);
        assert_eq!(handles("polygon", &[Graphic::Line(vec![])]), None);
        assert_eq!(
            graphic("CIRCLE", &[[5.0, 5.0], [8.0, 5.0]]),
            Some(Graphic::Ellipse([
                [8.0, 5.0],
                [2.0, 5.0],
                [5.0, 8.0],
                [5.0, 2.0]
            ]))
        );
    }
}
