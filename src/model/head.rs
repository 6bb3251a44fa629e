//! How a classification ends, read from its graph: a feature map, its mean over the places, one linear layer. Where it does, class activation
//! maps and their kin need no output that its maker would have had to export.

use super::{
    manifest::Cam,
    onnx::{Graph, Model, Node, Tensor},
};

/// Values of a last layer at most that are read.
const MOST: usize = 1 << 24;

/// The end of a classification.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    /// The name of the feature map, [1, channels, rows, columns].
    pub features: &'a str,
    /// The last layer's matrix, and whether its rows are the labels'; `None`: more than one linear layer, or one that is not known.
    matrix: Option<(&'a Tensor<'a>, bool)>,
    bias: Option<&'a Tensor<'a>>,
}

impl Head<'_> {
    /// The last layer, where its numbers are floats of the file.
    pub fn cam(&self) -> Option<Cam> {
        let (matrix, by_label) = self.matrix?;
        let &[p, q] = matrix.dims.as_slice() else {
            return None;
        };
        let count = p.checked_mul(q).filter(|&n| n > 0 && n <= MOST)?;
        let values = matrix.floats().filter(|v| v.len() == count)?;
        let weights: Vec<Vec<f32>> = if by_label {
            values.chunks_exact(q).map(<[f32]>::to_vec).collect()
        } else {
            let column = |label: usize| values.iter().skip(label).step_by(q).copied().collect();
            (0..q).map(column).collect()
        };
        let bias = match self.bias {
            None => vec![],
            Some(bias) => bias.floats().filter(|b| b.len() == weights.len())?,
        };
        Some(Cam {
            weights,
            bias,
            range: None,
        })
    }
}

/// What only says the numbers in another form, or leaves their order: passed over on the way back from the scores.
const SCORES: &[&str] = &[
    "Softmax",
    "LogSoftmax",
    "Sigmoid",
    "Identity",
    "Flatten",
    "Squeeze",
    "Reshape",
];
/// What lies between the mean and the last layer and changes no number, or only its form.
const BETWEEN: &[&str] = &[
    "Flatten",
    "Reshape",
    "Squeeze",
    "Identity",
    "Dropout",
    "QuantizeLinear",
    "DequantizeLinear",
    "Cast",
];
/// Nodes at most between the mean and the scores.
const STEPS: usize = 64;
/// Linear layers at most behind the mean.
const LAYERS: usize = 4;

/// The end of a network, if it is one of this kind: the last mean over places, with at most a few linear layers behind it.
pub fn of<'a>(model: &'a Model<'a>) -> Option<Head<'a>> {
    let graph = &model.graph;
    let mut name = graph.outputs.first()?.name;
    let mut node = maker(graph, name)?;
    // A graph has no circle, but a broken file may: so many steps and no more.
    for _ in 0..STEPS {
        if !SCORES.contains(&node.op) {
            break;
        }
        name = node.inputs.first()?;
        node = maker(graph, name)?;
    }
    let (mut linear, mut layers) = (None, 0);
    for _ in 0..STEPS {
        if node.op == "GlobalAveragePool" || is_mean(graph, node) {
            let (matrix, bias) = linear.filter(|_| layers == 1).unwrap_or_default();
            return Some(Head {
                features: node.inputs.first()?,
                matrix,
                bias,
            });
        }
        if let Some((from, matrix, bias)) = layer(graph, node) {
            layers += 1;
            if layers > LAYERS {
                return None;
            }
            linear.get_or_insert((matrix, bias));
            node = maker(graph, from)?;
        } else if BETWEEN.contains(&node.op) || (layers > 0 && node.op == "Relu") {
            node = maker(graph, node.inputs.first()?)?;
        } else {
            return None;
        }
    }
    None
}

/// What a linear layer works on, its matrix with whether its rows are the labels', and its bias.
type Linear<'a> = (
    &'a str,
    Option<(&'a Tensor<'a>, bool)>,
    Option<&'a Tensor<'a>>,
);

/// Gemm, or MatMul with or without Add.
fn layer<'a>(graph: &'a Graph<'a>, node: &'a Node<'a>) -> Option<Linear<'a>> {
    let known = |name: &str| graph.initializers.iter().find(|t| t.name == name);
    match node.op {
        "Gemm" => {
            let plain = node.float("alpha", 1.0) == 1.0
                && node.float("beta", 1.0) == 1.0
                && node.int("transA", 0) == 0;
            let matrix = known(node.inputs.get(1)?).filter(|_| plain);
            let bias = node.inputs.get(2).filter(|name| !name.is_empty());
            let own = bias.map(|name| known(name));
            // A bias that is not known leaves the layer unknown.
            let (matrix, bias) = match own {
                Some(None) => (None, None),
                Some(bias) => (matrix, bias),
                None => (matrix, None),
            };
            let turned = node.int("transB", 0) != 0;
            Some((node.inputs.first()?, matrix.map(|m| (m, turned)), bias))
        }
        "MatMul" => {
            let matrix = known(node.inputs.get(1)?);
            Some((node.inputs.first()?, matrix.map(|m| (m, false)), None))
        }
        "Add" => {
            let [one, other] = node.inputs.as_slice() else {
                return None;
            };
            let (product, bias) = match (known(one), known(other)) {
                (None, Some(bias)) => (one, bias),
                (Some(bias), None) => (other, bias),
                _ => return None,
            };
            let inner = maker(graph, product).filter(|n| n.op == "MatMul")?;
            let (from, matrix, _) = layer(graph, inner)?;
            Some((from, matrix, Some(bias)))
        }
        _ => None,
    }
}

/// ReduceMean over the two last of four axes.
fn is_mean(graph: &Graph<'_>, node: &Node<'_>) -> bool {
    if node.op != "ReduceMean" {
        return false;
    }
    let written = node.ints("axes").map(<[i64]>::to_vec);
    let axes = written.or_else(|| {
        let name = node.inputs.get(1)?;
        let known = graph.initializers.iter().find(|t| t.name == *name);
        known
            .filter(|t| t.dims.iter().product::<usize>() <= 4)?
            .ints()
    });
    let Some(mut axes) = axes else {
        return false;
    };
    for axis in &mut axes {
        if *axis < 0 {
            *axis += 4;
        }
    }
    axes.sort_unstable();
    axes == [2, 3]
}

/// The node that makes a tensor.
fn maker<'a>(graph: &'a Graph<'a>, name: &str) -> Option<&'a Node<'a>> {
    graph.nodes.iter().rev().find(|n| n.outputs.contains(&name))
}
