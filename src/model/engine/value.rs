//! What a name of the graph stands for while a network is laid out: a constant, or a tensor that the run will hold.

use std::{borrow::Cow, rc::Rc};

use crate::model::{kernels::Quant, onnx::Tensor};

/// A tensor of the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Live {
    /// Which buffer of the run.
    pub(super) slot: usize,
    /// Size along each axis, in ONNX's order.
    pub(super) dims: Vec<usize>,
    /// Channels (axis 1) lie last in memory.
    pub(super) last: bool,
    pub(super) is: Is,
}

/// What the values of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Is {
    /// float32.
    Floats,
    /// Bytes that mean floats: what DequantizeLinear gives, before anything asks for the floats.
    Quantized(Quant),
    /// uint8, or int8: what QuantizeLinear gives.
    Bytes { signed: bool },
}

impl Live {
    /// Sizes in the order of memory.
    pub(super) fn physical(&self) -> Vec<usize> {
        if !self.last {
            return self.dims.clone();
        }
        let mut order = self.dims.clone();
        let channels = order.remove(1);
        order.push(channels);
        order
    }

    /// Where a logical axis lies in memory.
    pub(super) fn axis(&self, logical: usize) -> usize {
        axis_in(self.last, self.dims.len(), logical)
    }

    pub(super) fn len(&self) -> usize {
        self.dims.iter().product()
    }

    pub(super) fn channels(&self) -> usize {
        self.dims.get(1).copied().unwrap_or(1)
    }

    /// D, H, W of a tensor N, C, then up to three axes.
    pub(super) fn extent(&self) -> Option<[usize; 3]> {
        three(self.dims.get(2..)?, 1)
    }
}

/// Axes that a tensor may have, as in a file.
const MOST_AXES: usize = 16;

/// The number of values of a tensor with at most `most`. `None` beyond, also where an axis of 0 hides sizes that are.
pub(super) fn count(dims: &[usize], most: usize) -> Option<usize> {
    if dims.len() > MOST_AXES {
        return None;
    }
    let full = dims
        .iter()
        .try_fold(1_usize, |n, &d| n.checked_mul(d.max(1)));
    full.filter(|&n| n <= most)?;
    Some(dims.iter().product())
}

/// Where a logical axis lies in memory.
pub(super) fn axis_in(last: bool, rank: usize, logical: usize) -> usize {
    match (last, logical) {
        (false, a) | (true, a @ 0) => a,
        (true, 1) => rank - 1,
        (true, a) => a - 1,
    }
}

/// Up to three numbers as D, H, W; what is not there is `or`.
pub(super) fn three<T: Copy>(of: &[T], or: T) -> Option<[T; 3]> {
    match *of {
        [] => Some([or; 3]),
        [w] => Some([or, or, w]),
        [h, w] => Some([or, h, w]),
        [d, h, w] => Some([d, h, w]),
        _ => None,
    }
}

/// A tensor that is known before the run. Copies are cheap: whoever reads a name gets one.
#[derive(Debug, Clone)]
pub(super) enum Constant<'a> {
    /// As it lies in the file.
    File(&'a Tensor<'a>),
    /// Computed.
    Floats(Vec<usize>, Rc<[f32]>),
    /// Computed; whole numbers and truth values of any width.
    Ints(Vec<usize>, Rc<[i64]>),
    /// DequantizeLinear of a constant, with the floats not yet computed.
    Quantized(Rc<Weights<'a>>),
}

/// Quantized weights.
#[derive(Debug, Clone)]
pub(super) struct Weights<'a> {
    pub(super) dims: Vec<usize>,
    pub(super) values: Values<'a>,
    /// One, or one for each place along `axis`.
    pub(super) scale: Vec<f32>,
    /// As many as scales.
    pub(super) zero: Vec<i32>,
    pub(super) axis: usize,
}

/// The values of quantized weights.
#[derive(Debug, Clone)]
pub(super) enum Values<'a> {
    Signed(Cow<'a, [u8]>),
    Unsigned(Cow<'a, [u8]>),
    /// int32, as biases are.
    Wide(Vec<i64>),
}

impl Values<'_> {
    fn get(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        match self {
            Self::Signed(v) => Box::new(v.iter().map(|&v| i64::from(v as i8))),
            Self::Unsigned(v) => Box::new(v.iter().map(|&v| i64::from(v))),
            Self::Wide(v) => Box::new(v.iter().copied()),
        }
    }
}

impl Weights<'_> {
    /// The floats that they stand for.
    pub(super) fn floats(&self) -> Vec<f32> {
        let inner: usize = self.dims.iter().skip(self.axis + 1).product();
        let each = self.scale.len().max(1);
        self.values
            .get()
            .enumerate()
            .map(|(i, v)| {
                let at = if each == 1 {
                    0
                } else {
                    i / inner.max(1) % each
                };
                let zero = self.zero.get(at).copied().unwrap_or_default();
                let scale = self.scale.get(at).copied().unwrap_or_default();
                (v - i64::from(zero)) as f32 * scale
            })
            .collect()
    }
}

impl Constant<'_> {
    pub(super) fn dims(&self) -> &[usize] {
        match self {
            Self::File(tensor) => &tensor.dims,
            Self::Floats(dims, _) | Self::Ints(dims, _) => dims,
            Self::Quantized(weights) => &weights.dims,
        }
    }

    /// As float32, where it has floats.
    pub(super) fn floats(&self) -> Option<Vec<f32>> {
        match self {
            Self::File(tensor) => tensor.floats(),
            Self::Floats(_, values) => Some(values.to_vec()),
            Self::Ints(..) => None,
            Self::Quantized(weights) => Some(weights.floats()),
        }
    }

    /// As whole numbers, where it has them.
    pub(super) fn ints(&self) -> Option<Vec<i64>> {
        match self {
            Self::File(tensor) => tensor.ints(),
            Self::Ints(_, values) => Some(values.to_vec()),
            Self::Floats(..) | Self::Quantized(_) => None,
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Constant(Constant<'a>),
    Live(Live),
}

impl Value<'_> {
    pub(super) fn dims(&self) -> &[usize] {
        match self {
            Self::Constant(constant) => constant.dims(),
            Self::Live(live) => &live.dims,
        }
    }
}
