//! Filters against closed forms: constants stay, padding stays, a step's median is the step, names and ranges are checked.

use negatoscope::{
    filter::{self, Shown, State, chain, cpu},
    tone::{Grey, PADDING, auto},
};

fn grey(columns: usize, rows: usize, value: impl Fn(usize, usize) -> f32) -> Grey {
    let values = (0..rows)
        .flat_map(|y| (0..columns).map(move |x| (x, y)))
        .map(|(x, y)| value(x, y))
        .collect();
    Grey {
        columns,
        rows,
        values,
    }
}

fn run(text: &str, frame: &Grey) -> Grey {
    cpu::apply(&filter::parse(text).expect("a filter"), frame).expect("a frame")
}

#[test]
fn a_constant_frame_stays_and_padding_stays() {
    let frame = grey(
        17,
        11,
        |x, y| if (x, y) == (3, 4) { PADDING } else { -1000.0 },
    );
    for kind in filter::ALL {
        let out = run(kind.name, &frame);
        // Some give levels or gradients: one value for all pixels then, and no gradient.
        let first = out.values[0];
        let wanted = match kind.name {
            "sobel" | "scharr" | "laplacian" | "canny" | "otsu" | "threshold" => 0.0,
            "grey" | "adaptive" => first,
            _ => -1000.0,
        };
        for (a, b) in out.values.iter().zip(&frame.values) {
            let wanted = if *b == PADDING { PADDING } else { wanted };
            assert!(
                (a - wanted).abs() < 1e-3 || *a == wanted,
                "{}: {a} {wanted}",
                kind.name
            );
        }
    }
}

#[test]
fn gaussian_of_an_impulse_is_the_kernel() {
    let out = run(
        "gaussian:sigma=1",
        &grey(15, 15, |x, y| if (x, y) == (7, 7) { 1.0 } else { 0.0 }),
    );
    let total: f64 = (-3..=3).map(|d: i32| (-f64::from(d * d) / 2.0).exp()).sum();
    for (x, y) in [(7, 7), (8, 7), (6, 9), (10, 10), (11, 7)] {
        let (dx, dy) = (f64::from(x - 7), f64::from(y - 7));
        let inside = dx.abs() <= 3.0 && dy.abs() <= 3.0;
        let want = if inside {
            (-(dx * dx + dy * dy) / 2.0).exp() / total / total
        } else {
            0.0
        };
        let got = f64::from(out.values[(y * 15 + x) as usize]);
        assert!((got - want).abs() < 1e-6, "{x},{y}: {got} {want}");
    }
}

#[test]
fn unsharp_overshoots_at_an_edge_and_median_does_not() {
    let step = grey(20, 9, |x, _| if x < 10 { 0.0 } else { 100.0 });
    let sharp = run("unsharp:sigma=1,amount=1", &step);
    assert!(sharp.values[4 * 20 + 9] < -10.0 && sharp.values[4 * 20 + 10] > 110.0);
    assert_eq!(run("median:radius=2", &step).values, step.values);
}

#[test]
fn median_equals_the_sorted_middle() {
    let frame = grey(9, 7, |x, y| ((x * 37 + y * 91) % 53) as f32);
    let out = run("median:radius=1", &frame);
    for (x, y) in [(4, 3), (1, 5), (7, 1)] {
        let mut near: Vec<f32> = (y - 1..=y + 1)
            .flat_map(|v| (x - 1..=x + 1).map(move |u| (u, v)))
            .map(|(u, v)| frame.values[v * 9 + u])
            .collect();
        near.sort_by(f32::total_cmp);
        assert_eq!(out.values[y * 9 + x], near[4]);
    }
}

#[test]
fn clahe_keeps_order_and_range_in_one_tile() {
    let frame = grey(64, 64, |x, y| (y * 64 + x) as f32);
    let out = run("clahe:tiles=1,clip=100", &frame);
    assert!(out.values.iter().all(|v| (0.0..=4095.0).contains(v)));
    assert!(out.values.is_sorted());
}

#[test]
fn names_and_ranges_are_checked() {
    for (text, code) in [
        ("blur", "FLT-001"),
        ("gaussian:radius=1", "FLT-002"),
        ("gaussian:sigma=1000", "FLT-002"),
        ("median:radius=x", "FLT-002"),
        ("median:radius=1.5", "FLT-002"),
        ("canny:aperture=4", "FLT-002"),
        ("morphology:form=circle", "FLT-002"),
        ("threshold:value=nan", "FLT-002"),
    ] {
        assert_eq!(filter::parse(text).expect_err(text).code().id, code);
    }
}

#[test]
fn gaussian_near_padding_is_the_normalised_blur_of_what_is_there() {
    let frame = grey(9, 9, |x, y| {
        if x * y % 5 == 3 {
            PADDING
        } else {
            (x * x + 3 * y) as f32
        }
    });
    let out = run("gaussian:sigma=0.8", &frame);
    for (x, y) in [(4, 4), (0, 0), (8, 3), (2, 7)] {
        let (mut sum, mut total) = (0.0_f64, 0.0_f64);
        for dy in -3_i32..=3 {
            for dx in -3_i32..=3 {
                let clamp = |at: usize, d: i32| (at as i32 + d).clamp(0, 8) as usize;
                let value = frame.values[clamp(y, dy) * 9 + clamp(x, dx)];
                if value != PADDING {
                    let weight = (-f64::from(dx * dx + dy * dy) / (2.0 * 0.64)).exp();
                    sum += f64::from(value) * weight;
                    total += weight;
                }
            }
        }
        let got = f64::from(out.values[y * 9 + x]);
        assert!(
            (got - sum / total).abs() < 1e-4,
            "{x},{y}: {got} {}",
            sum / total
        );
    }
}

#[test]
fn every_median_equals_the_sorted_middle_also_at_edges_and_near_padding() {
    let frame = grey(13, 11, |x, y| {
        let v = (x * 37 + y * 91 + x * y) % 53;
        if v == 7 { PADDING } else { v as f32 }
    });
    for radius in 1..=3_usize {
        let out = run(&format!("median:radius={radius}"), &frame);
        for y in 0..11_usize {
            for x in 0..13_usize {
                let mut near = Vec::new();
                for v in y.saturating_sub(radius)..=(y + radius).min(10) {
                    for u in x.saturating_sub(radius)..=(x + radius).min(12) {
                        near.push(frame.values[v * 13 + u]);
                    }
                }
                near.retain(|&v| v != PADDING);
                near.sort_by(f32::total_cmp);
                let want = if frame.values[y * 13 + x] == PADDING {
                    PADDING
                } else {
                    near[(near.len() - 1) / 2]
                };
                assert_eq!(out.values[y * 13 + x], want, "{radius}: {x},{y}");
            }
        }
    }
}

#[test]
fn clahe_of_a_frame_turned_by_half_is_the_turned_result() {
    let value = |x: usize, y: usize| ((x * 7919 + y * 104_729) % 997) as f32;
    let equalised = |values: &Grey| run("clahe:tiles=2,clip=3", values).values;
    let (a, mut b) = (
        equalised(&grey(30, 20, value)),
        equalised(&grey(30, 20, |x, y| value(29 - x, 19 - y))),
    );
    b.reverse();
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-2, "{a} {b}");
    }
}

fn shown(low: f32, high: f32) -> Shown {
    Shown {
        voi: auto::full_range(low, high),
        presentation_lut: None,
        invert: false,
    }
}

fn chained(texts: &[&str], frame: &Grey, shown: &Shown) -> (Grey, State) {
    let chain = chain::of(texts, shown).expect("a chain");
    let mut done = frame.clone();
    for step in &chain.steps {
        done = cpu::apply(step, &done).expect("a frame");
    }
    (done, chain.gives)
}

#[test]
fn gradients_are_in_the_unit_of_the_values_and_0_beside_padding() {
    // A slope of 3 along rows and −5 along columns.
    let mut ramp = grey(9, 8, |x, y| 3.0 * x as f32 - 5.0 * y as f32 - 900.0);
    for (text, wanted) in [
        ("sobel:part=x", 24.0),
        ("sobel:part=y", -40.0),
        ("sobel:part=x,aperture=5", 384.0),
        ("scharr:part=y", -160.0),
        ("sobel", f32::hypot(24.0, 40.0)),
        ("laplacian", 0.0),
    ] {
        let out = run(text, &ramp);
        assert!((out.values[3 * 9 + 4] - wanted).abs() < 1e-3, "{text}");
        let (told, gives) = chained(&[text], &ramp, &shown(0.0, 1.0));
        assert_eq!((told, gives), (out, State::Other), "the window has no part");
    }
    ramp.values[3 * 9 + 4] = PADDING;
    let out = run("sobel:part=x", &ramp);
    for (at, value) in out.values.iter().enumerate() {
        let (x, y) = (at % 9, at / 9);
        let near = x.abs_diff(4) <= 1 && y.abs_diff(3) <= 1;
        match (x, y) {
            (4, 3) => assert_eq!(*value, PADDING),
            (1..=7, _) if !near => assert_eq!(*value, 24.0, "{x},{y}"),
            _ if near => assert_eq!(*value, 0.0, "{x},{y}"),
            _ => {}
        }
    }
}

#[test]
fn what_works_on_levels_gets_levels_of_the_window_in_force() {
    let step = grey(12, 9, |x, _| if x < 6 { -500.0 } else { 500.0 });
    // Outside of the window both sides are white: no edge is seen, so there is none. On values it is there.
    let narrow = shown(-2000.0, -1000.0);
    let (edges, gives) = chained(&["canny"], &step, &narrow);
    assert_eq!(gives, State::Levels);
    assert!(edges.values.iter().all(|&v| v == 0.0));
    let by_values = "canny:of=values,low=1000,high=3999";
    let (edges, _) = chained(&[by_values], &step, &narrow);
    assert_eq!(edges.values.iter().filter(|&&v| v == 255.0).count(), 9);
    let (none, _) = chained(&["canny:of=values,low=1000,high=4001"], &step, &narrow);
    assert_eq!(none.values.iter().filter(|&&v| v == 255.0).count(), 0);
    // An explicit step is the same as the one that is put before it; a window can be given.
    let wide = shown(-1000.0, 1000.0);
    let own = chained(&["canny"], &step, &wide);
    assert_eq!(own, chained(&["grey", "canny"], &step, &wide));
    assert_eq!(
        own,
        chained(&["grey:center=0,width=2000", "canny"], &step, &narrow)
    );
    assert_eq!(own.0.values.iter().filter(|&&v| v == 255.0).count(), 9);
    let count = |texts: &[&str]| chain::of(texts, &wide).unwrap().steps.len();
    assert_eq!(count(&["gaussian", "canny", "canny"]), 4, "one grey step");
    // What is seen is inverted, and so are levels.
    let inverted = Shown {
        invert: true,
        ..wide.clone()
    };
    let (a, b) = (
        chained(&["grey"], &step, &wide).0,
        chained(&["grey"], &step, &inverted).0,
    );
    assert!(a.values.iter().zip(&b.values).all(|(a, b)| a + b == 255.0));
    // Gradients have no window: their levels go over their range.
    let (levels, _) = chained(&["sobel", "grey"], &step, &narrow);
    assert_eq!(levels.values.iter().copied().fold(0.0, f32::max), 255.0);
}

#[test]
fn what_a_chain_gives() {
    let frame = grey(8, 8, |x, y| (x * y) as f32);
    for (texts, gives) in [
        (&["gaussian", "median"] as &[&str], State::Values),
        (&["grey", "morphology:operation=gradient"], State::Levels),
        (&["morphology:operation=tophat"], State::Other),
        (&["threshold"], State::Levels),
        (&["threshold:type=truncate"], State::Values),
        (&["otsu", "sobel"], State::Other),
        (&["adaptive"], State::Levels),
        (&["gaussian:size=5,of=levels"], State::Levels),
    ] {
        assert_eq!(
            chained(texts, &frame, &shown(0.0, 49.0)).1,
            gives,
            "{texts:?}"
        );
    }
}

#[test]
fn padding_takes_no_part_in_morphology_thresholds_and_means() {
    let frame = grey(7, 5, |x, y| match (x, y) {
        (3, 2) => PADDING,
        (1, 1) => 50.0,
        (5, 3) => -900.0,
        _ => 10.0,
    });
    let at = |out: &Grey, x: usize, y: usize| out.values[y * 7 + x];
    let large = run("morphology:operation=dilate", &frame);
    let small = run("morphology:operation=erode", &frame);
    assert_eq!(
        (at(&large, 2, 2), at(&large, 3, 2), at(&large, 4, 2)),
        (50.0, PADDING, 10.0)
    );
    assert_eq!(
        (at(&small, 4, 2), at(&small, 3, 2), at(&small, 2, 2)),
        (-900.0, PADDING, 10.0)
    );
    for operation in ["open", "close", "gradient", "tophat", "blackhat"] {
        let out = run(&format!("morphology:operation={operation},times=2"), &frame);
        let finite = |v: &f32| *v == PADDING || v.abs() < 1e4;
        assert!(out.values.iter().all(finite), "{operation}: {out:?}");
        assert_eq!(at(&out, 3, 2), PADDING);
    }
    assert_eq!(run("otsu", &frame).values[2 * 7 + 3], PADDING);
    // The mean of the eight that are there is 10 (of nine with padding as 0 it would be 8.9).
    let flat = grey(3, 3, |x, y| if (x, y) == (0, 0) { PADDING } else { 10.0 });
    let out = run("adaptive:of=values,block=3,c=0.5", &flat);
    assert!(out.values[1..].iter().all(|&v| v == 255.0), "{out:?}");
    let out = run("adaptive:of=values,block=3,c=-0.5", &flat);
    assert!(out.values[1..].iter().all(|&v| v == 0.0), "{out:?}");
}

#[test]
fn every_filter_survives_any_frame() {
    let frames = [
        grey(0, 0, |_, _| 0.0),
        grey(1, 1, |_, _| 3.0),
        grey(1, 9, |_, y| y as f32),
        grey(5, 1, |_, _| PADDING),
        grey(4, 4, |x, _| if x == 1 { f32::MAX } else { -1e30 }),
        grey(3, 3, |x, y| if x == y { f32::NAN } else { f32::INFINITY }),
    ];
    for kind in filter::ALL {
        let mut texts = vec![kind.name.to_owned()];
        for parameter in kind.parameters {
            if parameter.choices.is_empty() {
                let ends = [parameter.min, parameter.max];
                texts.extend(ends.map(|v| format!("{}:{}={v}", kind.name, parameter.name)));
            }
            let choices = parameter.choices.iter();
            texts.extend(choices.map(|c| format!("{}:{}={c}", kind.name, parameter.name)));
        }
        for text in texts {
            let filter = filter::parse(&text).expect("a filter");
            // What it says of itself is what it is.
            let again = filter::parse(&filter.to_string()).expect("its own text");
            assert_eq!(again.to_string(), filter.to_string());
            for frame in &frames {
                let out = cpu::apply(&filter, frame).expect("a frame");
                assert_eq!(out.values.len(), frame.values.len(), "{text}");
            }
        }
    }
}
