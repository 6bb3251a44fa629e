//! A chain read out of an ONNX graph, or what the graph has that no chain has.

use std::collections::HashMap;

use super::chain::{Activation, Chain, End, Layer, Norm, Start, whole};
use crate::model::onnx::{Axis, Kind, Model, Node, Tensor};

/// Why a network is none of these, in words.
type Read<T> = Result<T, String>;

/// Whole numbers up to this are exact in float32.
const EXACT: f64 = 16_777_216.0;
/// Channels of a layer, at most: labels are bytes.
const MOST_CHANNELS: usize = 256;
/// Layers at most.
const MOST_LAYERS: usize = 256;
/// Places from tap to tap at most.
const MOST_DILATION: usize = 1024;

/// Reads a chain.
///
/// # Errors
/// What the network has that no chain has.
pub(super) fn chain(model: &Model<'_>) -> Read<Chain> {
    Reader::new(model)?.chain()
}

/// Scale, zero point and range of bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quant {
    scale: f32,
    zero: f32,
    range: [f32; 2],
}

impl Quant {
    /// Less the zero point.
    fn range(self) -> [f32; 2] {
        self.range.map(|v| v - self.zero)
    }

    /// The whole number for a value, less the zero point.
    fn of(self, v: f32) -> f32 {
        let [low, high] = self.range();
        whole(v, self.scale, [low, high])
    }
}

struct Reader<'a> {
    model: &'a Model<'a>,
    constants: HashMap<&'a str, &'a Tensor<'a>>,
    readers: HashMap<&'a str, Vec<&'a Node<'a>>>,
    /// Nodes by what they give.
    makers: HashMap<&'a str, &'a Node<'a>>,
    input: &'a str,
    output: &'a str,
}

impl<'a> Reader<'a> {
    fn new(model: &'a Model<'a>) -> Read<Self> {
        let graph = &model.graph;
        if graph.sparse || model.functions > 0 {
            return Err("sparse constants and functions of the file's own".to_owned());
        }
        let mut constants = HashMap::new();
        for tensor in &graph.initializers {
            if constants.insert(tensor.name, tensor).is_some() {
                return Err(format!("`{}` is given twice", tensor.name));
            }
        }
        let mut inputs = graph
            .inputs
            .iter()
            .filter(|i| !constants.contains_key(i.name));
        let (Some(input), None) = (inputs.next(), inputs.next()) else {
            return Err("a number of inputs other than one".to_owned());
        };
        let [output] = graph.outputs.as_slice() else {
            return Err("a number of outputs other than one".to_owned());
        };
        let axes = input.shape.as_deref();
        let one = |axis: &Axis<'_>| !matches!(axis, Axis::Size(n) if *n != 1);
        if !matches!(axes, Some([n, c, _, _, _]) if one(n) && one(c))
            || input.kind != Some(Kind::Float)
        {
            return Err("an input that is no volume of one channel".to_owned());
        }
        let (mut readers, mut makers) = (HashMap::<_, Vec<_>>::new(), HashMap::new());
        for node in &graph.nodes {
            for name in node.inputs.iter().filter(|name| !name.is_empty()) {
                readers.entry(*name).or_default().push(node);
            }
            for name in &node.outputs {
                if makers.insert(*name, node).is_some() || constants.contains_key(name) {
                    return Err(format!("`{name}` is given twice"));
                }
            }
        }
        Ok(Self {
            model,
            constants,
            readers,
            makers,
            input: input.name,
            output: output.name,
        })
    }

    fn chain(&self) -> Read<Chain> {
        let mut start = Start::Floats;
        let mut layers: Vec<Layer> = vec![];
        // What the bytes of the tensor at hand mean, where it is one of bytes; `dequantized`: and it is read as floats again.
        let mut quant: Option<Quant> = None;
        let mut dequantized = false;
        // Scales of the sums of the last layer, where that is one of whole numbers: input × weights.
        let mut sums: Option<Vec<f32>> = None;
        let mut at = self.input;
        // A graph that bites its own tail ends too.
        let mut left = self.model.graph.nodes.len();
        while at != self.output {
            left = left.checked_sub(1).ok_or("more links than nodes")?;
            let node = match self.readers.get(at).map(Vec::as_slice) {
                Some([node]) if node.inputs.first() == Some(&at) => *node,
                Some([_, _]) => {
                    at = self.gelu(at, layers.last_mut())?;
                    continue;
                }
                _ => return Err(format!("`{at}` is no link of a chain")),
            };
            let wrong = |what: &str| Err(format!("{}: {what}", node.op));
            if !node.domain.is_empty() && node.domain != "ai.onnx" {
                return wrong("an operator of another set");
            }
            if quant.is_some()
                && !matches!(
                    (node.op, dequantized),
                    ("DequantizeLinear", false) | ("Conv", true)
                )
            {
                return wrong("bytes that no convolution takes");
            }
            match node.op {
                "Conv" => {
                    if layers.len() >= MOST_LAYERS {
                        return wrong("too many of them");
                    }
                    if sums.is_some() && quant.is_none() {
                        return wrong("bytes and floats in turn");
                    }
                    let channels = layers.last().map_or(1, |l: &Layer| l.outputs);
                    let (layer, scales) = self.conv(node, channels, quant)?;
                    layers.push(layer);
                    sums = scales;
                    quant = None;
                }
                "QuantizeLinear" => {
                    let own = self.quant(node)?;
                    match layers.last_mut() {
                        None => {
                            start = Start::Bytes {
                                scale: own.scale,
                                range: own.range(),
                            };
                        }
                        Some(layer) => {
                            let Some(scales) = &sums else {
                                return wrong("floats");
                            };
                            layer.end = requantised(layer, scales, own)?;
                        }
                    }
                    quant = Some(own);
                    dequantized = false;
                }
                "DequantizeLinear" => {
                    if quant != Some(self.quant(node)?) {
                        return wrong("another scale than that of the bytes");
                    }
                    dequantized = true;
                }
                "BatchNormalization" => {
                    let layer = plain(layers.last_mut(), sums.is_none(), node.op)?;
                    self.fold(node, layer)?;
                }
                "InstanceNormalization" => {
                    let layer = plain(layers.last_mut(), sums.is_none(), node.op)?;
                    let one = |at| self.floats(node, at, Some(layer.outputs));
                    layer.norm = Some(Norm {
                        scale: one(1)?,
                        bias: one(2)?,
                        epsilon: node.float("epsilon", 1e-5),
                    });
                }
                "Identity" => {}
                "Dropout" if node.inputs.len() < 3 => {}
                _ => {
                    let Some(activation) = self.activation(node)? else {
                        return wrong("no link of a chain");
                    };
                    activate(layers.last_mut(), activation, node.op)?;
                }
            }
            at = self.only_output(node)?;
        }
        if let (Some(layer), Some(scales)) = (layers.last_mut(), sums)
            && layer.end == End::Floats(Activation::None)
        {
            layer.end = End::Scaled(scales);
        }
        match layers.last() {
            Some(Layer {
                norm: None,
                end: End::Floats(Activation::None) | End::Scaled(_),
                outputs: 2..,
                ..
            }) if quant.is_none() => Ok(Chain { start, layers }),
            // Bytes of one scale have the order of their values.
            Some(Layer {
                end: End::Bytes { .. },
                outputs: 2..,
                ..
            }) if dequantized => Ok(Chain { start, layers }),
            _ => Err("an end that is no logits of labels".to_owned()),
        }
    }

    /// The one output of a node that is read or leaves.
    fn only_output(&self, node: &Node<'a>) -> Read<&'a str> {
        let mut all = node.outputs.iter().copied();
        let first = all.next().unwrap_or_default();
        if all.any(|o| o == self.output || self.readers.contains_key(o)) {
            return Err(format!("{}: several outputs", node.op));
        }
        Ok(first)
    }

    fn tensor(&self, node: &Node<'_>, at: usize) -> Read<Option<&'a Tensor<'a>>> {
        match node.inputs.get(at) {
            None | Some(&"") => Ok(None),
            Some(name) => match self.constants.get(name) {
                Some(tensor) if !tensor.external => Ok(Some(tensor)),
                _ => Err(format!("{}: input {at} is no constant here", node.op)),
            },
        }
    }

    /// Floats of a constant input, so many.
    fn floats(&self, node: &Node<'_>, at: usize, count: Option<usize>) -> Read<Vec<f32>> {
        self.tensor(node, at)?
            .and_then(Tensor::floats)
            .filter(|v| count.is_none_or(|n| n == v.len()) && v.iter().all(|v| v.is_finite()))
            .ok_or_else(|| format!("{}: input {at} has no floats of that number", node.op))
    }

    /// Scale and zero point of one quantization for a whole tensor.
    fn quant(&self, node: &Node<'_>) -> Read<Quant> {
        let wrong = || format!("{}: scale or zero point", node.op);
        let scale = self.floats(node, 1, Some(1))?.first().copied();
        let scale = scale.filter(|&s| s > 0.0).ok_or_else(wrong)?;
        let (zero, signed) = match self.tensor(node, 2)? {
            None => (0, false),
            Some(tensor) => {
                let zero = tensor.ints().filter(|v| v.len() == 1);
                let zero = zero.and_then(|v| v.first().copied()).ok_or_else(wrong)?;
                match tensor.kind {
                    Kind::Uint8 => (zero, false),
                    Kind::Int8 => (zero, true),
                    _ => return Err(wrong()),
                }
            }
        };
        Ok(Quant {
            scale,
            zero: zero as f32,
            range: if signed {
                [-128.0, 127.0]
            } else {
                [0.0, 255.0]
            },
        })
    }

    fn activation(&self, node: &Node<'_>) -> Read<Option<Activation>> {
        Ok(Some(match node.op {
            "Relu" => Activation::Relu,
            "LeakyRelu" => Activation::LeakyRelu(node.float("alpha", 0.01)),
            "Elu" => Activation::Elu(node.float("alpha", 1.0)),
            "Gelu" if node.text("approximate", "none") == "none" => Activation::Gelu,
            "Clip" => {
                let limit = |at: usize, name, or| match node.inputs.get(at) {
                    None | Some(&"") => Ok(node.float(name, or)),
                    _ => self
                        .floats(node, at, Some(1))
                        .map(|v| v.first().copied().unwrap_or(or)),
                };
                let (low, high) = (limit(1, "min", f32::MIN)?, limit(2, "max", f32::MAX)?);
                if low > high {
                    return Err("Clip: limits".to_owned());
                }
                Activation::Clip(low, high)
            }
            _ => return Ok(None),
        }))
    }

    /// v · Φ(v) as exporters without Gelu write it: v · (erf(v / √2) + 1) · ½. Gives the name of the result.
    fn gelu(&self, at: &'a str, layer: Option<&mut Layer>) -> Read<&'a str> {
        let wrong = || format!("`{at}` is read twice");
        let constant = |name: &str| -> Option<f32> {
            let values = self.constants.get(name)?.floats()?;
            let [v] = values.as_slice() else { return None };
            Some(*v)
        };
        // What a node of two inputs has beside `name`.
        let beside = |node: &Node<'a>, name: &str| -> Option<&'a str> {
            match *node.inputs.as_slice() {
                [a, b] if a == name && b != name => Some(b),
                [a, b] if b == name && a != name => Some(a),
                _ => None,
            }
        };
        let only = |name: &str| -> Option<&'a Node<'a>> {
            match self.readers.get(name)?.as_slice() {
                [node] if name != self.output => Some(*node),
                _ => None,
            }
        };
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        let found = || -> Option<&'a str> {
            let readers = self.readers.get(at)?;
            let scaled = readers.iter().find(|n| {
                let by = beside(n, at).and_then(constant);
                let root = std::f32::consts::FRAC_1_SQRT_2;
                match n.op {
                    "Mul" => by.is_some_and(|v| near(v, root)),
                    "Div" => {
                        n.inputs.first() == Some(&at) && by.is_some_and(|v| near(v * root, 1.0))
                    }
                    _ => false,
                }
            })?;
            let erf = only(scaled.outputs.first()?).filter(|n| n.op == "Erf")?;
            let made = *erf.outputs.first()?;
            let plus = only(made).filter(|n| n.op == "Add")?;
            beside(plus, made)
                .and_then(constant)
                .filter(|v| *v == 1.0)?;
            let made = *plus.outputs.first()?;
            let times = only(made).filter(|n| n.op == "Mul" && beside(n, made) == Some(at))?;
            let made = *times.outputs.first()?;
            let half = only(made).filter(|n| n.op == "Mul")?;
            beside(half, made)
                .and_then(constant)
                .filter(|v| *v == 0.5)?;
            half.outputs.first().copied()
        };
        let end = found().ok_or_else(wrong)?;
        activate(layer, Activation::Gelu, "Gelu")?;
        Ok(end)
    }

    /// A convolution of `inputs` channels: of bytes where `quant` is there, then with the scales of its sums.
    fn conv(
        &self,
        node: &Node<'_>,
        inputs: usize,
        quant: Option<Quant>,
    ) -> Read<(Layer, Option<Vec<f32>>)> {
        let wrong = |what: &str| Err(format!("Conv: {what}"));
        let name = node.inputs.get(1).copied().unwrap_or_default();
        let dequantized = self
            .makers
            .get(name)
            .filter(|n| n.op == "DequantizeLinear" && n.domain.is_empty());
        let tensor = match (quant, dequantized) {
            (Some(_), Some(made)) => self.tensor(made, 0)?,
            (None, None) => self.tensor(node, 1)?,
            _ => return wrong("bytes and floats together"),
        };
        let Some(tensor) = tensor else {
            return wrong("no weights");
        };
        let &[outputs, each, d, h, w] = tensor.dims.as_slice() else {
            return wrong("no volume");
        };
        let fits = (1..=MOST_CHANNELS).contains(&outputs) && each == inputs;
        if !fits || node.int("group", 1) != 1 {
            return wrong("channels or groups");
        }
        let kernel = [d, h, w];
        if kernel.iter().any(|&k| k != 1 && k != 3) {
            return wrong("a kernel other than 1 or 3");
        }
        let sizes = |name: &str, or: usize| -> Option<[usize; 3]> {
            let Some(all) = node.ints(name) else {
                return Some([or; 3]);
            };
            let all: Vec<usize> = all
                .iter()
                .map(|&n| usize::try_from(n).ok().filter(|&n| n <= MOST_DILATION))
                .collect::<Option<_>>()?;
            <[usize; 3]>::try_from(all).ok()
        };
        let dilation = sizes("dilations", 1).filter(|d| !d.contains(&0));
        let Some(dilation) = dilation else {
            return wrong("dilations");
        };
        if sizes("strides", 1) != Some([1; 3]) {
            return wrong("a stride");
        }
        if node
            .ints("kernel_shape")
            .is_some_and(|k| !k.iter().eq(kernel.map(|k| k as i64).iter()))
        {
            return wrong("a kernel of another shape than its weights");
        }
        let needed: Vec<i64> = kernel
            .iter()
            .zip(dilation)
            .map(|(k, d)| (k / 2 * d) as i64)
            .collect();
        let same = match node.text("auto_pad", "NOTSET") {
            "NOTSET" | "" => {
                let none = [0; 6];
                let pads = node.ints("pads").unwrap_or(&none);
                pads.iter().eq(needed.iter().chain(&needed))
            }
            "SAME_UPPER" | "SAME_LOWER" => true,
            "VALID" => kernel == [1; 3],
            _ => false,
        };
        if !same {
            return wrong("another number of places out than in");
        }
        let mut layer = Layer {
            kernel,
            dilation,
            inputs,
            outputs,
            weights: vec![],
            bias: vec![0.0; outputs],
            norm: None,
            end: End::Floats(Activation::None),
        };
        if let (Some(quant), Some(made)) = (quant, dequantized) {
            let scales = self.whole(node, made, quant, tensor, &mut layer)?;
            return Ok((layer, Some(scales)));
        }
        layer.weights = self.floats(node, 1, None)?;
        if node.inputs.get(2).is_some_and(|name| !name.is_empty()) {
            layer.bias = self.floats(node, 2, Some(outputs))?;
        }
        Ok((layer, None))
    }

    /// Weights and bias of whole numbers; gives the scale of each channel's sums.
    fn whole(
        &self,
        node: &Node<'_>,
        made: &Node<'_>,
        quant: Quant,
        tensor: &Tensor<'_>,
        layer: &mut Layer,
    ) -> Read<Vec<f32>> {
        let wrong = |what: &str| Err(format!("Conv: {what}"));
        if !matches!(tensor.kind, Kind::Int8 | Kind::Uint8) {
            return wrong("weights that are no bytes");
        }
        let count = layer.outputs;
        let scales = self.floats(made, 1, None)?;
        let per = scales.len() == count && (count == 1 || made.int("axis", 1) == 0);
        if !(per || scales.len() == 1) || scales.iter().any(|&s| s <= 0.0) {
            return wrong("scales of weights");
        }
        let zeros = match self.tensor(made, 2)? {
            None => vec![0; scales.len()],
            Some(zeros) => zeros.ints().unwrap_or_default(),
        };
        if zeros.len() != scales.len() || zeros.iter().any(|z| !(-128..256).contains(z)) {
            return wrong("zero points of weights");
        }
        let Some(values) = tensor.ints() else {
            return wrong("weights of another length");
        };
        let each = layer.inputs * layer.taps();
        let pick = |o: usize| if scales.len() == 1 { 0 } else { o };
        let units: Vec<f32> = (0..count)
            .map(|o| scales.get(pick(o)).map_or(0.0, |s| quant.scale * s))
            .collect();
        layer.weights = (values.chunks(each.max(1)).enumerate())
            .flat_map(|(o, own)| {
                let zero = zeros.get(pick(o)).copied().unwrap_or_default();
                own.iter().map(move |v| (v - zero) as f32)
            })
            .collect();
        if node.inputs.get(2).is_some_and(|name| !name.is_empty()) {
            layer.bias = self.whole_bias(node, &units)?;
        }
        let [low, high] = quant.range();
        let most = f64::from(low.abs().max(high.abs()));
        let beyond = (layer.weights.chunks(each.max(1)).zip(&layer.bias)).any(|(own, bias)| {
            let sum: f64 = own.iter().map(|w| f64::from(w.abs())).sum();
            sum * most + f64::from(bias.abs()) >= EXACT
        });
        if beyond || units.iter().any(|u| !u.is_normal()) {
            return wrong("sums that float32 does not hold exactly");
        }
        Ok(units)
    }

    /// A bias of int32 in units of the sums.
    fn whole_bias(&self, node: &Node<'_>, units: &[f32]) -> Read<Vec<f32>> {
        let wrong = || "Conv: a bias in other units than its sums".to_owned();
        let name = node.inputs.get(2).copied().unwrap_or_default();
        let made = self.makers.get(name).ok_or_else(wrong)?;
        if made.op != "DequantizeLinear" || !made.domain.is_empty() {
            return Err(wrong());
        }
        let values = self.tensor(made, 0)?.filter(|t| t.kind == Kind::Int32);
        let values = values.and_then(Tensor::ints).ok_or_else(wrong)?;
        let scales = self.floats(made, 1, None)?;
        let zeros = match self.tensor(made, 2)? {
            None => vec![],
            Some(zeros) => zeros.ints().ok_or_else(wrong)?,
        };
        let fits = |(o, unit): (usize, &f32)| {
            let at = if scales.len() == 1 { 0 } else { o };
            scales
                .get(at)
                .is_some_and(|s| (s - unit).abs() <= unit * 1e-5)
        };
        if values.len() != units.len()
            || zeros.iter().any(|&z| z != 0)
            || !units.iter().enumerate().all(fits)
            || values.iter().any(|v| v.unsigned_abs() >= EXACT as u64)
        {
            return Err(wrong());
        }
        Ok(values.iter().map(|&v| v as f32).collect())
    }

    /// BatchNormalization into weights and bias.
    fn fold(&self, node: &Node<'_>, layer: &mut Layer) -> Read<()> {
        if node.int("training_mode", 0) != 0 || node.int("spatial", 1) != 1 {
            return Err("BatchNormalization: training".to_owned());
        }
        let one = |at| self.floats(node, at, Some(layer.outputs));
        let [scale, bias, mean, variance] = [one(1)?, one(2)?, one(3)?, one(4)?];
        let epsilon = node.float("epsilon", 1e-5);
        let each = layer.inputs * layer.taps();
        let channels = scale.iter().zip(&bias).zip(mean.iter().zip(&variance));
        let own = layer.weights.chunks_mut(each.max(1)).zip(&mut layer.bias);
        for ((weights, b), ((s, add), (m, v))) in own.zip(channels) {
            let factor = s / (v + epsilon).sqrt();
            for w in weights {
                *w *= factor;
            }
            *b = *b * factor + (add - m * factor);
        }
        let finite = layer
            .weights
            .iter()
            .chain(&layer.bias)
            .all(|v| v.is_finite());
        if finite && self.model.opset("") >= 7 {
            Ok(())
        } else {
            Err("BatchNormalization: numbers".to_owned())
        }
    }
}

/// The layer that a normalisation may still be put behind.
fn plain<'l>(layer: Option<&'l mut Layer>, floats: bool, op: &str) -> Read<&'l mut Layer> {
    layer
        .filter(|l| floats && l.norm.is_none() && l.end == End::Floats(Activation::None))
        .ok_or_else(|| format!("{op}: not behind a convolution of floats"))
}

fn activate(layer: Option<&mut Layer>, activation: Activation, op: &str) -> Read<()> {
    match layer {
        Some(layer) if layer.end == End::Floats(Activation::None) => {
            layer.end = End::Floats(activation);
            Ok(())
        }
        _ => Err(format!("{op}: not behind a convolution")),
    }
}

/// The end of a layer of whole numbers whose result is quantized again; the range is that of an activation before.
fn requantised(layer: &Layer, scales: &[f32], quant: Quant) -> Read<End> {
    let [low, high] = quant.range();
    let range = match layer.end {
        End::Floats(Activation::None) => [low, high],
        End::Floats(Activation::Relu) => [quant.of(0.0), high],
        End::Floats(Activation::Clip(a, b)) => [quant.of(a), quant.of(b)],
        _ => {
            return Err(
                "QuantizeLinear: behind an activation that does more than limit".to_owned(),
            );
        }
    };
    let by: Vec<f32> = scales.iter().map(|unit| unit / quant.scale).collect();
    // What the shader's whole numbers hold: a factor from 2⁻³⁰ to 2²⁰.
    let [small, large] = [f32::from_bits(97 << 23), f32::from_bits(147 << 23)];
    if by.iter().any(|v| !(small..large).contains(v)) {
        return Err("QuantizeLinear: a factor that is very large or small".to_owned());
    }
    Ok(End::Bytes { by, range })
}
