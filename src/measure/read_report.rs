//! Reading of measurement reports (PS3.16 TID 1500, 1501, 1410): groups with their coordinates, in an image or in the patient.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    concepts,
    geometry::Point,
    mark::{Computed, Mark, Measurement, Origin, Value},
    on_plane::OnPlane,
    place::Places,
    read::{Restored, graphic, guessed, handles, lost, tracked},
    statistics::{Histogram, Statistics},
    tools::Graphic,
};
use crate::{
    base::Repair,
    dicom::{Instance, Item, items_of, number_of, numbers_of, text_of},
};

/// Groups and graphics of one report that are looked at.
const MOST: usize = 10_000;
/// Parts of a group that are named where they can't be shown for one reason.
const NAMED: usize = 8;

const SHAPE: &str = "its shape is none that is drawn here";
const NOWHERE: &str = "it has no coordinates in an image";
const SEVERAL: &str = "it is of several regions";

/// True for a structured report with measurement groups' root (126000 Imaging Measurement Report), or any report of measurements in images.
pub fn is_report(instance: &Instance) -> bool {
    instance.text(tags::MODALITY).as_deref() == Some("SR")
        && !instance.items(tags::CONTENT_SEQUENCE).is_empty()
}

/// A code: value and scheme.
fn code(item: &Item, sequence: Tag) -> Option<(String, String, String)> {
    let code = items_of(item, sequence).into_iter().next()?;
    let value = text_of(code, tags::CODE_VALUE).or_else(|| text_of(code, tags::LONG_CODE_VALUE))?;
    let scheme = text_of(code, tags::CODING_SCHEME_DESIGNATOR).unwrap_or_default();
    Some((
        value,
        scheme,
        text_of(code, tags::CODE_MEANING).unwrap_or_default(),
    ))
}

fn named(item: &Item, value: &str) -> bool {
    code(item, tags::CONCEPT_NAME_CODE_SEQUENCE).is_some_and(|(own, ..)| own == value)
}

fn kind(item: &Item) -> String {
    text_of(item, tags::VALUE_TYPE).unwrap_or_default()
}

fn children(item: &Item) -> Vec<&Item> {
    items_of(item, tags::CONTENT_SEQUENCE)
}

/// The measurements of a report, and what can't be shown of it.
pub(super) fn of(report: &Instance, places: &Places<'_>) -> (Vec<Restored>, Vec<Repair>) {
    let (mut found, mut left_out) = (vec![], vec![]);
    // Depth was limited when the file was read.
    let mut waiting: Vec<&Item> = report.items(tags::CONTENT_SEQUENCE);
    waiting.reverse();
    let mut seen = 0;
    while let Some(item) = waiting.pop() {
        seen += 1;
        if seen > MOST {
            left_out.push(lost("report", "it has too many items"));
            break;
        }
        if named(item, "125007") && kind(item) == "CONTAINER" {
            let (all, lost) = Group::of(item, places).restored();
            found.extend(all);
            left_out.extend(lost);
        } else {
            waiting.extend(children(item).into_iter().rev());
        }
    }
    (found, left_out)
}

/// The plane of a volume that a group of ours lies on, and the image that names the volume.
#[derive(Debug, Clone, PartialEq)]
struct Lies {
    plane: OnPlane,
    sop_uid: String,
    frame: u32,
}

/// A graphic on a frame.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    sop_uid: String,
    frame: u32,
    graphic: Graphic,
}

/// A number of a group.
struct Number {
    /// Our name, or the code's meaning; empty where it is a mean or the like of what nobody has named.
    name: String,
    value: f64,
    unit: String,
    /// Our name of a part of statistics.
    derivation: Option<&'static str>,
    /// How it was derived, in the report's words, where that is no part of statistics.
    modified: String,
    /// The code of what it is a number of; empty like the name.
    code: String,
    /// A standardized uptake.
    uptake: bool,
    /// The quantity's name as it was shown.
    meaning: String,
    drawn: Vec<Result<Drawn, &'static str>>,
}

/// Parts of a group that can't be shown, by the reason.
#[derive(Default)]
struct Left<'a>(Vec<(&'static str, Vec<&'a str>)>);

impl<'a> Left<'a> {
    const REGION: &'static str = "Image Region";

    fn out(&mut self, what: &'a str, why: &'static str) {
        let at = self.0.iter().position(|(own, _)| *own == why);
        match at.and_then(|at| self.0.get_mut(at)) {
            Some((_, all)) if all.len() >= NAMED || all.contains(&what) => {}
            Some((_, all)) => all.push(what),
            None => self.0.push((why, vec![what])),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn first(&self) -> &'static str {
        self.0.first().map_or(NOWHERE, |(why, _)| why)
    }

    fn told(&self) -> Vec<Repair> {
        let one = |(why, all): &(&'static str, Vec<&str>)| lost(&all.join(", "), why);
        self.0.iter().map(one).collect()
    }
}

/// A measurement group.
struct Group {
    id: String,
    uid: String,
    origin: Option<Origin>,
    on: Option<Lies>,
    regions: Vec<Result<Drawn, &'static str>>,
    numbers: Vec<Number>,
}

impl Group {
    fn of(item: &Item, places: &Places<'_>) -> Self {
        let mut group = Self {
            id: String::new(),
            uid: String::new(),
            origin: None,
            on: lies(item),
            regions: vec![],
            numbers: vec![],
        };
        let on = group.on.clone();
        for child in children(item).into_iter().take(MOST) {
            match kind(child).as_str() {
                "TEXT" if named(child, "112039") => {
                    group.id = text_of(child, tags::TEXT_VALUE).unwrap_or_default();
                }
                "UIDREF" if named(child, "112040") => {
                    group.uid = text_of(child, tags::UID).unwrap_or_default();
                }
                "CODE" if named(child, concepts::ORIGIN.0) => group.origin = origin(child),
                "SCOORD" | "SCOORD3D" => group.regions.push(drawn(child, places, on.as_ref())),
                "NUM" => group.numbers.extend(number(child, places, on.as_ref())),
                _ => {}
            }
        }
        group
    }

    fn title(&self) -> String {
        // What somebody has typed is not repeated.
        match tracked(&self.id) {
            Some((kind, _)) => kind.to_owned(),
            None => self
                .numbers
                .first()
                .map_or_else(|| "group".to_owned(), |n| n.meaning.clone()),
        }
    }

    /// The measurements of a group, and what of it can't be shown.
    fn restored(&self) -> (Vec<Restored>, Vec<Repair>) {
        match self.together() {
            Ok(Some(one)) => (vec![one], vec![]),
            Ok(None) => self.apart(),
            Err(why) => (vec![], vec![lost(&self.title(), why)]),
        }
    }

    /// The one measurement that all drawings of a group are; `None` where they are several.
    fn together(&self) -> Result<Option<Restored>, &'static str> {
        let own = tracked(&self.id);
        let mut all: Vec<&Result<Drawn, _>> = self.regions.iter().collect();
        for number in &self.numbers {
            for one in &number.drawn {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        let all: Result<Vec<&Drawn>, &'static str> = all
            .into_iter()
            .map(|one| one.as_ref().map_err(|why| *why))
            .collect();
        let all = match all {
            // Ours is whole or nothing; of what others wrote the rest may stand.
            Err(why) if own.is_some() => return Err(why),
            Err(_) => return Ok(None),
            Ok(all) => all,
        };
        let first = *all.first().ok_or(NOWHERE)?;
        let on_one = |d: &&Drawn| d.sop_uid == first.sop_uid && d.frame == first.frame;
        if !all.iter().all(on_one) {
            return Ok(None);
        }
        let graphics: Vec<Graphic> = all.iter().map(|d| d.graphic.clone()).collect();
        let names: Vec<&str> = self.numbers.iter().map(|n| n.name.as_str()).collect();
        let kind = own
            .as_ref()
            .map(|(kind, _)| *kind)
            .or_else(|| guessed(&graphics, &names));
        let found = kind.and_then(|kind| Some((kind, handles(kind, &graphics)?)));
        Ok(found.map(|(kind, points)| {
            let numbers: Vec<&Number> = self.numbers.iter().collect();
            self.one(kind, points, first, &numbers, &self.uid)
        }))
    }

    /// Of another program: each drawing with the numbers that name it. Those that name none are of the only region; of several they are the
    /// whole's (the volume of all contours), and stand at none.
    fn apart(&self) -> (Vec<Restored>, Vec<Repair>) {
        fn put<'a>(
            parts: &mut Vec<(&'a Drawn, Vec<&'a Number>)>,
            drawn: &'a Drawn,
            number: Option<&'a Number>,
        ) {
            match parts.iter_mut().find(|(own, _)| *own == drawn) {
                Some((_, numbers)) => numbers.extend(number),
                None => parts.push((drawn, number.into_iter().collect())),
            }
        }
        let mut parts: Vec<(&Drawn, Vec<&Number>)> = vec![];
        let mut left = Left::default();
        for region in &self.regions {
            match region {
                Ok(drawn) => put(&mut parts, drawn, None),
                Err(why) => left.out(Left::REGION, why),
            }
        }
        let only = match parts.as_slice() {
            [(drawn, _)] if left.is_empty() => Some(*drawn),
            _ => None,
        };
        for number in &self.numbers {
            match (number.drawn.as_slice(), only) {
                ([Ok(drawn), more @ ..], _) if more.iter().all(|one| one.as_ref() == Ok(drawn)) => {
                    put(&mut parts, drawn, Some(number));
                }
                ([Err(why), ..], _) => left.out(&number.meaning, why),
                ([], Some(drawn)) => put(&mut parts, drawn, Some(number)),
                ([], None) => {
                    let why = match self.regions.as_slice() {
                        [] => NOWHERE,
                        [Err(why)] => *why,
                        _ => SEVERAL,
                    };
                    left.out(&number.meaning, why);
                }
                _ => left.out(&number.meaning, SEVERAL),
            }
        }
        let mut found: Vec<Restored> = vec![];
        for (drawn, numbers) in parts {
            let graphics = [drawn.graphic.clone()];
            let names: Vec<&str> = numbers.iter().map(|n| n.name.as_str()).collect();
            let kind = guessed(&graphics, &names);
            match kind.and_then(|kind| Some((kind, handles(kind, &graphics)?))) {
                Some((kind, points)) => {
                    let uid = if found.is_empty() { &self.uid } else { "" };
                    found.push(self.one(kind, points, drawn, &numbers, uid));
                }
                None if numbers.is_empty() => left.out(Left::REGION, SHAPE),
                None => {
                    for number in numbers {
                        left.out(&number.meaning, SHAPE);
                    }
                }
            }
        }
        if found.is_empty() {
            return (found, vec![lost(&self.title(), left.first())]);
        }
        (found, left.told())
    }

    fn one(
        &self,
        kind: &str,
        points: Vec<Point>,
        on: &Drawn,
        numbers: &[&Number],
        uid: &str,
    ) -> Restored {
        let own = tracked(&self.id);
        let text = own
            .as_ref()
            .map_or_else(|| self.id.clone(), |(_, words)| words.clone());
        let origin = self.origin.clone().unwrap_or_else(|| Origin {
            from: "report".to_owned(),
            factor: 1.0,
            label: "as the report says".to_owned(),
        });
        let (statistics, incomplete) = statistics(numbers);
        let mut values = values(numbers, own.is_some());
        values.extend(incomplete);
        Restored {
            measurement: Measurement {
                uid: uid.to_owned(),
                sop_uid: on.sop_uid.clone(),
                frame: on.frame,
                mark: Mark {
                    kind: kind.to_owned(),
                    points,
                    text,
                },
                computed: Computed {
                    values,
                    origin,
                    statistics,
                    notes: vec![],
                },
                plane: self.on.as_ref().map(|lies| lies.plane.clone()),
            },
            own: own.is_some(),
        }
    }
}

/// What is no part of statistics. Of other programs everything that isn't a mean or the like of a quantity.
fn values(numbers: &[&Number], own: bool) -> Vec<Value> {
    let plain = |n: &&&Number| {
        n.derivation.is_none()
            && !(own && (n.code == concepts::COUNT.0 || n.code == concepts::EXCLUDED.0))
    };
    numbers
        .iter()
        .filter(plain)
        .filter_map(|n| {
            let name = match n.modified.as_str() {
                "" => n.name.clone(),
                modified => format!("{} ({modified})", n.name),
            };
            Value::new(&name, n.value, &n.unit)
        })
        .collect()
}

/// Parts that belong to one quantity, by its code and unit; those of an incomplete one as plain values.
fn statistics(numbers: &[&Number]) -> (Vec<Statistics>, Vec<Value>) {
    let mut all: Vec<(String, Statistics)> = vec![];
    let of = |code: &str| {
        numbers
            .iter()
            .find(|n| n.code == code)
            .map_or(0, |n| n.value.clamp(0.0, 4e9) as u32)
    };
    let (count, excluded) = (of(concepts::COUNT.0), of(concepts::EXCLUDED.0));
    for number in numbers {
        let Some(part) = number.derivation else {
            continue;
        };
        let key = format!("{} {} {}", number.code, number.name, number.unit);
        // A part that is there already begins another quantity: older reports have one code and unit for several uptakes.
        let at = all
            .iter()
            .rposition(|(own, _)| *own == key)
            .filter(|&at| all.get(at).is_some_and(|(_, s)| part_of(s, part).is_nan()))
            .unwrap_or_else(|| {
                // A quantity beside the modality value has a name of its own.
                let unnamed = number.name.is_empty();
                let quantity = if unnamed || (all.is_empty() && !number.uptake) {
                    "value".to_owned()
                } else {
                    number.name.clone()
                };
                let none = f64::NAN;
                all.push((
                    key,
                    Statistics {
                        quantity,
                        unit: number.unit.clone(),
                        count,
                        excluded,
                        mean: none,
                        sd: none,
                        min: none,
                        max: none,
                        median: none,
                        histogram: Histogram {
                            low: 0.0,
                            width: 1.0,
                            counts: vec![],
                        },
                    },
                ));
                all.len() - 1
            });
        if let Some((_, s)) = all.get_mut(at) {
            match part {
                "mean" => s.mean = number.value,
                "sd" => s.sd = number.value,
                "min" => s.min = number.value,
                "max" => s.max = number.value,
                _ => s.median = number.value,
            }
        }
    }
    let mut plain = vec![];
    let whole = all.into_iter().filter_map(|(_, mut s)| {
        if s.count == 1 && s.mean.is_finite() {
            // Of one pixel only the value is written.
            (s.sd, s.min, s.max, s.median) = (0.0, s.mean, s.mean, s.mean);
        }
        let parts = [
            ("mean", s.mean),
            ("sd", s.sd),
            ("min", s.min),
            ("max", s.max),
            ("median", s.median),
        ];
        if parts.iter().all(|(_, part)| part.is_finite()) {
            return Some(s);
        }
        // A report that has some of them only: they are numbers like others, and nothing is made up beside them.
        plain.extend(parts.iter().filter_map(|(name, part)| {
            let of_quantity = format!("{} {name}", s.quantity);
            let name = if s.quantity == "value" {
                *name
            } else {
                &of_quantity
            };
            Value::new(name, *part, &s.unit)
        }));
        None
    });
    let whole = whole.collect();
    (whole, plain)
}

/// A part of statistics; NaN while it is not known.
fn part_of(s: &Statistics, part: &str) -> f64 {
    match part {
        "mean" => s.mean,
        "sd" => s.sd,
        "min" => s.min,
        "max" => s.max,
        _ => s.median,
    }
}

fn number(item: &Item, places: &Places<'_>, on: Option<&Lies>) -> Option<Number> {
    let (code_value, scheme, meaning) = code(item, tags::CONCEPT_NAME_CODE_SEQUENCE)?;
    let measured = items_of(item, tags::MEASURED_VALUE_SEQUENCE)
        .into_iter()
        .next()?;
    let value = number_of(measured, tags::FLOATING_POINT_VALUE)
        .or_else(|| number_of(measured, tags::NUMERIC_VALUE))?;
    let unit = code(measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)
        .map_or_else(String::new, |(unit, ..)| unit);
    let mut modifiers = vec![];
    let mut all = vec![];
    for child in children(item) {
        match kind(child).as_str() {
            "CODE" if named(child, "121401") => {
                modifiers.extend(code(child, tags::CONCEPT_CODE_SEQUENCE));
            }
            "SCOORD" | "SCOORD3D" => all.push(drawn(child, places, on)),
            _ => {}
        }
    }
    // Other programs name a mean by itself.
    let by_name = concepts::derivation_of(&code_value, &scheme);
    let derivation = match modifiers.as_slice() {
        [] => by_name,
        [(value, by, _)] => concepts::derivation_of(value, by),
        _ => None,
    };
    let is_nameless = derivation.is_some() && derivation == by_name;
    let modified = if derivation.is_some() {
        String::new()
    } else {
        let said = modifiers.iter().map(|(value, _, said)| {
            let plain = if said.is_empty() { value } else { said };
            plain.as_str()
        });
        said.collect::<Vec<_>>().join(", ")
    };
    // Not all that has an uptake's unit is the uptake itself: it may be a peak of it, or a percentile.
    let by_unit = concepts::uptake_of(&code_value, &scheme, &unit);
    let is_uptake = concepts::is_uptake(&code_value, &scheme);
    let uptake = by_unit.filter(|_| is_uptake || derivation.is_some());
    let own = uptake
        .map(|(name, _)| name)
        .or_else(|| concepts::value_of(&code_value, &scheme))
        .or_else(|| is_nameless.then_some(""))
        .map(ToOwned::to_owned);
    Some(Number {
        name: own.unwrap_or_else(|| meaning.clone()),
        value: Some(value).filter(|v| v.is_finite())?,
        // Values of an image that have no unit are no ratio.
        unit: match by_unit {
            Some((_, shown)) => shown.to_owned(),
            None if derivation.is_some() && unit == "1" => String::new(),
            None => concepts::unit_of(&unit).to_owned(),
        },
        derivation,
        modified,
        uptake: uptake.is_some() || is_uptake,
        code: if is_nameless {
            String::new()
        } else {
            code_value
        },
        meaning,
        drawn: all,
    })
}

fn origin(item: &Item) -> Option<Origin> {
    let (value, _, meaning) = code(item, tags::CONCEPT_CODE_SEQUENCE)?;
    let from = value.to_lowercase().replace('_', "-");
    let factor = meaning
        .rsplit(' ')
        .next()
        .and_then(|last| last.parse().ok());
    let label = if from == "pixel-spacing" {
        String::new()
    } else {
        meaning
    };
    Some(Origin {
        factor: factor.filter(|_| from == "magnified").unwrap_or(1.0),
        from,
        label,
    })
}

/// The plane of a volume that a group of ours lies on.
fn lies(group: &Item) -> Option<Lies> {
    let all = children(group);
    let line = all
        .iter()
        .find(|child| kind(child) == "TEXT" && named(child, concepts::PLANE.0))?;
    let plane = OnPlane::read(&text_of(line, tags::TEXT_VALUE)?)?;
    let source = all.iter().find(|child| kind(child) == "IMAGE")?;
    let reference = items_of(source, tags::REFERENCED_SOP_SEQUENCE);
    let reference = reference.first()?;
    let frame = number_of(reference, tags::REFERENCED_FRAME_NUMBER);
    Some(Lies {
        plane,
        sop_uid: text_of(reference, tags::REFERENCED_SOP_INSTANCE_UID)?,
        frame: frame.map_or(1, |n| n.clamp(0.0, 4e9) as u32),
    })
}

/// Spatial coordinates on a frame that is open, or on the plane of a volume that is; else why not.
fn drawn(item: &Item, places: &Places<'_>, on: Option<&Lies>) -> Result<Drawn, &'static str> {
    let shape = text_of(item, tags::GRAPHIC_TYPE).ok_or(SHAPE)?;
    let data = numbers_of(item, tags::GRAPHIC_DATA);
    if kind(item) == "SCOORD3D" {
        let reference = text_of(item, tags::REFERENCED_FRAME_OF_REFERENCE_UID).unwrap_or_default();
        let points: Vec<[f64; 3]> = data.as_chunks::<3>().0.to_vec();
        if let Some(lies) = on {
            if places.named(&lies.sop_uid, lies.frame).is_none() {
                return Err("its volume is not open");
            }
            let on_plane = |&place| super::mark::kept(lies.plane.pixel(place));
            let points: Vec<Point> = points.iter().map(on_plane).collect();
            return Ok(Drawn {
                sop_uid: lies.sop_uid.clone(),
                frame: lies.frame,
                graphic: graphic(&shape, &points).ok_or(SHAPE)?,
            });
        }
        let (place, points) = places
            .holding(&reference, &points)
            .ok_or("no image that is open lies there")?;
        let (sop_uid, frame) = places
            .name(place)
            .ok_or("no image that is open lies there")?;
        // 32-bit millimetres: to the places that they were made from.
        let points: Vec<Point> = points.into_iter().map(super::mark::kept).collect();
        return Ok(Drawn {
            sop_uid,
            frame,
            graphic: graphic(&shape, &points).ok_or(SHAPE)?,
        });
    }
    let image = children(item).into_iter().find(|c| kind(c) == "IMAGE");
    let reference = image.and_then(|image| {
        items_of(image, tags::REFERENCED_SOP_SEQUENCE)
            .into_iter()
            .next()
    });
    let reference = reference.ok_or("it names no image")?;
    let sop_uid =
        text_of(reference, tags::REFERENCED_SOP_INSTANCE_UID).ok_or("it names no image")?;
    let frame =
        number_of(reference, tags::REFERENCED_FRAME_NUMBER).map_or(1, |n| n.clamp(0.0, 4e9) as u32);
    if places.named(&sop_uid, frame).is_none() {
        return Err("its image is not open");
    }
    // In the image the outer corner of the first pixel is 0, 0 (C.18.6.1.1).
    let points: Vec<Point> = data
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[x, y]| [x - 0.5, y - 0.5])
        .collect();
    Ok(Drawn {
        sop_uid,
        frame,
        graphic: graphic(&shape, &points).ok_or(SHAPE)?,
    })
}
