//! The WGSL of a layer, from the templates beside this file.

use std::collections::HashMap;

use super::chain::{Activation, End, Layer};

/// Threads of a workgroup.
pub(super) const THREADS: usize = 64;
/// Places of a thread.
pub(super) const PLACES: usize = 4;
/// Groups of four output channels of a thread, at most: with four places these are 64 numbers in registers.
const MOST_GROUPS: usize = 4;

/// What both templates use.
const FUNCTIONS: &str = include_str!("activation.wgsl");

/// How a layer's output channels are divided among threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Groups of four output channels.
    pub(super) all: usize,
    /// Groups of one thread.
    pub(super) groups: usize,
    /// Threads for a place; the last may have less to do.
    pub(super) parts: usize,
}

impl Shape {
    /// The last layer's threads have all channels, one group after the other.
    pub(super) fn of(layer: &Layer, last: bool) -> Self {
        let all = layer.outputs.div_ceil(4);
        let most = if last { 1 } else { MOST_GROUPS };
        let parts = all.div_ceil(most);
        Self {
            all,
            groups: all.div_ceil(parts),
            parts,
        }
    }
}

/// The program of a convolution. `first`: its input is one float a place. `last`: it gives labels.
pub(super) fn convolution(layer: &Layer, first: bool, last: bool) -> String {
    let shape = Shape::of(layer, last);
    let [deep, high, wide] = layer.kernel;
    let [_, down, across] = layer.dilation;
    let (whole, more) = (layer.inputs / 4, layer.inputs % 4);
    let mut set: HashMap<String, String> = HashMap::new();
    let mut put = |name: &str, value: String| set.insert(name.to_owned(), value);
    let input = if first { "f32" } else { "vec4<f32>" };
    put("INPUT", input.to_owned());
    for (name, value) in [
        ("THREADS", THREADS),
        ("PLACES", PLACES),
        ("GROUPS", shape.groups),
        ("PARTS", shape.parts),
        ("ALL", shape.all),
        ("CHANNELS", layer.outputs),
        ("DEEP", deep),
        ("STEP", high * wide * layer.inputs * shape.groups),
        ("WHOLE", whole),
        ("MORE", more),
    ] {
        put(name, format!("{value}u"));
    }
    for (name, value) in [
        ("TALL", high),
        ("WIDE", wide),
        ("DOWN", down),
        ("ACROSS", across),
    ] {
        put(name, value.to_string());
    }
    for k in 0..3 {
        // A kernel of one tap in D sees the plane in the middle.
        if deep == 3 || k == 1 {
            put(&format!("PLANE{k}"), String::new());
            put(
                &format!("TAP{k}"),
                format!("{}u", if deep == 3 { k } else { 0 }),
            );
        }
    }
    put(if last { "LABELS" } else { "PLANES" }, String::new());
    if whole > 0 {
        put("FULL", String::new());
    }
    if more > 0 {
        put("TAIL", String::new());
    }
    match &layer.end {
        End::Floats(activation) => {
            put("FLOATS", String::new());
            // A normalisation comes first, by a program of its own.
            let own = if layer.norm.is_some() {
                Activation::None
            } else {
                *activation
            };
            put("ACTIVATION", formula(own));
        }
        End::Bytes {
            range: [low, high], ..
        } => {
            put("BYTES", String::new());
            put("LOW", number(*low));
            put("HIGH", number(*high));
        }
        End::Scaled(_) => {
            put("SCALED", String::new());
        }
    }
    let text = include_str!("conv.wgsl");
    let mut out = String::from(FUNCTIONS);
    expand(&text.lines().collect::<Vec<_>>(), &set, &[], &mut out);
    out
}

/// The programs of a normalisation and the activation after it.
pub(super) fn normalisation(layer: &Layer) -> String {
    let activation = match layer.end {
        End::Floats(activation) => activation,
        _ => Activation::None,
    };
    let epsilon = layer.norm.as_ref().map_or(0.0, |norm| norm.epsilon);
    let text = include_str!("norm.wgsl")
        .replace("$ALL", &format!("{}u", Shape::of(layer, false).all))
        .replace("$EPSILON", &number(epsilon))
        .replace("$ACTIVATION", &formula(activation));
    format!("{FUNCTIONS}{text}")
}

/// A float as WGSL writes it.
fn number(v: f32) -> String {
    format!("{v:e}f")
}

/// An activation of `v`.
fn formula(activation: Activation) -> String {
    match activation {
        Activation::None => "v".to_owned(),
        Activation::Relu => "max(v, vec4(0.0))".to_owned(),
        Activation::LeakyRelu(slope) => {
            format!("select(v, v * {}, v < vec4(0.0))", number(slope))
        }
        Activation::Elu(alpha) => {
            format!("select(v, {} * expm1(v), v < vec4(0.0))", number(alpha))
        }
        Activation::Clip(low, high) => {
            format!("clamp(v, vec4({}), vec4({}))", number(low), number(high))
        }
        Activation::Gelu => "0.5 * v * (1.0 + erf(v * 0.70710678))".to_owned(),
    }
}

/// Writes a template's lines out. `counters`: those of the loops around them.
fn expand(
    lines: &[&str],
    set: &HashMap<String, String>,
    counters: &[(&str, usize)],
    out: &mut String,
) {
    let mut rest = lines;
    while let [line, after @ ..] = rest {
        rest = after;
        let Some(word) = line.trim_start().strip_prefix("//: ") else {
            // A remark is of use in the template only.
            if !line.trim_start().starts_with("//") {
                out.push_str(&filled(line, set, counters));
                out.push('\n');
            }
            continue;
        };
        let inner = block(rest);
        rest = rest.get(inner + 1..).unwrap_or_default();
        let body = after.get(..inner).unwrap_or_default();
        let word = filled(word, set, counters);
        match word.split(' ').collect::<Vec<_>>().as_slice() {
            ["when", name] if set.contains_key(*name) => expand(body, set, counters, out),
            ["each", name, count] => {
                let count = count.trim_end_matches('u').parse().unwrap_or(0);
                for n in 0..count {
                    let mut all = counters.to_vec();
                    all.push((name, n));
                    expand(body, set, &all, out);
                }
            }
            _ => {}
        }
    }
}

/// Lines before the `end` of a block whose first line has been read.
fn block(lines: &[&str]) -> usize {
    let mut depth = 0;
    for (at, line) in lines.iter().enumerate() {
        match line.trim_start().strip_prefix("//: ") {
            Some("end") if depth == 0 => return at,
            Some("end") => depth -= 1,
            Some(_) => depth += 1,
            None => {}
        }
    }
    lines.len()
}

/// A line with what its `$names` stand for: counters of one small letter, and constants in capitals. `when` keeps names as they are.
fn filled(line: &str, set: &HashMap<String, String>, counters: &[(&str, usize)]) -> String {
    let mut text = line.to_owned();
    for (name, n) in counters {
        text = text.replace(&format!("${name}"), &n.to_string());
    }
    // Longer names first: one may begin another.
    let mut names: Vec<_> = set.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in names {
        text = text.replace(&format!("${name}"), value);
    }
    text
}

/// Weights as the program reads them: part, plane of taps, tap, input channel, group of the part; four output channels together.
pub(super) fn weights(layer: &Layer, last: bool) -> Vec<[f32; 4]> {
    let shape = Shape::of(layer, last);
    let taps = layer.taps();
    let mut all = Vec::with_capacity(shape.parts * taps * layer.inputs * shape.groups);
    for part in 0..shape.parts {
        for tap in 0..taps {
            for input in 0..layer.inputs {
                for group in 0..shape.groups {
                    let first = 4 * (part * shape.groups + group);
                    let one = |o: usize| {
                        let at = ((first + o) * layer.inputs + input) * taps + tap;
                        let own = layer.weights.get(at).filter(|_| first + o < layer.outputs);
                        own.copied().unwrap_or_default()
                    };
                    all.push([one(0), one(1), one(2), one(3)]);
                }
            }
        }
    }
    all
}

/// Bias, factors and shifts as the program reads them.
pub(super) fn ends(layer: &Layer, last: bool) -> Vec<u32> {
    let shape = Shape::of(layer, last);
    let count = 4 * shape.all;
    let (by, bytes): (&[f32], bool) = match &layer.end {
        End::Floats(_) => (&[], false),
        End::Scaled(by) => (by, false),
        End::Bytes { by, .. } => (by, true),
    };
    let padded = |of: &dyn Fn(usize) -> Option<u32>| -> Vec<u32> {
        (0..count).map(|o| of(o).unwrap_or(0)).collect()
    };
    let mut all = padded(&|o| layer.bias.get(o).map(|v| v.to_bits()));
    // A thread reads the bias of every group of its part.
    let missing = 4 * (shape.parts * shape.groups - shape.all);
    if bytes {
        all.extend(padded(&|o| {
            by.get(o).map(|v| v.to_bits() & 0x7f_ffff | 0x80_0000)
        }));
        all.extend(padded(&|o| {
            by.get(o).map(|v| 150 - (v.to_bits() >> 23 & 255))
        }));
        // Shifts of channels that are not there must be shifts.
        let start = 2 * count;
        for shift in all.get_mut(start + layer.outputs..).unwrap_or_default() {
            *shift = 24;
        }
    } else {
        all.extend(padded(&|o| by.get(o).map(|v| v.to_bits())));
    }
    all.extend(std::iter::repeat_n(0, missing));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kernel: [usize; 3], inputs: usize, outputs: usize, end: End) -> Layer {
        let taps: usize = kernel.iter().product();
        let count = inputs * outputs * taps;
        Layer {
            kernel,
            dilation: [2; 3],
            inputs,
            outputs,
            weights: (0..count).map(|n| n as f32).collect(),
            bias: (0..outputs).map(|n| n as f32).collect(),
            norm: None,
            end,
        }
    }

    #[test]
    fn nothing_of_the_template_is_left() {
        for (first, last) in [(true, false), (false, false), (false, true), (true, true)] {
            for kernel in [[3; 3], [1; 3], [1, 3, 1]] {
                for outputs in [1, 5, 18, 104] {
                    let inputs = if first { 1 } else { 7 };
                    for end in [
                        End::Floats(Activation::Elu(0.5)),
                        End::Scaled(vec![0.25; outputs]),
                        End::Bytes {
                            by: vec![0.25; outputs],
                            range: [-3.0, 200.0],
                        },
                    ] {
                        let layer = layer(kernel, inputs, outputs, end);
                        let text = convolution(&layer, first, last);
                        assert!(!text.contains('$') && !text.contains("//:"), "{text}");
                        assert_eq!(text.matches('{').count(), text.matches('}').count());
                    }
                }
            }
        }
        let text = normalisation(&layer([1; 3], 4, 4, End::Floats(Activation::Gelu)));
        assert!(!text.contains('$'), "{text}");
    }

    /// Every weight lies where the program reads it, and what is not there is 0.
    #[test]
    fn weights_lie_by_part_tap_input_and_group() {
        for (outputs, last) in [(5, false), (18, false), (33, false), (18, true)] {
            let layer = layer([1, 3, 3], 3, outputs, End::Floats(Activation::None));
            let shape = Shape::of(&layer, last);
            let all = weights(&layer, last);
            assert_eq!(all.len(), shape.parts * 9 * 3 * shape.groups);
            let mut seen = 0;
            for (at, four) in all.iter().enumerate() {
                let (group, input) = (at % shape.groups, at / shape.groups % 3);
                let (tap, part) = (at / shape.groups / 3 % 9, at / shape.groups / 27);
                for (o, v) in four.iter().enumerate() {
                    let output = 4 * (part * shape.groups + group) + o;
                    if output < outputs {
                        assert_eq!(*v, ((output * 3 + input) * 9 + tap) as f32);
                        seen += 1;
                    } else {
                        assert_eq!(*v, 0.0);
                    }
                }
            }
            assert_eq!(seen, layer.weights.len());
        }
    }

    #[test]
    fn factors_are_a_whole_number_and_a_shift() {
        let by = vec![0.75, 0.001, 3.0];
        let layer = layer(
            [1; 3],
            1,
            3,
            End::Bytes {
                by: by.clone(),
                range: [0.0, 1.0],
            },
        );
        let words = ends(&layer, false);
        for (o, factor) in by.iter().enumerate() {
            let (m, shift) = (f64::from(words[4 + o]), words[8 + o] as i32);
            assert_eq!(m * 2.0_f64.powi(-shift), f64::from(*factor));
        }
    }
}
