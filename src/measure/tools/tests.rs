//! Closed forms, to 1e-6 and better, with pixels that are not square.

use super::*;
use crate::measure::{
    mark::{Mark, Origin},
    scale::Side,
};
use crate::study::geometry::{Spacing, SpacingFrom};
use std::f64::consts::PI;

fn scale(rows: f64, columns: f64) -> Scale {
    Scale::of_spacing(Spacing {
        mm: [rows, columns],
        from: SpacingFrom::PixelSpacing,
    })
}

fn pixels(aspect: f64) -> Scale {
    Scale::of_spacing(Spacing {
        mm: [aspect, 1.0],
        from: SpacingFrom::None,
    })
}

/// The named value.
fn value(kind: &str, points: &[Point], scale: &Scale, name: &str) -> (f64, String) {
    let found = (by_name(kind).unwrap().compute)(points, scale);
    let found = found.into_iter().find(|v| v.name == name).unwrap();
    (found.value, found.unit)
}

fn near((value, in_unit): (f64, String), want: f64, unit: &str) {
    assert!(
        (value - want).abs() < 1e-9 * want.abs().max(1.0),
        "{value} {want}"
    );
    assert_eq!(in_unit, unit);
}

#[test]
fn lengths() {
    let s = scale(0.5, 0.25);
    near(
        value("length", &[[10.0, 10.0], [22.0, 18.0]], &s, "length"),
        5.0,
        "mm",
    );
    near(
        value(
            "length",
            &[[10.0, 10.0], [13.0, 14.0]],
            &pixels(2.0),
            "length",
        ),
        5.0,
        "{pixels}",
    );
    near(
        value(
            "bidirectional",
            &[[0.0, 0.0], [8.0, 0.0], [4.0, -4.0], [4.0, 4.0]],
            &s,
            "long-axis",
        ),
        4.0,
        "mm",
    );
    near(
        value(
            "bidirectional",
            &[[0.0, 0.0], [8.0, 0.0], [4.0, -4.0], [4.0, 4.0]],
            &s,
            "short-axis",
        ),
        2.0,
        "mm",
    );
}

#[test]
fn angles() {
    // In mm: (3, 0) and (3, 3).
    let s = scale(0.5, 0.25);
    near(
        value(
            "angle",
            &[[12.0, 0.0], [0.0, 0.0], [12.0, 6.0]],
            &s,
            "angle",
        ),
        45.0,
        "deg",
    );
    // Pixels of which only the shape is known.
    near(
        value(
            "angle",
            &[[6.0, 0.0], [0.0, 0.0], [6.0, 3.0]],
            &pixels(2.0),
            "angle",
        ),
        45.0,
        "deg",
    );
    assert!((by_name("angle").unwrap().compute)(&[[0.0, 0.0]; 3], &s).is_empty());
}

#[test]
fn cobb_angles_whichever_way_they_are_drawn() {
    let s = scale(1.0, 1.0);
    let line = |middle: Point, deg: f64, turned: bool| {
        let (y, x) = deg.to_radians().sin_cos();
        let ends = [
            [middle[0] - 9.0 * x, middle[1] - 9.0 * y],
            [middle[0] + 9.0 * x, middle[1] + 9.0 * y],
        ];
        if turned { [ends[1], ends[0]] } else { ends }
    };
    for (up, down, want) in [
        (20.0, -15.0, 35.0),
        (-10.0, 5.0, 15.0),
        (62.0, -58.0, 120.0),
        (30.0, 30.0, 0.0),
    ] {
        for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
            for turn in [0.0, 90.0, 180.0, 37.0_f64] {
                // The whole film turned: the angle stays.
                let (sin, cos) = turn.to_radians().sin_cos();
                let about = |[x, y]: Point| [x * cos - y * sin, x * sin + y * cos];
                let [a, b] = line([0.0, 0.0], up, first);
                let [c, d] = line([3.0, 80.0], down, second);
                let (got, _) = value(
                    "cobb",
                    &[about(a), about(b), about(c), about(d)],
                    &s,
                    "cobb-angle",
                );
                assert!((got - want).abs() < 1e-6, "{up} {down} {turn}: {got}");
            }
        }
    }
    // Lines through one middle: the acute angle.
    let [a, b] = line([5.0, 5.0], 0.0, false);
    let [c, d] = line([5.0, 5.0], 130.0, false);
    let (got, _) = value("cobb", &[a, b, c, d], &s, "cobb-angle");
    assert!((got - 50.0).abs() < 1e-6);
}

#[test]
fn the_heart_is_projected_onto_the_line_of_the_thorax() {
    let points = [
        [100.0, 300.0],
        [250.0, 340.0],
        [50.0, 350.0],
        [350.0, 350.0],
    ];
    near(
        value(
            "cardiothoracic",
            &points,
            &scale(0.5, 0.5),
            "cardiothoracic-ratio",
        ),
        0.5,
        "1",
    );
    near(
        value("cardiothoracic", &points, &scale(0.5, 0.5), "cardiac-width"),
        75.0,
        "mm",
    );
    near(
        value("cardiothoracic", &points, &pixels(1.0), "thoracic-width"),
        300.0,
        "{pixels}",
    );
    // A film that lies askew has the same ratio.
    let (sin, cos) = 0.3_f64.sin_cos();
    let askew = points.map(|[x, y]| [x * cos - y * sin, x * sin + y * cos]);
    near(
        value(
            "cardiothoracic",
            &askew,
            &pixels(1.0),
            "cardiothoracic-ratio",
        ),
        0.5,
        "1",
    );
    assert!(
        (by_name("cardiothoracic").unwrap().compute)(&[[1.0, 1.0]; 4], &pixels(1.0)).is_empty()
    );
}

#[test]
fn areas() {
    let s = scale(0.5, 0.25);
    near(
        value("rectangle", &[[30.0, 20.0], [10.0, 10.0]], &s, "area"),
        25.0,
        "mm2",
    );
    near(
        value("rectangle", &[[30.0, 20.0], [10.0, 10.0]], &s, "perimeter"),
        20.0,
        "mm",
    );
    let ends = [[0.0, 5.0], [16.0, 5.0], [8.0, 1.0], [8.0, 9.0]];
    near(value("ellipse", &ends, &s, "area"), PI * 4.0, "mm2");
    near(value("ellipse", &ends, &s, "long-axis"), 4.0, "mm");
    near(value("ellipse", &ends, &s, "perimeter"), 4.0 * PI, "mm");
    near(
        value("ellipse", &ends, &pixels(1.0), "area"),
        PI * 32.0,
        "{square_pixels}",
    );
    let triangle = [[0.0, 0.0], [8.0, 0.0], [0.0, 6.0]];
    near(value("polygon", &triangle, &s, "area"), 3.0, "mm2");
    near(
        value("freehand", &triangle, &s, "perimeter"),
        2.0 + 3.0 + 13.0_f64.sqrt(),
        "mm",
    );
    let bow = [[0.0, 0.0], [8.0, 6.0], [8.0, 0.0], [0.0, 6.0]];
    let values = (by_name("polygon").unwrap().compute)(&bow, &s);
    assert!(
        values.iter().all(|v| v.name != "area"),
        "sides that cross have no area"
    );
    // A regular polygon of many sides nears its circle from below.
    let many: Vec<Point> = (0..4096)
        .map(|k| (f64::from(k) * 2.0 * PI / 4096.0).sin_cos())
        .map(|(y, x)| [50.0 + 40.0 * x, 50.0 + 40.0 * y])
        .collect();
    let (area, _) = value("freehand", &many, &scale(1.0, 1.0), "area");
    let exact = 2048.0 * 1600.0 * (2.0 * PI / 4096.0).sin();
    assert!((area - exact).abs() < 1e-6, "{area} {exact}");
}

#[test]
fn every_tool_takes_what_it_says_and_nothing_panics() {
    let odd = Scale {
        x: Side {
            unit: "s",
            step: 0.01,
        },
        y: Side {
            unit: "cm/s",
            step: 2.0,
        },
        aspect: 1.0,
        origin: Origin {
            from: "region".to_owned(),
            factor: 1.0,
            label: String::new(),
        },
        zero: [None; 2],
    };
    for tool in TOOLS {
        assert!(TOOLS.iter().filter(|other| other.name == tool.name).count() == 1);
        for scale in [&odd, &scale(0.3, 0.7), &pixels(1.0)] {
            for count in 0..6 {
                let points: Vec<Point> = (0..count)
                    .map(|k| [f64::from(k * k), f64::from(7 - k)])
                    .collect();
                let mark = Mark {
                    kind: tool.name.to_owned(),
                    points: points.clone(),
                    text: String::new(),
                };
                let fits = mark.checked().is_ok();
                assert_eq!(
                    fits,
                    points.len() >= tool.handles.0 && points.len() <= tool.handles.1
                );
                let values = (tool.compute)(&points, scale);
                assert!(
                    values
                        .iter()
                        .all(|v| v.value.is_finite() && tool.gives.contains(&v.name.as_str()))
                );
                let _ = ((tool.shape)(&points), (tool.drawn)(&points));
                if fits {
                    assert!(!(tool.drawn)(&points).is_empty(), "{}", tool.name);
                }
            }
        }
    }
    assert_eq!(TOOLS.len(), 12);
}
