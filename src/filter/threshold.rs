//! A fixed threshold, in the unit of what it is given: what is above it, as OpenCV's `threshold` has its five kinds.

use super::{
    Gives, Kind, Parameter, level,
    plan::{Pass, Plan},
};
use crate::tone::Grey;

/// Further than values reach.
const FAR: f64 = 1e9;

pub(super) const KIND: Kind = Kind {
    name: "threshold",
    parameters: &[
        Parameter::number("value", 127.0, -FAR, FAR),
        // 255 above and 0 below, the other way round; no more than the value; 0 for what is not above; for what is above.
        Parameter::choice(
            "type",
            &["binary", "inverse", "truncate", "tozero", "tozero-inverse"],
        ),
        // What is above this does not count as above: a range of values.
        Parameter::number("most", FAR, -FAR, FAR),
    ],
    gives: |filter| match filter.choice(1) {
        0 | 1 => Gives::Levels,
        _ => Gives::Same,
    },
    apply: |filter, frame| {
        let (t, kind, most) = read(filter);
        apply(frame, t, kind, most)
    },
    plan: |filter, frame| {
        let (t, kind, most) = read(filter);
        Some(plan(frame, t, kind, most))
    },
};

/// The threshold, the kind, the end. Levels are whole: cut off at a fraction they would be none.
fn read(filter: &super::Filter) -> (f32, usize, f32) {
    let (t, kind) = (filter.number(0), filter.choice(1));
    let t = if filter.on_levels && kind == 2 {
        t.floor()
    } else {
        t
    };
    (t as f32, kind, filter.number(2) as f32)
}

/// What the five kinds make of each value; above is more than `t` and at most `most` ([`FAR`] and more: without end).
pub(super) fn apply(frame: &Grey, t: f32, kind: usize, most: f32) -> Grey {
    let all = frame.values.iter();
    let end = end(most);
    let above = move |v: f32| v > t && v <= end;
    match kind {
        0 => level::with(frame, all.map(|&v| if above(v) { 255.0 } else { 0.0 })),
        1 => level::with(frame, all.map(|&v| if above(v) { 0.0 } else { 255.0 })),
        2 => level::with(frame, all.map(|&v| if above(v) { t } else { v })),
        3 => level::with(frame, all.map(|&v| if above(v) { v } else { 0.0 })),
        _ => level::with(frame, all.map(|&v| if above(v) { 0.0 } else { v })),
    }
}

fn end(most: f32) -> f32 {
    if most >= FAR as f32 { f32::MAX } else { most }
}

/// The same for a GPU.
pub(super) fn plan(frame: &Grey, t: f32, kind: usize, most: f32) -> Plan {
    Plan {
        source: include_str!("threshold.wgsl"),
        parameters: vec![t, kind as f32, end(most)],
        scratch: 1,
        passes: vec![Pass::pixels("cut", frame)],
    }
}
