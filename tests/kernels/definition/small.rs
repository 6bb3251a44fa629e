//! Matrix products, pools, and sums of quantised tensors.

use negatoscope::model::kernels::*;

use super::convolution::{Case, parts};
use super::random::Random;

pub fn products(cases: usize) -> Result<(), String> {
    let mut r = Random(4);
    for _ in 0..cases {
        let (m, k, n) = (r.size(1, 60), r.size(1, 40), r.size(1, 40));
        let transposed = r.int(0, 1) == 1;
        let at = |k_at: usize, n_at: usize| {
            if transposed {
                n_at * k + k_at
            } else {
                k_at * n + n_at
            }
        };
        let (a, b, bias) = (r.floats(m * k), r.floats(k * n), r.floats(n));
        let layer =
            product_f32([k, n], &b, transposed, &bias, Activation::Identity).ok_or("refused")?;
        let mut got = vec![f32::NAN; m * n];
        for rows in parts(&mut r, m) {
            let to = &mut got[rows.start * n..rows.end * n];
            layer.run(rows_of(m), &a, None, rows, to).ok_or("not run")?;
        }
        for (i, got) in got.iter().enumerate() {
            let sum: f64 = (0..k)
                .map(|j| f64::from(a[i / n * k + j]) * f64::from(b[at(j, i % n)]))
                .sum();
            let off = (f64::from(*got) - sum - f64::from(bias[i % n])).abs();
            if off.is_nan() || off > 1e-6 * (k + 1) as f64 {
                return Err(format!("product {m} {k} {n} {transposed}: off by {off}"));
            }
        }
        let (a, b) = (r.bytes(m * k), r.bytes(k * n));
        let (x, y) = (
            Quant::new(0.02, 100, false).unwrap(),
            Quant::new(0.3, 50, false).unwrap(),
        );
        let scales = Scales {
            scale: &[0.01],
            zero_point: &[90],
        };
        let layer = product_q8(
            [k, n],
            x,
            Weights8::Unsigned(&b),
            transposed,
            scales,
            &[],
            End8::Bytes(y),
        )
        .ok_or("refused")?;
        let mut got = vec![0; m * n];
        layer
            .run(rows_of(m), &a, 0..m, Output8::Bytes(&mut got))
            .ok_or("not run")?;
        for (i, got) in got.iter().enumerate() {
            let sum: i64 = (0..k)
                .map(|j| (i64::from(a[i / n * k + j]) - 100) * (i64::from(b[at(j, i % n)]) - 90))
                .sum();
            let by = f64::from(0.02_f32 * 0.01 / 0.3);
            let expected = ((sum as f64 * by).round_ties_even() + 50.0).clamp(0.0, 255.0) as u8;
            if *got != expected {
                return Err(format!(
                    "int8 product {m} {k} {n} {transposed}: {got}, not {expected}"
                ));
            }
        }
    }
    Ok(())
}

pub fn pools(cases: usize) -> Result<(), String> {
    let mut r = Random(5);
    let mut done = 0;
    while done < cases {
        let mut case = Case::random(&mut r);
        case.outputs = case.inputs;
        let (ceil, counts) = (r.int(0, 1) == 1, r.int(0, 1) == 1);
        // ONNX has padding below the kernel's extent.
        case.pads = std::array::from_fn(|a| {
            case.pads[a].map(|p| p.min((case.kernel[a] - 1) * case.dilation[a]))
        });
        let pool = Pool::new(case.window(), ceil, counts);
        let Some(out) = pool.output(case.extent) else {
            continue;
        };
        for a in 0..3 {
            // ONNX's formula.
            let span = (case.extent[a] + case.pads[a][0] + case.pads[a][1]) as f64
                - ((case.kernel[a] - 1) * case.dilation[a] + 1) as f64;
            let steps = span / case.stride[a] as f64;
            let mut n = if ceil { steps.ceil() } else { steps.floor() } as usize + 1;
            if ceil && (n - 1) * case.stride[a] >= case.extent[a] + case.pads[a][0] {
                n -= 1;
            }
            if n != out[a] {
                return Err(format!("{case:?}: extent {out:?}"));
            }
        }
        done += 1;
        let c = case.inputs;
        let row = out[2] * c;
        let n = out.iter().product::<usize>() * c;
        let (floats, bytes) = (r.floats(case.input_len()), r.bytes(case.input_len()));
        let (x, y) = (
            Quant::new(0.02, 100, false).unwrap(),
            Quant::new(0.015, -20, true).unwrap(),
        );
        let (mut maxima, mut max_bytes, mut means, mut mean_bytes) =
            (vec![0.0; n], vec![0; n], vec![0.0; n], vec![0; n]);
        for rows in parts(&mut r, out[0] * out[1]) {
            let to = rows.start * row..rows.end * row;
            pool.max_f32(
                case.extent,
                c,
                &floats,
                rows.clone(),
                &mut maxima[to.clone()],
                &mut || true,
            )
            .ok_or("not run")?;
            pool.max_q8(
                case.extent,
                c,
                &bytes,
                true,
                rows.clone(),
                &mut max_bytes[to.clone()],
                &mut || true,
            )
            .ok_or("not run")?;
            pool.mean_f32(
                case.extent,
                c,
                &floats,
                rows.clone(),
                &mut means[to.clone()],
                &mut || true,
            )
            .ok_or("not run")?;
            let to = &mut mean_bytes[to];
            pool.mean_q8(case.extent, c, &bytes, [x, y], rows, to, &mut || true)
                .ok_or("not run")?;
        }
        for i in 0..n {
            let (place, channel) = (i / c, i % c);
            let at = [
                place / (out[1] * out[2]),
                place / out[2] % out[1],
                place % out[2],
            ];
            let (mut inside, mut counted) = (vec![], 0);
            for tap in 0..case.kernel.iter().product() {
                let k = [
                    tap / (case.kernel[1] * case.kernel[2]),
                    tap / case.kernel[2] % case.kernel[1],
                    tap % case.kernel[2],
                ];
                let from: [i64; 3] = std::array::from_fn(|a| {
                    (at[a] * case.stride[a] + k[a] * case.dilation[a]) as i64
                        - case.pads[a][0] as i64
                });
                let within = |a: usize, after: i64| from[a] < case.extent[a] as i64 + after;
                if (0..3).all(|a| from[a] >= 0 && within(a, 0)) {
                    let from = from.map(|v| v as usize);
                    inside.push(
                        ((from[0] * case.extent[1] + from[1]) * case.extent[2] + from[2]) * c
                            + channel,
                    );
                    counted += usize::from(!counts);
                }
                counted += usize::from(counts && (0..3).all(|a| within(a, case.pads[a][1] as i64)));
            }
            let max = inside
                .iter()
                .map(|&j| floats[j])
                .fold(f32::NEG_INFINITY, f32::max);
            // Where a window has nothing but padding, the least value.
            let max_byte = inside.iter().map(|&j| bytes[j] as i8).max().unwrap_or(-128);
            let mean =
                inside.iter().map(|&j| f64::from(floats[j])).sum::<f64>() / counted.max(1) as f64;
            let sum: i64 = inside.iter().map(|&j| i64::from(bytes[j]) - 100).sum();
            let exact =
                sum as f64 * f64::from(0.02_f32) / (f64::from(0.015_f32) * counted.max(1) as f64);
            let mean_byte = (exact - 20.0).clamp(-128.0, 127.0);
            let off = (f64::from(means[i]) - mean).abs();
            if maxima[i] != max
                || max_bytes[i] as i8 != max_byte
                || off > 1e-5
                || (f64::from(mean_bytes[i] as i8) - mean_byte).abs() > 0.500001
            {
                return Err(format!(
                    "{case:?} {ceil} {counts} at {i}: {} {max}, {} {max_byte}, {} {mean}, {} {mean_byte}",
                    maxima[i], max_bytes[i] as i8, means[i], mean_bytes[i] as i8
                ));
            }
        }
    }
    Ok(())
}

pub fn pairs() -> Result<(), String> {
    let all: Vec<u8> = (0..=255).collect();
    let mut r = Random(6);
    for signed in [false, true] {
        let zero = |r: &mut Random| r.int(0, 255) as i32 - if signed { 128 } else { 0 };
        let (az, bz, yz) = (zero(&mut r), zero(&mut r), zero(&mut r));
        let (a_scale, b_scale, y_scale) = (0.013_f32, 0.21_f32, 0.17_f32);
        let quants = [(a_scale, az), (b_scale, bz), (y_scale, yz)]
            .map(|(s, z)| Quant::new(s, z, signed).unwrap());
        let value = |b: u8| {
            if signed {
                i32::from(b as i8)
            } else {
                i32::from(b)
            }
        };
        let (low, high) = if signed {
            (-128.0, 127.0)
        } else {
            (0.0, 255.0)
        };
        for m in 0..=255 {
            for by in [Pair::Sum, Pair::Product] {
                let mut got = vec![0; 256];
                let n = 256 - usize::from(m % 8);
                pair_q8(by, quants, &vec![m; n], &all[..n], &mut got[..n]).ok_or("not run")?;
                pair_q8(by, quants, &vec![m; 256 - n], &all[n..], &mut got[n..])
                    .ok_or("not run")?;
                for (n, got) in (0..=255_u8).zip(got) {
                    let (a, b) = (
                        (value(m) - az) as f32 * a_scale,
                        (value(n) - bz) as f32 * b_scale,
                    );
                    let v = if by == Pair::Sum { a + b } else { a * b };
                    let expected =
                        ((v / y_scale).round_ties_even() + yz as f32).clamp(low, high) as i32 as u8;
                    if got != expected {
                        return Err(format!("{by:?} of {m} and {n}: {got}, not {expected}"));
                    }
                }
            }
        }
    }
    Ok(())
}
