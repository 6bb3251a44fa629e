//! Lays a graph out: names to values, nodes to steps.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

use super::{
    Refusal, fold,
    op::{Buffer, Op},
    ops::{self, copy::Turn},
    value::{Constant, Is, Live, Value, count},
};
use crate::model::onnx::{Axis, Kind, Model, Node};

/// What laying out one thing gives.
pub(super) type Lay<T> = Result<T, Refusal>;

/// Values that one tensor may have.
const MOST: usize = 1 << 28;

/// One step of the run.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) op: Box<dyn Op>,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
    /// The node's operator, for errors.
    pub(super) name: String,
}

/// A buffer that the run will hold.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) len: usize,
    pub(super) bytes: bool,
    /// Known before the run.
    pub(super) constant: Option<Buffer>,
}

/// A graph on its way to steps.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) values: HashMap<&'a str, Value<'a>>,
    /// Nodes that read a name.
    pub(super) readers: HashMap<&'a str, Vec<usize>>,
    /// Names that leave the graph.
    pub(super) outputs: HashSet<&'a str>,
    /// Nodes that are laid out, or part of one that is.
    pub(super) done: Vec<bool>,
    pub(super) steps: Vec<Step>,
    pub(super) slots: Vec<Slot>,
    /// The other order of a tensor's memory, where it was made: by what it is turned to, and the channels and places that it is read as.
    turned: HashMap<(usize, bool, [usize; 2]), usize>,
    /// The floats of a tensor of bytes, where they were made: by what a byte means (bits of the scale, zero point, sign).
    floated: HashMap<(usize, u32, u8, bool), usize>,
    /// Where a constant of the file is held.
    held: HashMap<usize, Live>,
    operator: String,
    /// Bytes that constants, weights and tables may still take.
    left: Cell<u64>,
    /// More was asked for.
    spent: Cell<bool>,
}

/// A laid out graph.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) steps: Vec<Step>,
    pub(super) slots: Vec<Slot>,
    pub(super) input: usize,
    pub(super) outputs: Vec<Live>,
}

/// Lays a model out for one input of `shape`, in at most so many bytes of weights and constants.
pub(super) fn lay(model: &Model<'_>, shape: &[usize], bytes: u64) -> Lay<Laid> {
    let graph = &model.graph;
    let mut b = Builder {
        model,
        values: HashMap::new(),
        readers: HashMap::new(),
        outputs: graph.outputs.iter().map(|o| o.name).collect(),
        done: vec![false; graph.nodes.len()],
        steps: vec![],
        slots: vec![],
        turned: HashMap::new(),
        floated: HashMap::new(),
        held: HashMap::new(),
        operator: String::new(),
        left: Cell::new(bytes),
        spent: Cell::new(false),
    };
    if graph.sparse || model.functions > 0 {
        return Err(b.refuse("sparse constants and functions of the file's own"));
    }
    if let Some(name) = given_twice(model) {
        return Err(b.refuse(format!("`{name}` is given twice")));
    }
    for tensor in &graph.initializers {
        b.fits(&tensor.dims)?;
        if tensor.external {
            return Err(b.refuse("weights that lie in another file"));
        }
        b.values
            .insert(tensor.name, Value::Constant(Constant::File(tensor)));
    }
    let inputs: Vec<_> = graph
        .inputs
        .iter()
        .filter(|i| !b.values.contains_key(i.name))
        .collect();
    let [input] = inputs.as_slice() else {
        return Err(b.refuse("a number of inputs other than one"));
    };
    if !matches!(input.kind, Some(Kind::Float | Kind::Float16 | Kind::Double)) {
        return Err(b.refuse("an input that is no float"));
    }
    if let Some(declared) = &input.shape {
        let fits =
            |(axis, &n): (&Axis<'_>, &usize)| !matches!(axis, Axis::Size(d) if *d != n as u64);
        if declared.len() != shape.len() || !declared.iter().zip(shape).all(fits) {
            return Err(b.refuse("an input of another shape"));
        }
    }
    let entry = b.slot(shape, false)?;
    let live = Live {
        slot: entry,
        dims: shape.to_vec(),
        last: false,
        is: Is::Floats,
    };
    b.values.insert(input.name, Value::Live(live));
    for (at, node) in graph.nodes.iter().enumerate() {
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            b.readers.entry(name).or_default().push(at);
        }
    }
    // Constants first, wherever they stand: who looks ahead needs them.
    let constants = |own: bool| {
        let all = graph.nodes.iter().enumerate();
        all.filter(move |(_, node)| (node.op == "Constant" && node.domain.is_empty()) == own)
    };
    for (at, node) in constants(true).chain(constants(false)) {
        if !b.done.get(at).copied().unwrap_or(true) {
            b.node(node)?;
            if let Some(done) = b.done.get_mut(at) {
                *done = true;
            }
        }
    }
    b.operator.clear();
    let mut outputs = vec![];
    for output in &graph.outputs {
        let value = b.named(output.name)?;
        let live = b.floats(value)?;
        let live = b.plain(live)?;
        // A run gives each output a memory of its own, also where two are one tensor.
        if !outputs.is_empty() {
            b.spend(live.len().saturating_mul(4))?;
        }
        outputs.push(live);
    }
    Ok(Laid {
        steps: b.steps,
        slots: b.slots,
        input: entry,
        outputs,
    })
}

/// A name that more than one constant, input or node gives: then what a reader means depends on the order, and looking ahead would be wrong.
fn given_twice<'a>(model: &Model<'a>) -> Option<&'a str> {
    let graph = &model.graph;
    let (mut constants, mut all) = (HashSet::new(), HashSet::new());
    let twice = graph
        .initializers
        .iter()
        .find(|t| !constants.insert(t.name));
    if let Some(tensor) = twice {
        return Some(tensor.name);
    }
    // Constants may be named among the inputs.
    let inputs = graph.inputs.iter().map(|i| i.name);
    let nodes = graph.nodes.iter().flat_map(|n| n.outputs.iter().copied());
    inputs
        .map(|name| (name, false))
        .chain(nodes.map(|name| (name, true)))
        .filter(|(name, _)| !name.is_empty())
        .find(|(name, made)| !all.insert(*name) || (*made && constants.contains(name)))
        .map(|(name, _)| name)
}

impl<'a> Builder<'a> {
    pub(super) fn refuse(&self, because: impl Into<String>) -> Refusal {
        Refusal {
            operator: self.operator.clone(),
            because: because.into(),
            beyond: self.spent.get(),
        }
    }

    /// Sizes that a tensor may have.
    pub(super) fn fits(&self, dims: &[usize]) -> Lay<usize> {
        count(dims, MOST).ok_or_else(|| self.beyond("a tensor that no memory holds"))
    }

    /// What asks for sizes that no runtime should be given.
    pub(super) fn beyond(&self, because: impl Into<String>) -> Refusal {
        Refusal {
            beyond: true,
            ..self.refuse(because)
        }
    }

    /// Takes memory from what is left.
    pub(super) fn spend(&self, bytes: usize) -> Lay<()> {
        let Some(left) = self.left.get().checked_sub(bytes as u64) else {
            self.spent.set(true);
            return Err(self.beyond("more memory than a network may take"));
        };
        self.left.set(left);
        Ok(())
    }

    fn node(&mut self, node: &'a Node<'a>) -> Lay<()> {
        self.operator = if node.domain.is_empty() {
            node.op.to_owned()
        } else {
            format!("{}.{}", node.domain, node.op)
        };
        if let Some(constant) = fold::node(self, node)? {
            return self.bind(node, Value::Constant(constant));
        }
        let Some(operator) = ops::find(node) else {
            return Err(self.refuse("no such operator here"));
        };
        (operator.lay)(self, node)
    }

    /// What a name stands for.
    pub(super) fn named(&self, name: &str) -> Lay<Value<'a>> {
        self.values
            .get(name)
            .cloned()
            .ok_or_else(|| self.refuse(format!("`{name}` comes from nowhere")))
    }

    /// An input of a node; `None` where it is left out.
    pub(super) fn optional(&self, node: &Node<'_>, at: usize) -> Lay<Option<Value<'a>>> {
        match node.inputs.get(at) {
            None | Some(&"") => Ok(None),
            Some(name) => self.named(name).map(Some),
        }
    }

    /// An input that must be there.
    pub(super) fn input(&self, node: &Node<'_>, at: usize) -> Lay<Value<'a>> {
        self.optional(node, at)?
            .ok_or_else(|| self.refuse(format!("input {at} is not there")))
    }

    /// An input that must be known before the run.
    pub(super) fn constant(&self, node: &Node<'_>, at: usize) -> Lay<Option<Constant<'a>>> {
        match self.optional(node, at)? {
            None => Ok(None),
            Some(Value::Constant(constant)) => Ok(Some(constant)),
            Some(Value::Live(_)) => Err(self.refuse(format!("input {at} is computed in the run"))),
        }
    }

    /// What it takes to read a constant's values.
    pub(super) fn charge(&self, constant: &Constant<'_>) -> Lay<()> {
        let each = match constant {
            Constant::Ints(..) => 8,
            _ => 4,
        };
        self.spend(self.fits(constant.dims())?.saturating_mul(each))
    }

    /// Numbers from a constant input, or from the attribute that older operator sets have.
    pub(super) fn numbers(
        &self,
        node: &Node<'_>,
        at: usize,
        attribute: &str,
    ) -> Lay<Option<Vec<i64>>> {
        match self.constant(node, at)? {
            Some(constant) => {
                self.charge(&constant)?;
                constant
                    .ints()
                    .map(Some)
                    .ok_or_else(|| self.refuse(format!("input {at} has no whole numbers")))
            }
            None => Ok(node.ints(attribute).map(<[i64]>::to_vec)),
        }
    }

    /// Floats from a constant input.
    pub(super) fn reals(&self, node: &Node<'_>, at: usize) -> Lay<Option<Vec<f32>>> {
        self.constant(node, at)?
            .map(|constant| {
                self.charge(&constant)?;
                constant
                    .floats()
                    .ok_or_else(|| self.refuse(format!("input {at} has no floats")))
            })
            .transpose()
    }

    /// Gives a node's first output its value.
    pub(super) fn bind(&mut self, node: &Node<'a>, value: Value<'a>) -> Lay<()> {
        let Some(&name) = node.outputs.first() else {
            return Err(self.refuse("no output"));
        };
        self.fits(value.dims())?;
        self.name(name, value);
        Ok(())
    }

    /// As [`Self::bind`], for a tensor of the run.
    pub(super) fn give(&mut self, node: &Node<'a>, live: Live) -> Lay<()> {
        self.bind(node, Value::Live(live))
    }

    pub(super) fn name(&mut self, name: &'a str, value: Value<'a>) {
        self.values.insert(name, value);
    }

    fn slot(&mut self, dims: &[usize], bytes: bool) -> Lay<usize> {
        let len = self.fits(dims)?;
        self.slots.push(Slot {
            len,
            bytes,
            constant: None,
        });
        Ok(self.slots.len() - 1)
    }

    /// Whether what a node makes leaves the graph, and nothing in it reads it.
    pub(super) fn leaves(&self, node: &Node<'_>) -> bool {
        let mut names = node.outputs.iter().filter(|name| !name.is_empty());
        names.all(|name| self.outputs.contains(name) && !self.readers.contains_key(name))
    }

    /// Adds a step; gives its output.
    pub(super) fn step(
        &mut self,
        op: impl Op + 'static,
        inputs: &[&Live],
        dims: Vec<usize>,
        last: bool,
        is: Is,
    ) -> Lay<Live> {
        let output = self.slot(&dims, is != Is::Floats)?;
        self.steps.push(Step {
            op: Box::new(op),
            inputs: inputs.iter().map(|i| i.slot).collect(),
            output,
            name: self.operator.clone(),
        });
        Ok(Live {
            slot: output,
            dims,
            last,
            is,
        })
    }

    /// A constant as a tensor of the run, in ONNX's order.
    pub(super) fn hold(&mut self, constant: &Constant<'_>) -> Lay<Live> {
        let file = match constant {
            Constant::File(tensor) => Some(std::ptr::from_ref(*tensor) as usize),
            _ => None,
        };
        if let Some(held) = file.and_then(|file| self.held.get(&file)) {
            return Ok(held.clone());
        }
        self.charge(constant)?;
        let values = constant
            .floats()
            .ok_or_else(|| self.refuse("a constant that has no floats"))?;
        let slot = self.slot(constant.dims(), false)?;
        if let Some(to) = self.slots.get_mut(slot) {
            if to.len != values.len() {
                return Err(self.refuse("a constant of another length than its shape"));
            }
            to.constant = Some(Buffer::Floats(values));
        }
        let live = Live {
            slot,
            dims: constant.dims().to_vec(),
            last: false,
            is: Is::Floats,
        };
        if let Some(file) = file {
            self.held.insert(file, live.clone());
        }
        Ok(live)
    }

    /// A tensor of the run, of whatever kind.
    pub(super) fn live(&mut self, value: Value<'_>) -> Lay<Live> {
        match value {
            Value::Live(live) => Ok(live),
            Value::Constant(constant) => self.hold(&constant),
        }
    }

    /// A tensor of the run as floats.
    pub(super) fn floats(&mut self, value: Value<'_>) -> Lay<Live> {
        let live = self.live(value)?;
        let quant = match live.is {
            Is::Floats => return Ok(live),
            Is::Quantized(quant) => quant,
            Is::Bytes { signed } => crate::model::kernels::Quant::new(1.0, 0, signed)
                .ok_or_else(|| self.refuse("bytes"))?,
        };
        let key = (
            live.slot,
            quant.scale().to_bits(),
            quant.zero(),
            quant.signed(),
        );
        if let Some(&slot) = self.floated.get(&key) {
            return Ok(Live {
                slot,
                is: Is::Floats,
                ..live
            });
        }
        let made = ops::quant::floats(self, &live, quant)?;
        self.floated.insert(key, made.slot);
        Ok(made)
    }

    /// The tensor with ONNX's order in memory.
    pub(super) fn plain(&mut self, live: Live) -> Lay<Live> {
        self.turn(live, false)
    }

    /// The tensor with channels last in memory.
    pub(super) fn last(&mut self, live: Live) -> Lay<Live> {
        self.turn(live, true)
    }

    fn turn(&mut self, live: Live, last: bool) -> Lay<Live> {
        // One axis or none has one order.
        if live.last == last || live.dims.len() < 2 {
            return Ok(live);
        }
        let channels = live.channels();
        let places: usize = live.dims.iter().skip(2).product();
        if channels == 1 || places == 1 {
            return Ok(Live { last, ..live });
        }
        // A tensor may be read with other sizes than it was turned with.
        let sizes = [channels, places];
        if let Some(&slot) = self.turned.get(&(live.slot, last, sizes)) {
            return Ok(Live { slot, last, ..live });
        }
        let op = Turn {
            rows: if last { channels } else { places },
            columns: if last { places } else { channels },
        };
        let made = self.step(op, &[&live], live.dims.clone(), last, live.is)?;
        self.turned.insert((live.slot, last, sizes), made.slot);
        self.turned.insert((made.slot, live.last, sizes), live.slot);
        Ok(made)
    }

    /// Sizes as [`usize`], or a refusal.
    pub(super) fn sizes(&self, of: &[i64]) -> Lay<Vec<usize>> {
        of.iter()
            .map(|&n| usize::try_from(n).map_err(|_| self.refuse(format!("a size of {n}"))))
            .collect()
    }

    /// An axis that may count from the end.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Lay<usize> {
        let own = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(own)
            .ok()
            .filter(|&a| a < rank)
            .ok_or_else(|| self.refuse(format!("axis {axis} of {rank}")))
    }

    /// Version of the operator set that a node is of.
    pub(super) fn opset(&self, node: &Node<'_>) -> i64 {
        self.model.opset(node.domain)
    }
}
