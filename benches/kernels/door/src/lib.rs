//! The kernels behind a C ABI, for tests and measurements in WebAssembly under Node. Not part of the product.
#![allow(unsafe_code, clippy::all, dead_code, missing_docs)]

extern crate self as negatoscope;
#[path = "../../../../src/model"]
pub mod model {
    #[path = "kernels/mod.rs"]
    pub mod kernels;
}
#[path = "../../../../tests/kernels/definition/mod.rs"]
mod definition;

use model::kernels::*;

static mut TEXT: String = String::new();

/// 0, or the length of the text at `text()`.
#[unsafe(no_mangle)]
pub extern "C" fn selftest() -> usize {
    match definition::all() {
        Ok(()) => 0,
        Err(e) => unsafe {
            TEXT = e;
            (&*(&raw const TEXT)).len()
        },
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn text() -> *const u8 {
    unsafe { (&*(&raw const TEXT)).as_ptr() }
}
#[unsafe(no_mangle)]
pub extern "C" fn alloc(bytes: usize) -> *mut u8 {
    let v: Vec<u128> = vec![0; bytes.div_ceil(16) + 1];
    Box::leak(v.into_boxed_slice()).as_mut_ptr().cast()
}

enum Layer {
    F(ConvF32),
    Q(ConvQ8),
}

pub struct Job {
    layer: Layer,
    extent: [usize; 3],
    output: [usize; 3],
}

unsafe fn slice<'a, T>(at: *const T, n: usize) -> &'a [T] {
    unsafe { std::slice::from_raw_parts(at, n) }
}

/// p: extent 3, inputs, outputs, groups, kernel 3, stride 3, dilation 3, pads 6 (before, after each axis), lanes (0 auto, 1 channels, 2 places), input zero, output zero.
/// kind: 0 float32, 1 int8 (u8, s8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn make(
    kind: u32,
    p: *const u32,
    weights: *const u8,
    bias: *const u8,
    scales: *const f32,
    end: u32,
) -> *mut Job {
    let p: Vec<usize> = unsafe { slice(p, 24) }
        .iter()
        .map(|&v| v as usize)
        .collect();
    let three = |i: usize| [p[i], p[i + 1], p[i + 2]];
    let window = Window::new(
        three(6),
        three(9),
        three(12),
        [[p[15], p[16]], [p[17], p[18]], [p[19], p[20]]],
    )
    .unwrap();
    let channels = Channels::new(p[3], p[4], p[5]).unwrap();
    let n = window.taps() * p[4] * p[3] / p[5];
    let layer = match kind {
        0 => {
            let (w, b) = unsafe {
                (
                    slice(weights.cast::<f32>(), n),
                    slice(bias.cast::<f32>(), p[4]),
                )
            };
            let end = if end == 1 {
                Activation::Relu
            } else if end == 2 {
                Activation::Elu(1.0)
            } else {
                Activation::Identity
            };
            Layer::F(
                match p[21] {
                    0 => ConvF32::new(window, channels, w, b, end),
                    1 => ConvF32::with_lanes(window, channels, w, b, end, Lanes::Channels),
                    2 => ConvF32::with_lanes(window, channels, w, b, end, Lanes::Places),
                    3 => ConvF32::with_lanes(window, channels, w, b, end, Lanes::Winograd),
                    _ => ConvF32::with_lanes(window, channels, w, b, end, Lanes::PlacePairs),
                }
                .unwrap(),
            )
        }
        1 => {
            let (w, b) = unsafe {
                (
                    slice(weights.cast::<i8>(), n),
                    slice(bias.cast::<i32>(), p[4]),
                )
            };
            let s = unsafe { slice(scales, p[4] + 2) };
            let x = Quant::new(s[0], p[22] as i32, false).unwrap();
            let y = End8::Bytes(Quant::new(s[1], p[23] as i32, false).unwrap());
            let scales = Scales {
                scale: &s[2..],
                zero_point: &[],
            };
            let w = Weights8::Signed(w);
            Layer::Q(
                match p[21] {
                    0 => ConvQ8::new(window, channels, x, w, scales, b, y),
                    1 => ConvQ8::with_lanes(window, channels, x, w, scales, b, y, Lanes::Channels),
                    2 => ConvQ8::with_lanes(window, channels, x, w, scales, b, y, Lanes::Places),
                    3 => ConvQ8::with_lanes(window, channels, x, w, scales, b, y, Lanes::Winograd),
                    _ => ConvQ8::with_lanes(window, channels, x, w, scales, b, y, Lanes::PlacePairs),
                }
                .unwrap(),
            )
        }
        _ => return std::ptr::null_mut(),
    };
    let output = window.output(three(0)).unwrap();
    Box::leak(Box::new(Job {
        layer,
        extent: three(0),
        output,
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(
    job: *const Job,
    input: *const u8,
    n: usize,
    output: *mut u8,
    m: usize,
) -> u32 {
    let job = unsafe { &*job };
    let rows = 0..job.output[0] * job.output[1];
    match &job.layer {
        Layer::F(conv) => {
            let (x, y) = unsafe {
                (
                    slice(input.cast::<f32>(), n),
                    std::slice::from_raw_parts_mut(output.cast::<f32>(), m),
                )
            };
            conv.run(job.extent, x, None, rows, y).is_some() as u32
        }
        Layer::Q(conv) => {
            let (x, y) = unsafe { (slice(input, n), std::slice::from_raw_parts_mut(output, m)) };
            conv.run(job.extent, x, rows, Output8::Bytes(y)).is_some() as u32
        }
    }
}
