//! Erosion, dilation and what is made of them, as OpenCV's `morphologyEx`; on values in their unit and on levels alike. Padding takes no
//! part; what lies outside of the frame neither.

use super::{
    Filter, Gives, Kind, Parameter,
    kernel::morphology::{Element, Form, Operation},
    level,
    plan::{Pass, Plan},
};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "morphology",
    parameters: &[
        Parameter::choice(
            "operation",
            &[
                "erode", "dilate", "open", "close", "gradient", "tophat", "blackhat",
            ],
        ),
        Parameter::choice("form", &["rect", "cross", "ellipse"]),
        Parameter::whole("size", 3.0, 1.0, 63.0),
        Parameter::whole("times", 1.0, 1.0, 20.0),
    ],
    gives: |filter| {
        if read(filter).0.is_difference() {
            Gives::Difference
        } else {
            Gives::Same
        }
    },
    apply,
    plan: |filter, frame| Some(plan(filter, frame)),
};

fn read(filter: &Filter) -> (Operation, Element, usize) {
    let operation = Operation::ALL.get(filter.choice(0));
    let form = match filter.choice(1) {
        0 => Form::Rect,
        1 => Form::Cross,
        _ => Form::Ellipse,
    };
    (
        operation.map_or(Operation::Erode, |&(_, one)| one),
        Element::new(form, filter.number(2) as usize),
        filter.number(3) as usize,
    )
}

fn apply(filter: &Filter, frame: &Grey) -> Grey {
    let (operation, element, times) = read(filter);
    if level::is_padded(frame) {
        return beside_padding(operation, &element, times, frame);
    }
    let whole = |&v: &f32| (0.0..=255.0).contains(&v) && v == f32::from(v as u8);
    if frame.values.iter().all(whole) {
        // Levels: sixteen at a time.
        let levels: Vec<u8> = frame.values.iter().map(|&v| v as u8).collect();
        return level::back(
            frame,
            &operation.of(&levels, frame.columns, &element, times),
        );
    }
    let values = operation.of(&frame.values, frame.columns, &element, times);
    level::with(frame, values.into_iter())
}

/// A step at a time: before each, padding becomes what takes no part in it.
fn beside_padding(operation: Operation, element: &Element, times: usize, frame: &Grey) -> Grey {
    let steps = |of: &Grey, list: &[Operation]| {
        let mut done = of.clone();
        for &step in list {
            let neutral = match step {
                Operation::Dilate => f32::MIN,
                _ => f32::MAX,
            };
            for _ in 0..times {
                for (v, &own) in done.values.iter_mut().zip(&frame.values) {
                    if own == PADDING {
                        *v = neutral;
                    }
                }
                done.values = step.of(&done.values, frame.columns, element, 1);
            }
        }
        done
    };
    let small = [Operation::Erode];
    let large = [Operation::Dilate];
    let open = [Operation::Erode, Operation::Dilate];
    let close = [Operation::Dilate, Operation::Erode];
    let minus = |a: &Grey, b: &Grey| {
        let both = a.values.iter().zip(&b.values);
        level::with(frame, both.map(|(a, b)| (a - b).max(0.0)))
    };
    match operation {
        Operation::Erode => level::with(frame, steps(frame, &small).values.into_iter()),
        Operation::Dilate => level::with(frame, steps(frame, &large).values.into_iter()),
        Operation::Open => level::with(frame, steps(frame, &open).values.into_iter()),
        Operation::Close => level::with(frame, steps(frame, &close).values.into_iter()),
        Operation::Gradient => minus(&steps(frame, &large), &steps(frame, &small)),
        Operation::TopHat => minus(frame, &steps(frame, &open)),
        Operation::BlackHat => minus(&steps(frame, &close), frame),
    }
}

/// Erosions and dilations to and fro between two halves of the scratch memory, and what is made of the last.
fn plan(filter: &Filter, frame: &Grey) -> Plan {
    let (operation, element, times) = read(filter);
    let mut passes = vec![];
    // Where the newest picture is: the source, the first half, the second.
    let mut at = 0;
    let run = |at: &mut usize, large: bool, passes: &mut Vec<Pass>| {
        for _ in 0..times {
            let entry = match (large, *at) {
                (false, 0) => "least_sa",
                (false, 1) => "least_ab",
                (false, _) => "least_ba",
                (true, 0) => "most_sa",
                (true, 1) => "most_ab",
                (true, _) => "most_ba",
            };
            passes.push(Pass::pixels(entry, frame));
            *at = if *at == 1 { 2 } else { 1 };
        }
    };
    let end = |at: usize, [a, b]: [&'static str; 2]| if at == 1 { a } else { b };
    let (keep, from_source, to_source, from_result) = (
        ["keep_a", "keep_b"],
        ["source_minus_a", "source_minus_b"],
        ["a_minus_source", "b_minus_source"],
        ["result_minus_a", "result_minus_b"],
    );
    let last = match operation {
        Operation::Erode | Operation::Dilate => {
            run(&mut at, operation == Operation::Dilate, &mut passes);
            keep
        }
        Operation::Open | Operation::TopHat => {
            run(&mut at, false, &mut passes);
            run(&mut at, true, &mut passes);
            if operation == Operation::Open {
                keep
            } else {
                from_source
            }
        }
        Operation::Close | Operation::BlackHat => {
            run(&mut at, true, &mut passes);
            run(&mut at, false, &mut passes);
            if operation == Operation::Close {
                keep
            } else {
                to_source
            }
        }
        Operation::Gradient => {
            run(&mut at, true, &mut passes);
            passes.push(Pass::pixels(end(at, keep), frame));
            at = 0;
            run(&mut at, false, &mut passes);
            from_result
        }
    };
    passes.push(Pass::pixels(end(at, last), frame));
    let mut parameters = vec![];
    for (x, y) in element.pixels() {
        parameters.extend([x as f32, y as f32]);
    }
    parameters.insert(0, parameters.len() as f32 / 2.0);
    Plan {
        source: include_str!("morphology.wgsl"),
        parameters,
        scratch: 2 * frame.values.len(),
        passes,
    }
}
