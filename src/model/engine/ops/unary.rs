//! Functions of one value.

use std::ops::Range;

use super::quant::by_table;
use crate::model::engine::{
    build::{Builder, Lay},
    look::clipped,
    op::{Op, Planes, Target, View},
    value::{Is, Live, Value},
};
use crate::model::{
    kernels::{Activation, Table},
    onnx::Node,
};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Unary {
    Ends(Activation),
    Selu(f32, f32),
    Celu(f32),
    Sigmoid,
    HardSigmoid(f32, f32),
    HardSwish,
    Tanh,
    Softplus,
    Softsign,
    Mish,
    Gelu,
    GeluTanh,
    Erf,
    Exp,
    Log,
    Sqrt,
    Abs,
    Neg,
    Floor,
    Ceil,
    Round,
    Sign,
    Reciprocal,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Asinh,
    Acosh,
    Atanh,
    /// v · sigmoid(α v).
    Swish(f32),
    Thresholded(f32),
}

/// The logistic function.
pub(super) fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-v))
}

fn softplus(v: f32) -> f32 {
    // ln(1 + eᵛ), which is v where eᵛ is beyond float32.
    if v > 20.0 {
        v
    } else {
        libm::log1pf(libm::expf(v))
    }
}

impl Unary {
    fn of(b: &Builder<'_>, node: &Node<'_>) -> Option<Self> {
        if let Some(activation) = b.activation(node) {
            return Some(Self::Ends(activation));
        }
        Some(match node.op {
            "Selu" => Self::Selu(
                node.float("alpha", 1.673_263_2),
                node.float("gamma", 1.050_701),
            ),
            "Celu" => Self::Celu(node.float("alpha", 1.0)),
            "Sigmoid" => Self::Sigmoid,
            "HardSigmoid" => Self::HardSigmoid(node.float("alpha", 0.2), node.float("beta", 0.5)),
            "HardSwish" => Self::HardSwish,
            "Tanh" => Self::Tanh,
            "Softplus" => Self::Softplus,
            "Softsign" => Self::Softsign,
            "Mish" => Self::Mish,
            "Gelu" if node.text("approximate", "none") == "tanh" => Self::GeluTanh,
            "Gelu" => Self::Gelu,
            "Erf" => Self::Erf,
            "Exp" => Self::Exp,
            "Log" => Self::Log,
            "Sqrt" => Self::Sqrt,
            "Abs" => Self::Abs,
            "Neg" => Self::Neg,
            "Floor" => Self::Floor,
            "Ceil" => Self::Ceil,
            "Round" => Self::Round,
            "Sign" => Self::Sign,
            "Reciprocal" => Self::Reciprocal,
            "Sin" => Self::Sin,
            "Cos" => Self::Cos,
            "Tan" => Self::Tan,
            "Asin" => Self::Asin,
            "Acos" => Self::Acos,
            "Atan" => Self::Atan,
            "Sinh" => Self::Sinh,
            "Cosh" => Self::Cosh,
            "Asinh" => Self::Asinh,
            "Acosh" => Self::Acosh,
            "Atanh" => Self::Atanh,
            "Swish" => Self::Swish(node.float("alpha", 1.0)),
            "ThresholdedRelu" => Self::Thresholded(node.float("alpha", 1.0)),
            _ => return None,
        })
    }

    fn one(self, v: f32) -> f32 {
        match self {
            Self::Ends(activation) => activation.one(v),
            Self::Selu(alpha, gamma) => gamma * if v > 0.0 { v } else { alpha * libm::expm1f(v) },
            Self::Celu(alpha) => v.max(0.0) + (alpha * libm::expm1f(v / alpha)).min(0.0),
            Self::Sigmoid => sigmoid(v),
            Self::HardSigmoid(alpha, beta) => (alpha * v + beta).clamp(0.0, 1.0),
            Self::HardSwish => v * (v / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Tanh => libm::tanhf(v),
            Self::Softplus => softplus(v),
            Self::Softsign => v / (1.0 + v.abs()),
            Self::Mish => v * libm::tanhf(softplus(v)),
            Self::Gelu => 0.5 * v * (1.0 + libm::erff(v * std::f32::consts::FRAC_1_SQRT_2)),
            Self::GeluTanh => {
                let inner = 0.797_884_6 * (v + 0.044_715 * v * v * v);
                0.5 * v * (1.0 + libm::tanhf(inner))
            }
            Self::Erf => libm::erff(v),
            Self::Exp => libm::expf(v),
            Self::Log => libm::logf(v),
            Self::Sqrt => v.sqrt(),
            Self::Abs => v.abs(),
            Self::Neg => -v,
            Self::Floor => v.floor(),
            Self::Ceil => v.ceil(),
            Self::Round => v.round_ties_even(),
            Self::Sign => {
                if v == 0.0 {
                    0.0
                } else {
                    v.signum()
                }
            }
            Self::Reciprocal => 1.0 / v,
            Self::Sin => libm::sinf(v),
            Self::Cos => libm::cosf(v),
            Self::Tan => libm::tanf(v),
            Self::Asin => libm::asinf(v),
            Self::Acos => libm::acosf(v),
            Self::Atan => libm::atanf(v),
            Self::Sinh => libm::sinhf(v),
            Self::Cosh => libm::coshf(v),
            Self::Asinh => libm::asinhf(v),
            Self::Acosh => libm::acoshf(v),
            Self::Atanh => libm::atanhf(v),
            Self::Swish(alpha) => v * sigmoid(alpha * v),
            Self::Thresholded(alpha) => {
                if v > alpha {
                    v
                } else {
                    0.0
                }
            }
        }
    }

    fn apply(self, values: &mut [f32]) {
        match self {
            Self::Ends(activation) => activation.apply(values),
            Self::Sqrt => each(values, f32::sqrt),
            Self::Abs => each(values, f32::abs),
            Self::Neg => each(values, |v| -v),
            Self::HardSigmoid(..) => each(values, |v| self.one(v)),
            Self::HardSwish => each(values, |v| Self::HardSwish.one(v)),
            _ => each(values, |v| self.one(v)),
        }
    }
}

fn each(values: &mut [f32], of: impl Fn(f32) -> f32) {
    for v in values {
        *v = of(*v);
    }
}

#[derive(Debug)]
struct Map {
    of: Unary,
    plane: Option<usize>,
}

impl Op for Map {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        if x.len() != y.len() {
            return None;
        }
        y.copy_from_slice(x);
        self.of.apply(y);
        Some(())
    }

    fn replaces(&self) -> bool {
        true
    }

    fn replace(&self, buffer: Target<'_>, _: &[View<'_>]) -> Option<()> {
        self.of.apply(buffer.floats()?);
        Some(())
    }

    fn planes(&self) -> Option<&dyn Planes> {
        self.plane.is_some().then_some(self)
    }
}

impl Planes for Map {
    fn reach(&self) -> [usize; 2] {
        [0; 2]
    }

    fn sizes(&self) -> Option<[usize; 2]> {
        Some([self.plane?; 2])
    }

    fn run(
        &self,
        _: usize,
        input: View<'_>,
        planes: Range<usize>,
        output: Target<'_>,
    ) -> Option<()> {
        let each = self.plane?;
        let from = input
            .floats()?
            .get(planes.start * each..planes.end * each)?;
        let to = output.floats()?;
        if from.len() != to.len() {
            return None;
        }
        to.copy_from_slice(from);
        self.of.apply(to);
        Some(())
    }
}

/// A node that is a function of each value.
pub(in crate::model::engine) fn lay<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let of =
        Unary::of(b, node).ok_or_else(|| b.refuse("limits that are not known before the run"))?;
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    if let Is::Quantized(own) = x.is {
        // Limits that the bytes can have: the same quantization after.
        if let Unary::Ends(activation @ (Activation::Relu | Activation::Clip(..))) = of
            && let Some(to) = clipped(own, activation)
            && exact(own, activation)
        {
            let y = by_table(b, &x, Table::requantized(own, to), Is::Quantized(own))?;
            return b.give(node, y);
        }
        if let Some(&name) = node.outputs.first()
            && let Some((name, quant, after)) = b.quantized_next(name)
            && let Some(quant) = clipped(quant, after)
        {
            return table(b, name, &x, own, quant, |v| of.one(v));
        }
    }
    let x = b.floats(Value::Live(x))?;
    let map = Map {
        of,
        plane: super::quant::plane(&x),
    };
    let y = b.step(map, &[&x], x.dims.clone(), x.last, Is::Floats)?;
    b.give(node, y)
}

/// Whether the limits are values that bytes have: for Relu always, because 0 is one.
fn exact(own: crate::model::kernels::Quant, activation: Activation) -> bool {
    match activation {
        Activation::Relu => true,
        Activation::Clip(low, high) => {
            let [least, most] = [f32::MIN, f32::MAX].map(|v| own.float(own.byte(v)));
            // Limits that lie beyond all bytes on the other side give a value that no byte means.
            low <= most
                && high >= least
                && [low, high]
                    .iter()
                    .all(|&v| own.float(own.byte(v)) == v || !own.holds(v))
        }
        _ => false,
    }
}

fn table<'a>(
    b: &mut Builder<'a>,
    name: &'a str,
    x: &Live,
    from: crate::model::kernels::Quant,
    to: crate::model::kernels::Quant,
    of: impl Fn(f32) -> f32,
) -> Lay<()> {
    let is = Is::Bytes {
        signed: to.signed(),
    };
    let y = by_table(b, x, Table::new(from, to, of), is)?;
    b.name(name, Value::Live(y));
    Ok(())
}

fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>, of: impl Fn(f32) -> f32) -> Lay<()> {
    let (x, from) = super::quant::operand(b, node, 0)?;
    let to = b
        .quant(node, 3, 4)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let Some(&name) = node.outputs.first() else {
        return Err(b.refuse("no output"));
    };
    table(b, name, &x, from, to, of)
}

/// QLinearSigmoid.
pub(in crate::model::engine) fn quantized_sigmoid<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    quantized(b, node, sigmoid)
}

/// QLinearLeakyRelu.
pub(in crate::model::engine) fn quantized_leaky_relu<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    let slope = node.float("alpha", 0.01);
    quantized(b, node, move |v| if v < 0.0 { slope * v } else { v })
}
