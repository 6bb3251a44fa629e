//! Filters against closed forms: constants stay, padding stays, a step's median is the step, names and ranges are checked.

use negatoscope::{
    filter::{self, cpu},
    tone::{Grey, PADDING},
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
            assert!((a - wanted).abs() < 1e-3 || *a == wanted, "{}: {a} {wanted}", kind.name);
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
