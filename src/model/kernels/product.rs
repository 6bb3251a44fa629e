//! Matrix products (ONNX Gemm, MatMul, QGemm, QLinearMatMul): A (M × K) · B (K × N) as a 1×1 convolution of M places. The rows of A are rows of
//! the run: extent (1, M, 1), rows `0..M`, or parts of them.

use crate::model::kernels::activation::Activation;
use crate::model::kernels::conv_f32::ConvF32;
use crate::model::kernels::conv_q8::{ConvQ8, End8, Weights8};
use crate::model::kernels::quant::{Quant, Scales};
use crate::model::kernels::window::{Channels, Window};

/// The extent to give to a product of `m` rows.
pub fn rows_of(m: usize) -> [usize; 3] {
    [1, m, 1]
}

/// N × K of K × N, or what is so already.
fn by_output<T: Copy>([k, n]: [usize; 2], b: &[T], transposed: bool) -> Option<Vec<T>> {
    if b.len() != k.checked_mul(n)? || k == 0 {
        return None;
    }
    Some(if transposed {
        b.to_vec()
    } else {
        (0..n)
            .flat_map(|column| b.iter().skip(column).step_by(n).copied())
            .collect()
    })
}

/// A product with the float32 matrix `b`, of K × N (`transposed`: N × K). `None` where a length is wrong.
pub fn product_f32(
    [k, n]: [usize; 2],
    b: &[f32],
    transposed: bool,
    bias: &[f32],
    end: Activation,
) -> Option<ConvF32> {
    let channels = Channels::new(k, n, 1)?;
    let b = by_output([k, n], b, transposed)?;
    ConvF32::new(Window::POINT, channels, &b, bias, end)
}

/// A product with the int8 matrix `b`, of K × N (`transposed`: N × K); its scales and zero points are one, or one for each column of the
/// product. `None` where a length, scale or zero point is wrong.
pub fn product_q8(
    [k, n]: [usize; 2],
    input: Quant,
    b: Weights8<'_>,
    transposed: bool,
    scales: Scales<'_>,
    bias: &[i32],
    end: End8,
) -> Option<ConvQ8> {
    let channels = Channels::new(k, n, 1)?;
    let make = |weights: Weights8<'_>| {
        ConvQ8::new(Window::POINT, channels, input, weights, scales, bias, end)
    };
    match b {
        Weights8::Unsigned(b) => make(Weights8::Unsigned(&by_output([k, n], b, transposed)?)),
        Weights8::Signed(b) => make(Weights8::Signed(&by_output([k, n], b, transposed)?)),
    }
}
