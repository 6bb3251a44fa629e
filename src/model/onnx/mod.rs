//! An ONNX file (ModelProto), read in place: names and weights are borrowed from its bytes, and nothing is decoded that is not asked for.
//!
//! Field numbers are those of `onnx.proto3` (ONNX 1.x). Numbers of things are limited, so that a small file cannot ask for much memory.

mod tensor;
mod wire;

use crate::{
    base::{Error, Result},
    model::codes,
};
pub use tensor::{Kind, Tensor};
use wire::{Broken, Fields, Value, floats, varints};

/// Nodes, tensors or values that a graph may have.
const MOST: usize = 1 << 16;
/// Axes that a tensor may have.
const MOST_AXES: usize = 16;
/// Operator sets that a file may name.
const MOST_OPSETS: usize = 256;
/// Graphs within graphs (If, Loop) that are looked into.
const DEEPEST: usize = 4;

/// A model.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    /// The tool that wrote it, and its version.
    pub producer: String,
    /// Version of the format.
    pub ir_version: i64,
    /// Operator sets: domain (empty for ONNX's own) and version.
    pub opsets: Vec<(&'a str, i64)>,
    /// Free entries.
    pub metadata: Vec<(&'a str, &'a str)>,
    /// Functions that the file defines itself.
    pub functions: usize,
    /// The network.
    pub graph: Graph<'a>,
}

/// A graph.
#[derive(Debug, Clone, Default)]
pub struct Graph<'a> {
    /// Nodes, each after those that it needs.
    pub nodes: Vec<Node<'a>>,
    /// Constants.
    pub initializers: Vec<Tensor<'a>>,
    /// Inputs; the constants may be among them.
    pub inputs: Vec<Info<'a>>,
    /// Outputs.
    pub outputs: Vec<Info<'a>>,
    /// It has constants of a form that is not read (sparse ones).
    pub sparse: bool,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// Operator.
    pub op: &'a str,
    /// Its operator set; empty for ONNX's own.
    pub domain: &'a str,
    /// Name; may be empty.
    pub name: &'a str,
    /// Names of its inputs; empty for one that is left out.
    pub inputs: Vec<&'a str>,
    /// Names of its outputs.
    pub outputs: Vec<&'a str>,
    /// Attributes.
    pub attributes: Vec<(&'a str, Attribute<'a>)>,
}

/// The value of an attribute.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the types of ONNX")]
pub enum Attribute<'a> {
    Float(f32),
    Int(i64),
    Text(&'a [u8]),
    Tensor(Tensor<'a>),
    Graph(Graph<'a>),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
    Texts(Vec<&'a [u8]>),
    /// A kind that nothing here needs.
    Other,
}

/// One axis of an input's or output's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis<'a> {
    /// A number.
    Size(u64),
    /// A name for any number.
    Named(&'a str),
    /// Any number.
    Any,
}

/// A graph's input or output.
#[derive(Debug, Clone)]
pub struct Info<'a> {
    /// Name.
    pub name: &'a str,
    /// Element type; `None` for what is no tensor.
    pub kind: Option<Kind>,
    /// Shape, where it is given.
    pub shape: Option<Vec<Axis<'a>>>,
}

impl<'a> Model<'a> {
    /// Reads the outline of a file.
    ///
    /// # Errors
    /// `MDL-004` where the bytes are no ONNX model, or have more of something than any real one.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        model(bytes).map_err(|Broken| {
            Error::new(&codes::NETWORK)
                .at("onnx")
                .expected("an ONNX model")
                .found(if bytes.is_empty() {
                    "an empty file"
                } else {
                    "bytes that cannot be read as one"
                })
        })
    }

    /// Version of an operator set; 0 where the file does not name it.
    pub fn opset(&self, domain: &str) -> i64 {
        fn own(name: &str) -> &str {
            if name == "ai.onnx" { "" } else { name }
        }
        self.opsets
            .iter()
            .filter(|(name, _)| own(name) == own(domain))
            .map(|(_, version)| *version)
            .max()
            .unwrap_or(0)
    }
}

impl<'a> Node<'a> {
    /// An attribute by name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// A number, or what stands for one that is not there.
    pub fn int(&self, name: &str, or: i64) -> i64 {
        match self.attribute(name) {
            Some(Attribute::Int(n)) => *n,
            _ => or,
        }
    }

    /// A number, or what stands for one that is not there.
    pub fn float(&self, name: &str, or: f32) -> f32 {
        match self.attribute(name) {
            Some(Attribute::Float(v)) => *v,
            _ => or,
        }
    }

    /// Numbers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name) {
            Some(Attribute::Ints(all)) => Some(all),
            _ => None,
        }
    }

    /// Text, or what stands for one that is not there.
    pub fn text<'b>(&'b self, name: &str, or: &'b str) -> &'b str {
        match self.attribute(name) {
            Some(Attribute::Text(text)) => std::str::from_utf8(text).unwrap_or(or),
            _ => or,
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Broken> {
    std::str::from_utf8(bytes).map_err(|_| Broken)
}

/// Adds one of a limited number.
fn push<T>(to: &mut Vec<T>, one: T) -> Result<(), Broken> {
    if to.len() >= MOST {
        return Err(Broken);
    }
    to.push(one);
    Ok(())
}

fn model(bytes: &[u8]) -> Result<Model<'_>, Broken> {
    let (mut producer, mut version) = ("", "");
    let mut all = Model {
        producer: String::new(),
        ir_version: 0,
        opsets: vec![],
        metadata: vec![],
        functions: 0,
        graph: Graph::default(),
    };
    let mut graphs = 0;
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Varint(n)) => all.ir_version = n as i64,
            (2, Value::Bytes(v)) => producer = text(v)?,
            (3, Value::Bytes(v)) => version = text(v)?,
            (7, Value::Bytes(v)) => {
                graphs += 1;
                all.graph = graph(v, 0)?;
            }
            (8, Value::Bytes(_)) if all.opsets.len() >= MOST_OPSETS => return Err(Broken),
            (8, Value::Bytes(v)) => push(&mut all.opsets, opset(v)?)?,
            (14, Value::Bytes(v)) => push(&mut all.metadata, entry(v)?)?,
            (25, _) => all.functions += 1,
            _ => {}
        }
    }
    if graphs != 1 {
        return Err(Broken);
    }
    format!("{producer} {version}")
        .trim()
        .clone_into(&mut all.producer);
    Ok(all)
}

fn opset(bytes: &[u8]) -> Result<(&str, i64), Broken> {
    let (mut domain, mut version) = ("", 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => domain = text(v)?,
            (2, Value::Varint(n)) => version = n as i64,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn entry(bytes: &[u8]) -> Result<(&str, &str), Broken> {
    let (mut key, mut value) = ("", "");
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => key = text(v)?,
            (2, Value::Bytes(v)) => value = text(v)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn graph(bytes: &[u8], depth: usize) -> Result<Graph<'_>, Broken> {
    let mut all = Graph::default();
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => push(&mut all.nodes, node(v, depth)?)?,
            (5, Value::Bytes(v)) => push(&mut all.initializers, Tensor::read(v)?)?,
            (11, Value::Bytes(v)) => push(&mut all.inputs, info(v)?)?,
            (12, Value::Bytes(v)) => push(&mut all.outputs, info(v)?)?,
            (15, _) => all.sparse = true,
            _ => {}
        }
    }
    Ok(all)
}

fn node(bytes: &[u8], depth: usize) -> Result<Node<'_>, Broken> {
    let mut all = Node {
        op: "",
        domain: "",
        name: "",
        inputs: vec![],
        outputs: vec![],
        attributes: vec![],
    };
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => push(&mut all.inputs, text(v)?)?,
            (2, Value::Bytes(v)) => push(&mut all.outputs, text(v)?)?,
            (3, Value::Bytes(v)) => all.name = text(v)?,
            (4, Value::Bytes(v)) => all.op = text(v)?,
            (5, Value::Bytes(v)) => push(&mut all.attributes, attribute(v, depth)?)?,
            (7, Value::Bytes(v)) => all.domain = text(v)?,
            _ => {}
        }
    }
    if all.domain == "ai.onnx" {
        all.domain = "";
    }
    Ok(all)
}

/// AttributeProto.type, where the writer gave it; else which field is there.
fn attribute(bytes: &[u8], depth: usize) -> Result<(&str, Attribute<'_>), Broken> {
    let (mut name, mut kind) = ("", 0);
    let mut single = None;
    let (mut numbers, mut reals, mut texts) = (vec![], vec![], vec![]);
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => name = text(v)?,
            (2, Value::Fixed32(v)) => single = Some(Attribute::Float(f32::from_le_bytes(v))),
            (3, Value::Varint(n)) => single = Some(Attribute::Int(n as i64)),
            (4, Value::Bytes(v)) => single = Some(Attribute::Text(v)),
            (5, Value::Bytes(v)) => single = Some(Attribute::Tensor(Tensor::read(v)?)),
            (6, Value::Bytes(v)) => {
                single = Some(if depth < DEEPEST {
                    Attribute::Graph(graph(v, depth + 1)?)
                } else {
                    Attribute::Other
                });
            }
            (7, value) => floats(value, &mut reals)?,
            (8, value) => varints(value, &mut numbers)?,
            (9, Value::Bytes(v)) => push(&mut texts, v)?,
            (20, Value::Varint(n)) => kind = n,
            _ => {}
        }
    }
    let value = match (kind, single) {
        (6, _) => Attribute::Floats(reals),
        (7, _) => Attribute::Ints(numbers),
        // proto3 leaves a zero out.
        (1, None) => Attribute::Float(0.0),
        (2, None) => Attribute::Int(0),
        (3, None) => Attribute::Text(&[]),
        (_, Some(single)) => single,
        (_, None) if !numbers.is_empty() => Attribute::Ints(numbers),
        (_, None) if !reals.is_empty() => Attribute::Floats(reals),
        (_, None) if !texts.is_empty() => Attribute::Texts(texts),
        (_, None) => Attribute::Other,
    };
    Ok((name, value))
}

fn info(bytes: &[u8]) -> Result<Info<'_>, Broken> {
    let mut all = Info {
        name: "",
        kind: None,
        shape: None,
    };
    for field in Fields::of(bytes) {
        match field? {
            (1, Value::Bytes(v)) => all.name = text(v)?,
            // TypeProto, of which tensor_type is field 1: elem_type 1, shape 2.
            (2, Value::Bytes(v)) => {
                for field in Fields::of(v) {
                    if let (1, Value::Bytes(tensor)) = field? {
                        for field in Fields::of(tensor) {
                            match field? {
                                (1, Value::Varint(n)) => all.kind = Some(Kind::of(n as i64)),
                                (2, Value::Bytes(shape)) => all.shape = Some(axes(shape)?),
                                _ => {}
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(all)
}

fn axes(bytes: &[u8]) -> Result<Vec<Axis<'_>>, Broken> {
    let mut all = vec![];
    for field in Fields::of(bytes) {
        if let (1, Value::Bytes(dim)) = field? {
            let mut axis = Axis::Any;
            for field in Fields::of(dim) {
                match field? {
                    (1, Value::Varint(n)) if i64::try_from(n).is_ok() => axis = Axis::Size(n),
                    (2, Value::Bytes(v)) if !v.is_empty() => axis = Axis::Named(text(v)?),
                    _ => {}
                }
            }
            if all.len() >= MOST_AXES {
                return Err(Broken);
            }
            all.push(axis);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_model_is_refused() {
        for bytes in [&b""[..], b"\x00", b"hello", &[0x3a, 0x7f]] {
            assert_eq!(Model::read(bytes).unwrap_err().code().id, "MDL-004");
        }
    }

    #[test]
    fn a_small_model_is_read() {
        // graph { node { input "x" output "y" op_type "Relu" attribute { name "a" ints 1 ints 2 type INTS } } }, opset 13.
        let attribute = [10, 1, b'a', 64, 1, 64, 2, 160, 1, 7];
        let mut node = vec![10, 1, b'x', 18, 1, b'y', 34, 4, b'R', b'e', b'l', b'u'];
        node.extend([42, attribute.len() as u8]);
        node.extend(attribute);
        let mut graph = vec![10, node.len() as u8];
        graph.extend(node);
        let mut bytes = vec![58, graph.len() as u8];
        bytes.extend(graph);
        bytes.extend([66, 2, 16, 13]);
        let model = Model::read(&bytes).unwrap();
        assert_eq!(model.opset(""), 13);
        let node = &model.graph.nodes[0];
        assert_eq!(
            (node.op, &node.inputs[..], &node.outputs[..]),
            ("Relu", &["x"][..], &["y"][..])
        );
        assert_eq!(node.ints("a"), Some(&[1, 2][..]));
        // Cut anywhere, it is refused or read without a panic.
        for n in 0..bytes.len() {
            let _ = Model::read(&bytes[..n]);
        }
    }
}
