//! QuantizeLinear and DequantizeLinear: between floats and bytes. DequantizeLinear is only noted; who needs floats makes them.

use std::ops::Range;

use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Planes, Target, View},
    value::{Constant, Is, Live, Value, Values, Weights},
};
use crate::model::{
    kernels::{Quant, Table},
    onnx::{Kind, Node},
};

/// Bytes to the floats that they mean.
#[derive(Debug)]
struct Floats {
    quant: Quant,
    plane: Option<usize>,
}

impl Op for Floats {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        self.quant
            .dequantize(inputs.first()?.bytes()?, output.floats()?)
    }

    fn planes(&self) -> Option<&dyn Planes> {
        self.plane.is_some().then_some(self)
    }
}

impl Planes for Floats {
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
        let from = input.bytes()?.get(planes.start * each..planes.end * each)?;
        self.quant.dequantize(from, output.floats()?)
    }
}

/// The floats that bytes mean.
pub(in crate::model::engine) fn floats(b: &mut Builder<'_>, x: &Live, quant: Quant) -> Lay<Live> {
    let op = Floats {
        quant,
        plane: plane(x),
    };
    b.step(op, &[x], x.dims.clone(), x.last, Is::Floats)
}

/// Floats to bytes.
#[derive(Debug)]
struct Bytes {
    quant: Quant,
    plane: Option<usize>,
}

impl Op for Bytes {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        self.quant
            .quantize(inputs.first()?.floats()?, output.bytes()?)
    }

    fn planes(&self) -> Option<&dyn Planes> {
        self.plane.is_some().then_some(self)
    }
}

impl Planes for Bytes {
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
        self.quant.quantize(from, output.bytes()?)
    }
}

/// Bytes to bytes by a table.
#[derive(Debug)]
struct Bytewise {
    table: Table,
    plane: Option<usize>,
}

impl Op for Bytewise {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        self.table.apply(inputs.first()?.bytes()?, output.bytes()?)
    }

    fn planes(&self) -> Option<&dyn Planes> {
        self.plane.is_some().then_some(self)
    }
}

impl Planes for Bytewise {
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
        let from = input.bytes()?.get(planes.start * each..planes.end * each)?;
        self.table.apply(from, output.bytes()?)
    }
}

/// The bytes that a table gives for a tensor's bytes.
pub(super) fn by_table(b: &mut Builder<'_>, x: &Live, table: Table, is: Is) -> Lay<Live> {
    let op = Bytewise {
        table,
        plane: plane(x),
    };
    b.step(op, &[x], x.dims.clone(), x.last, is)
}

/// Values of a plane of a volume, where the tensor is one.
pub(super) fn plane(x: &Live) -> Option<usize> {
    match *x.dims.as_slice() {
        [1, c, _, h, w] if x.last || c == 1 => Some(c * h * w),
        _ => None,
    }
}

/// A tensor as bytes of that quantization.
pub(super) fn bytes(b: &mut Builder<'_>, x: &Live, quant: Quant) -> Lay<Live> {
    let is = Is::Bytes {
        signed: quant.signed(),
    };
    match x.is {
        Is::Quantized(own) if own.same(quant) && !quant.limited() => Ok(Live { is, ..x.clone() }),
        Is::Quantized(own) => by_table(b, x, Table::requantized(own, quant), is),
        Is::Floats => b.step(
            Bytes {
                quant,
                plane: plane(x),
            },
            &[x],
            x.dims.clone(),
            x.last,
            is,
        ),
        Is::Bytes { .. } => Err(b.refuse("bytes where floats are needed")),
    }
}

/// QuantizeLinear.
pub(in crate::model::engine) fn quantize<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let quant = b
        .quant(node, 1, 2)
        .ok_or_else(|| b.refuse("more than one scale, or a type other than uint8 and int8"))?;
    let y = bytes(b, &x, quant)?;
    b.give(node, y)
}

/// DequantizeLinear, of a constant or of bytes.
pub(in crate::model::engine) fn dequantize<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    match x {
        Value::Constant(_) => {
            let made = weights(b, node, [0, 1, 2], 1)?;
            b.bind(node, Value::Constant(Constant::Quantized(made.into())))
        }
        Value::Live(x) => {
            let Is::Bytes { signed } = x.is else {
                return Err(b.refuse("floats where bytes are needed"));
            };
            let quant = if node.inputs.get(2).is_none_or(|name| name.is_empty()) {
                let scale = b.reals(node, 1)?.unwrap_or_default();
                match scale.as_slice() {
                    [scale] => Quant::new(*scale, 0, signed),
                    _ => None,
                }
            } else {
                b.quant(node, 1, 2).filter(|q| q.signed() == signed)
            };
            let quant = quant
                .ok_or_else(|| b.refuse("more than one scale, or another type than its input's"))?;
            b.give(
                node,
                Live {
                    is: Is::Quantized(quant),
                    ..x
                },
            )
        }
    }
}

/// Quantized constants: values, scale and zero point from three inputs. `axis`: what DequantizeLinear takes where the node names none.
pub(super) fn weights<'a>(
    b: &Builder<'a>,
    node: &Node<'a>,
    [at, scale, zero]: [usize; 3],
    axis: i64,
) -> Lay<Weights<'a>> {
    let wrong = || b.refuse("quantized weights of a form that is not known here");
    let constant = b.constant(node, at)?.ok_or_else(wrong)?;
    let Constant::File(tensor) = &constant else {
        return Err(wrong());
    };
    if node.int("block_size", 0) != 0 {
        return Err(b.refuse("block_size"));
    }
    b.charge(&constant)?;
    let values = match tensor.kind {
        Kind::Int8 => Values::Signed(tensor.bytes().ok_or_else(wrong)?),
        Kind::Uint8 => Values::Unsigned(tensor.bytes().ok_or_else(wrong)?),
        Kind::Int32 => Values::Wide(tensor.ints().ok_or_else(wrong)?),
        _ => return Err(wrong()),
    };
    let scale = b.reals(node, scale)?.ok_or_else(wrong)?;
    let zero = match b.constant(node, zero)? {
        None => vec![0; scale.len()],
        Some(own) => {
            let own = own.ints().ok_or_else(wrong)?;
            own.iter().map(|&z| z as i32).collect()
        }
    };
    let dims = tensor.dims.clone();
    let axis = if scale.len() == 1 {
        0
    } else {
        b.axis(node.int("axis", axis), dims.len())?
    };
    let fits = scale.len() == 1 || dims.get(axis) == Some(&scale.len());
    if !fits || zero.len() != scale.len() || scale.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
        return Err(wrong());
    }
    Ok(Weights {
        dims,
        values,
        scale,
        zero,
        axis,
    })
}

/// An operand of an operator of the QLinear family: the tensor and its quantization, from inputs `at`, `at + 1`, `at + 2`.
pub(super) fn operand<'a>(b: &mut Builder<'a>, node: &Node<'a>, at: usize) -> Lay<(Live, Quant)> {
    let quant = b
        .quant(node, at + 1, at + 2)
        .ok_or_else(|| b.refuse("more than one scale, or a type other than uint8 and int8"))?;
    match b.input(node, at)? {
        Value::Live(x)
            if x.is
                == (Is::Bytes {
                    signed: quant.signed(),
                }) =>
        {
            Ok((x, quant))
        }
        Value::Live(_) => Err(b.refuse("floats where bytes are needed")),
        Value::Constant(_) => Err(b.refuse("a constant operand")),
    }
}
