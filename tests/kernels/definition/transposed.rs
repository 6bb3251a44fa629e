//! Transposed convolution, by scattering as ONNX defines it.

use negatoscope::model::kernels::*;

use super::convolution::{Case, parts};
use super::random::Random;

/// For each output value the offsets of its inputs and weights.
fn terms(case: &Case, out: [usize; 3]) -> Vec<Vec<(usize, usize)>> {
    let taps: usize = case.kernel.iter().product();
    let (ins, outs) = (case.inputs / case.groups, case.outputs / case.groups);
    let mut all = vec![vec![]; out.iter().product::<usize>() * case.outputs];
    for place in 0..case.extent.iter().product() {
        let at = [
            place / (case.extent[1] * case.extent[2]),
            place / case.extent[2] % case.extent[1],
            place % case.extent[2],
        ];
        for tap in 0..taps {
            let k = [
                tap / (case.kernel[1] * case.kernel[2]),
                tap / case.kernel[2] % case.kernel[1],
                tap % case.kernel[2],
            ];
            let to: [i64; 3] = std::array::from_fn(|a| {
                (at[a] * case.stride[a] + k[a] * case.dilation[a]) as i64 - case.pads[a][0] as i64
            });
            if (0..3).any(|a| to[a] < 0 || to[a] >= out[a] as i64) {
                continue;
            }
            let to = to.map(|v| v as usize);
            let to = (to[0] * out[1] + to[1]) * out[2] + to[2];
            for c in 0..case.inputs {
                for o in 0..outs {
                    let channel = c / ins * outs + o;
                    all[to * case.outputs + channel]
                        .push((place * case.inputs + c, (c * outs + o) * taps + tap));
                }
            }
        }
    }
    all
}

pub fn both(cases: usize) -> Result<(), String> {
    let mut r = Random(3);
    let mut done = 0;
    while done < cases {
        let mut case = Case::random(&mut r);
        case.extent = case.extent.map(|n| n.min(7));
        if r.int(0, 1) == 0 {
            case.stride = case.kernel;
            (case.dilation[2], case.pads[2]) = (1, [0, 0]);
        }
        let more: [usize; 3] = std::array::from_fn(|a| {
            r.size(0, case.stride[a].max(case.dilation[a]) - 1) * r.size(0, 1)
        });
        let Some(shape) = Transposition::new(case.window(), more) else {
            return Err(format!("{case:?} {more:?} refused"));
        };
        let Some(out) = shape.output(case.extent) else {
            continue;
        };
        done += 1;
        let all = terms(&case, out);
        let taps: usize = case.kernel.iter().product();
        let n_weights = case.inputs * case.outputs / case.groups * taps;
        let row = out[2] * case.outputs;
        // float32
        let (input, weights, bias) = (
            r.floats(case.input_len()),
            r.floats(n_weights),
            r.floats(case.outputs),
        );
        let layer = TransposedF32::new(shape, case.channels(), &weights, &bias, Activation::Relu)
            .ok_or_else(|| format!("{case:?} refused"))?;
        let mut got = vec![f32::NAN; all.len()];
        for rows in parts(&mut r, out[0] * out[1]) {
            let range = rows.start * row..rows.end * row;
            layer
                .run(case.extent, &input, rows, &mut got[range])
                .ok_or_else(|| format!("{case:?} not run"))?;
        }
        for (i, (list, &got)) in all.iter().zip(&got).enumerate() {
            let sum: f64 = list
                .iter()
                .map(|&(x, w)| f64::from(input[x]) * f64::from(weights[w]))
                .sum();
            let off = (f64::from(got) - (sum + f64::from(bias[i % case.outputs])).max(0.0)).abs();
            if off.is_nan() || off > 2e-6 * (1.0 + list.len() as f64) {
                return Err(format!("{case:?} {more:?} at {i}: off by {off}"));
            }
        }
        // int8
        let (input, weights) = (r.bytes(case.input_len()), r.bytes(n_weights));
        let signed: Vec<i8> = weights.iter().map(|&b| b as i8).collect();
        let unsigned = r.int(0, 1) == 0;
        let zeros: Vec<i32> = (0..case.outputs)
            .map(|_| if unsigned { r.int(0, 255) } else { 0 } as i32)
            .collect();
        let scales: Vec<f32> = (0..case.outputs)
            .map(|_| 0.001 + 0.01 * r.float().abs())
            .collect();
        let bias: Vec<i32> = (0..case.outputs)
            .map(|_| r.int(-9000, 9000) as i32)
            .collect();
        let (x, y) = (
            Quant::new(0.03, 77, false).unwrap(),
            Quant::new(0.11, -9, true).unwrap(),
        );
        let held = if unsigned {
            Weights8::Unsigned(&weights)
        } else {
            Weights8::Signed(&signed)
        };
        let layer = TransposedQ8::new(
            shape,
            case.channels(),
            x,
            held,
            Scales {
                scale: &scales,
                zero_point: &zeros,
            },
            &bias,
            End8::Bytes(y),
        )
        .ok_or_else(|| format!("{case:?} refused"))?;
        let mut got = vec![0; all.len()];
        for rows in parts(&mut r, out[0] * out[1]) {
            let range = rows.start * row..rows.end * row;
            layer
                .run(case.extent, &input, rows, Output8::Bytes(&mut got[range]))
                .ok_or_else(|| format!("{case:?} not run"))?;
        }
        for (i, list) in all.iter().enumerate() {
            let o = i % case.outputs;
            let weight = |w: usize| if unsigned { i64::from(weights[w]) } else { i64::from(signed[w]) } - i64::from(zeros[o]);
            let sum: i64 = list
                .iter()
                .map(|&(x, w)| (i64::from(input[x]) - 77) * weight(w))
                .sum::<i64>()
                + i64::from(bias[o]);
            let m = 0.03 * scales[o] / 0.11;
            let expected =
                ((sum as f64 * f64::from(m)).round_ties_even() - 9.0).clamp(-128.0, 127.0) as i8;
            if got[i] as i8 != expected {
                return Err(format!(
                    "{case:?} {more:?} at {i}: {}, not {expected}",
                    got[i] as i8
                ));
            }
        }
    }
    Ok(())
}
