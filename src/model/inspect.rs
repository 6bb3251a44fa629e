//! What an ONNX file is, before anything of it runs: inputs, outputs, operators, size, what it seems to be, and how far a manifest can be
//! written from it. What the file does not say is left to whoever brings it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    codes, head,
    manifest::{self, Manifest},
    onnx::{Attribute, Axis, Graph, Info, Kind, Model, Tensor},
    operators,
    recipe::{Gap, Recipe},
};
use crate::base::{Error, Limits, Result};

/// Characters of a name that are shown: a file may hold any text.
const LONGEST: usize = 80;
/// Inputs, outputs and kinds of operators that are listed.
const LISTED: usize = 200;

/// An ONNX file, inspected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Inspection {
    /// Size of the file.
    pub bytes: f64,
    /// Its SHA-256, lower case hexadecimal.
    pub sha256: String,
    /// The tool that wrote it.
    pub producer: String,
    /// Version of the format.
    pub ir_version: f64,
    /// Operator sets and their versions.
    pub opsets: Vec<Opset>,
    /// What it takes, constants left out.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
    /// Kinds of operators, the most frequent first.
    pub operators: Vec<OperatorCount>,
    /// Numbers that it learned.
    pub parameters: f64,
    /// What it seems to be.
    pub seems: Seems,
    /// Why it cannot be run here; empty where nothing speaks against it.
    pub refusals: Vec<Refusal>,
    /// A manifest as far as it can be written (JSON).
    pub manifest: String,
    /// What the manifest still has to say.
    pub gaps: Vec<GapInfo>,
    /// What was left out on the way from another description (a MONAI bundle), in English.
    pub notes: Vec<String>,
}

/// An operator set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Opset {
    /// Domain; empty for ONNX's own.
    pub domain: String,
    /// Version.
    pub version: i32,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Port {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub kind: String,
    /// Axes: numbers, names, or `?`; empty where no shape is given.
    pub shape: Vec<String>,
}

/// How often an operator occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OperatorCount {
    /// Domain; empty for ONNX's own.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Nodes.
    pub count: u32,
    /// The runtime has it.
    pub known: bool,
}

/// What a network seems to be, by shapes and operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Seems {
    /// `classification`, `segmentation` or `detection`; `None` where nothing tells.
    pub task: Option<String>,
    /// Axes of places: 2 or 3; `None` where nothing tells.
    pub axes: Option<u8>,
    /// Channels of the input.
    pub channels: Option<u32>,
    /// Labels of the output.
    pub labels: Option<u32>,
}

/// Why a network cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Refusal {
    /// Operators that the runtime lacks.
    Operators {
        /// Their names, with a domain where it is not ONNX's own.
        names: Vec<String>,
        /// Version of ONNX's operator set.
        opset: i32,
    },
    /// It takes several inputs, or none.
    Inputs {
        /// How many.
        count: u32,
    },
    /// Its input is none of float32 numbers.
    Element {
        /// What it is.
        found: String,
    },
    /// Its weights lie in another file.
    External,
    /// It uses parts of the format that are not read: sparse constants or functions of its own.
    Format,
}

/// A gap of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GapInfo {
    /// Path in the manifest.
    pub field: String,
    /// What has to stand there.
    pub expected: String,
    /// What stands there; empty: nothing.
    pub found: String,
}

impl From<Gap> for GapInfo {
    fn from(gap: Gap) -> Self {
        Self {
            field: gap.field.to_owned(),
            expected: gap.expected,
            found: gap.found,
        }
    }
}

/// A manifest that is being written, as JSON: fields that nobody said are not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft(pub Value);

impl Draft {
    /// What it still has to say.
    pub fn gaps(&self) -> Vec<GapInfo> {
        // What every manifest needs, with a stand-in where it is missing: the gaps behind it are to be seen too.
        let mut whole = self.0.clone();
        let mut gaps = vec![];
        let mut need = |pointer: &str, field: &str, expected: &str, stand_in: Value| {
            if whole.pointer(pointer).is_some_and(|v| !v.is_null()) {
                return;
            }
            gaps.push(GapInfo {
                field: field.to_owned(),
                expected: expected.to_owned(),
                found: String::new(),
            });
            if let Some((parent, key)) = pointer.rsplit_once('/')
                && let Some(place) = whole.pointer_mut(parent).and_then(Value::as_object_mut)
            {
                place.insert(key.to_owned(), stand_in);
            }
        };
        need(
            "/task",
            "task",
            "classification, segmentation or detection",
            json!("segmentation"),
        );
        need(
            "/output/labels",
            "output.labels",
            "names in the order of the channels",
            json!([{"name": "background"}, {"name": "1"}]),
        );
        let labels = self.0.pointer("/output/labels").and_then(Value::as_array);
        let names: Option<Vec<&str>> =
            labels.and_then(|all| all.iter().map(|l| l.get("name")?.as_str()).collect());
        let same = names.and_then(|names| manifest::not_told_apart(names.into_iter()));
        if self.0.pointer("/input/slices").is_none_or(Value::is_null) {
            need(
                "/input/channels",
                "input.channels",
                "channels that a grey value is repeated in, or input.slices",
                json!(1),
            );
        }
        if let Some(name) = same {
            gaps.push(GapInfo {
                field: "output.labels".to_owned(),
                expected: "a name for each label, and no name twice".to_owned(),
                found: name,
            });
            // As many, so that the gaps behind it are to be seen too.
            let labels = whole
                .pointer_mut("/output/labels")
                .and_then(Value::as_array_mut);
            for (nth, label) in labels.into_iter().flatten().enumerate() {
                label["name"] = json!(format!("label {nth}"));
            }
        }
        match Manifest::read(whole.to_string().as_bytes()) {
            Err(error) => gaps.push(GapInfo {
                field: "manifest".to_owned(),
                expected: "a manifest".to_owned(),
                found: error.detail(),
            }),
            Ok(manifest) if manifest.input.preparation == "general" => {
                let more = Recipe::read(&manifest).err().unwrap_or_default();
                for gap in more.into_iter().map(GapInfo::from) {
                    if !gaps.iter().any(|g| g.field == gap.field) {
                        gaps.push(gap);
                    }
                }
            }
            // The others are this program's own, which need no more.
            Ok(_) => gaps.retain(|g| g.field != "input.channels"),
        }
        gaps
    }
}

/// Inspects a file. `name` is its bare name.
///
/// # Errors
/// `MDL-002` beyond the limit, `MDL-004` for what is no ONNX file.
pub fn inspect(bytes: &[u8], name: &str, limits: &Limits) -> Result<Inspection> {
    let (model, sha256) = read(bytes, limits)?;
    let inspection = of(&model, bytes, sha256);
    let draft = draft(&model, &inspection, name);
    Ok(with(inspection, &draft, vec![]))
}

/// A file within its limit.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Model<'a>, String)> {
    manifest::check_size(bytes, limits)?;
    let model = Model::read(bytes)?;
    if model.graph.nodes.is_empty() {
        return Err(Error::new(&codes::NETWORK)
            .at("onnx")
            .expected("a network")
            .found("no operators"));
    }
    Ok((model, manifest::sha256(bytes)))
}

/// An inspection with its draft.
pub(super) fn with(mut inspection: Inspection, draft: &Draft, notes: Vec<String>) -> Inspection {
    inspection.gaps = draft.gaps();
    inspection.manifest = serde_json::to_string_pretty(&draft.0).unwrap_or_default();
    inspection.notes = notes;
    inspection
}

/// What a model is, without a draft.
pub(super) fn of(model: &Model<'_>, bytes: &[u8], sha256: String) -> Inspection {
    let graph = &model.graph;
    let inputs = inputs(graph);
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut parameters = graph.initializers.iter().map(count_of).sum::<f64>();
    tally(graph, &mut counts, &mut parameters);
    let mut listed: Vec<OperatorCount> = counts
        .into_iter()
        .map(|((domain, op), count)| OperatorCount {
            domain: short(domain),
            name: short(op),
            count,
            known: operators::known(domain, op),
        })
        .collect();
    listed.sort_by(|a, b| b.count.cmp(&a.count).then(a.name.cmp(&b.name)));
    let refusals = refusals(model, &inputs, &listed);
    listed.truncate(LISTED);
    Inspection {
        bytes: bytes.len() as f64,
        sha256,
        producer: short(&model.producer),
        ir_version: model.ir_version as f64,
        opsets: (model.opsets.iter().take(LISTED))
            .map(|(domain, version)| Opset {
                domain: short(domain),
                version: i32::try_from(*version).unwrap_or(i32::MAX),
            })
            .collect(),
        seems: seems(graph, &inputs),
        inputs: inputs.iter().take(LISTED).map(|i| port(i)).collect(),
        outputs: graph.outputs.iter().take(LISTED).map(port).collect(),
        operators: listed,
        parameters,
        refusals,
        manifest: String::new(),
        gaps: vec![],
        notes: vec![],
    }
}

/// Inputs that are no constants.
fn inputs<'g, 'a>(graph: &'g Graph<'a>) -> Vec<&'g Info<'a>> {
    let constants: std::collections::BTreeSet<&str> =
        graph.initializers.iter().map(|t| t.name).collect();
    (graph.inputs.iter())
        .filter(|i| !constants.contains(i.name))
        .collect()
}

/// Values of a tensor that may have been learned: shapes and places are 64-bit integers.
fn count_of(tensor: &Tensor<'_>) -> f64 {
    match tensor.kind {
        Kind::Int64 | Kind::Bool | Kind::Text => 0.0,
        _ => tensor.dims.iter().map(|&n| n as f64).product(),
    }
}

/// Counts operators, those of inner graphs too, and the numbers that stand in them.
fn tally<'a>(graph: &Graph<'a>, counts: &mut BTreeMap<(&'a str, &'a str), u32>, numbers: &mut f64) {
    for node in &graph.nodes {
        let domain = if node.domain == "ai.onnx" {
            ""
        } else {
            node.domain
        };
        *counts.entry((domain, node.op)).or_default() += 1;
        for (_, attribute) in &node.attributes {
            match attribute {
                Attribute::Graph(inner) => tally(inner, counts, numbers),
                Attribute::Tensor(tensor) => *numbers += count_of(tensor),
                _ => {}
            }
        }
    }
}

fn refusals(model: &Model<'_>, inputs: &[&Info<'_>], operators: &[OperatorCount]) -> Vec<Refusal> {
    let mut found = vec![];
    let lacking: Vec<String> = operators
        .iter()
        .filter(|o| !o.known)
        .map(|o| match o.domain.as_str() {
            "" => o.name.clone(),
            domain => format!("{domain}.{}", o.name),
        })
        .collect();
    if !lacking.is_empty() {
        found.push(Refusal::Operators {
            names: lacking,
            opset: i32::try_from(model.opset("")).unwrap_or(i32::MAX),
        });
    }
    match inputs {
        [one] if one.kind != Some(Kind::Float) => found.push(Refusal::Element {
            found: one.kind.map_or("no tensor", Kind::name).to_owned(),
        }),
        [_] => {}
        many => found.push(Refusal::Inputs {
            count: many.len() as u32,
        }),
    }
    if model.graph.initializers.iter().any(|t| t.external) {
        found.push(Refusal::External);
    }
    if model.graph.sparse || model.functions > 0 {
        found.push(Refusal::Format);
    }
    found
}

fn port(info: &Info<'_>) -> Port {
    let axis = |axis: &Axis<'_>| match axis {
        Axis::Size(n) => n.to_string(),
        Axis::Named(name) => short(name),
        Axis::Any => "?".to_owned(),
    };
    Port {
        name: short(info.name),
        kind: info.kind.map_or("no tensor", Kind::name).to_owned(),
        shape: info.shape.iter().flatten().map(axis).collect(),
    }
}

/// A name out of a file, short and without control characters.
fn short(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(LONGEST).collect()
}

/// Axes of places by the first convolution's kernel, else by the input's rank.
fn axes(graph: &Graph<'_>, input: Option<&Info<'_>>) -> Option<usize> {
    let by_kernel = graph
        .nodes
        .iter()
        .find(|n| n.op.ends_with("Conv"))
        .and_then(|node| {
            let weights = node.inputs.get(1)?;
            let weights = graph.initializers.iter().find(|t| t.name == *weights);
            match (node.ints("kernel_shape"), weights) {
                (Some(kernel), _) => Some(kernel.len()),
                (None, weights) => weights?.dims.len().checked_sub(2),
            }
        });
    let by_rank = || match input?.shape.as_ref()?.len() {
        5 => Some(3),
        4 => Some(2),
        _ => None,
    };
    by_kernel.or_else(by_rank).filter(|n| (2..=3).contains(n))
}

fn size(axis: Option<&Axis<'_>>) -> Option<u64> {
    match axis {
        Some(Axis::Size(n)) => Some(*n),
        _ => None,
    }
}

fn seems(graph: &Graph<'_>, inputs: &[&Info<'_>]) -> Seems {
    let input = inputs.first().copied();
    let axes = axes(graph, input);
    let layout = axes.and_then(|axes| layout(input?, axes));
    let channels = layout.and_then(|l| l.channels);
    let small = |n: u64| u32::try_from(n).ok();
    let labelled = |task: Option<&str>, labels: Option<u64>| Seems {
        task: task.map(str::to_owned),
        axes: axes.map(|n| n as u8),
        channels: channels.and_then(small),
        labels: labels.and_then(small),
    };
    let named = |word: &str| (graph.outputs.iter()).any(|o| o.name.to_lowercase().contains(word));
    let fours = (graph.outputs.iter()).any(|o| size(shape_of(o).last()) == Some(4));
    let suppresses = graph.nodes.iter().any(|n| n.op == "NonMaxSuppression");
    if graph.outputs.len() > 1 && (suppresses || (fours && (named("box") || named("score")))) {
        return labelled(Some("detection"), None);
    }
    let Some(output) = graph.outputs.first() else {
        return labelled(None, None);
    };
    let shape = shape_of(output);
    let rank = axes.map(|axes| axes + 2);
    // Numbers of labels: how many there are is nowhere.
    let places = [axes.map(|axes| axes + 1), rank];
    let ranks = shape.is_empty() || places.contains(&Some(shape.len()));
    if last_operator(graph) == Some("ArgMax") && ranks && !is_point(shape) {
        return labelled(Some("segmentation"), None);
    }
    if !shape.is_empty() && Some(shape.len()) == rank && !is_point(shape) {
        let at = if layout.is_some_and(|l| l.last) {
            shape.len() - 1
        } else {
            1
        };
        return labelled(Some("segmentation"), size(shape.get(at)));
    }
    if matches!(shape.len(), 1 | 2) || is_point(shape) {
        let labels = shape.iter().skip(usize::from(shape.len() > 1));
        let labels = labels
            .map(|a| size(Some(a)))
            .try_fold(1, |n: u64, s| n.checked_mul(s?));
        return labelled(Some("classification"), labels);
    }
    // No shape: what the last operators are.
    let ends = |ops: &[&str]| {
        graph
            .nodes
            .iter()
            .rev()
            .take(4)
            .any(|n| ops.contains(&n.op))
    };
    if shape.is_empty() && ends(&["Gemm", "MatMul", "Flatten", "GlobalAveragePool"]) {
        return labelled(Some("classification"), None);
    }
    labelled(None, None)
}

fn shape_of<'g>(info: &'g Info<'_>) -> &'g [Axis<'g>] {
    info.shape.as_deref().unwrap_or_default()
}

/// All axes but the first two are one.
fn is_point(shape: &[Axis<'_>]) -> bool {
    shape.len() > 2 && shape.iter().skip(2).all(|a| *a == Axis::Size(1))
}

/// Where an input has its channels.
#[derive(Debug, Clone, Copy)]
struct Found {
    name: &'static str,
    last: bool,
    channels: Option<u64>,
}

/// The axes of an input, where they can be told: channels are few, places many or of any number.
fn layout(input: &Info<'_>, axes: usize) -> Option<Found> {
    let shape = input.shape.as_ref()?;
    let deep = axes == 3;
    if shape.len() == axes + 1 {
        let name = if deep { "NDHW" } else { "NHW" };
        return Some(Found {
            name,
            last: false,
            channels: Some(1),
        });
    }
    if shape.len() != axes + 2 {
        return None;
    }
    let names = if deep {
        ["NCDHW", "NDHWC"]
    } else {
        ["NCHW", "NHWC"]
    };
    let ends = [size(shape.get(1)), size(shape.last())];
    // The fewer an axis has, the surer it is the channels'.
    [4, 16, 64].into_iter().find_map(|most| {
        let few = ends.map(|n| n.filter(|n| *n <= most));
        let (name, last) = match few {
            [Some(_), None] => (names[0], false),
            [None, Some(_)] => (names[1], true),
            _ => return None,
        };
        Some(Found {
            name,
            last,
            channels: few[usize::from(last)],
        })
    })
}

/// A manifest as far as a file tells it.
pub(super) fn draft(model: &Model<'_>, inspection: &Inspection, name: &str) -> Draft {
    let graph = &model.graph;
    let inputs = inputs(graph);
    let seems = &inspection.seems;
    let axes = seems.axes.map_or(0, usize::from);
    let mut input = json!({"preparation": "general"});
    let mut output = json!({});
    let layout = inputs.first().and_then(|i| layout(i, axes));
    if let Some(layout) = layout {
        input["layout"] = layout.name.into();
        if layout.channels == Some(1) {
            input["channels"] = 1.into();
        }
    }
    if axes == 3 {
        input["takes"] = "stack".into();
    }
    let task = seems.task.as_deref();
    if axes == 2 && matches!(task, Some("classification" | "detection")) {
        input["takes"] = "frame".into();
    }
    // Places that the network fixes: windows of that size over a volume, else the picture is brought to it.
    let places: Option<Vec<u64>> = layout.and_then(|layout| {
        let shape = inputs.first()?.shape.as_ref()?;
        let skip = if layout.last || shape.len() == axes + 1 {
            1
        } else {
            2
        };
        let places = shape.iter().skip(skip).take(axes);
        places.map(|a| size(Some(a)).filter(|n| *n > 0)).collect()
    });
    if let Some(places) = places.filter(|p| p.len() == axes && axes > 0) {
        if axes == 3 && task == Some("segmentation") {
            input["sliding"] = json!({"roi": places});
        } else {
            input["size"] = json!(places);
        }
    }
    match last_operator(graph) {
        Some("Softmax") => output["activation"] = "none".into(),
        Some("Sigmoid") => output["activation"] = "independent".into(),
        Some("ArgMax") => output["activation"] = "argmax".into(),
        _ => {}
    }
    if task == Some("detection") {
        output["boxes"] = boxes(graph);
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut all = json!({
        "name": short(stem),
        "version": "0",
        "license": "unknown",
        "file": {"name": name, "sha256": inspection.sha256},
        "input": input,
        "output": output,
        "not_for": ["diagnosis, triage or treatment: nobody vouches for this network here"],
    });
    if let Some(task) = task {
        all["task"] = task.into();
    }
    if task == Some("classification")
        && axes == 2
        && let Some(head) = head::of(model)
    {
        // Without a last layer that is known there is no exact map of a label.
        let exact = head.cam().is_some().then_some("cam");
        let methods: Vec<&str> = exact
            .into_iter()
            .chain(["eigen-cam", "score-cam"])
            .collect();
        all["explain"] = json!({"methods": methods, "features": head.features});
    }
    Draft(all)
}

/// The operator that makes the first output; what only changes the type or form after it does not count.
fn last_operator<'a>(graph: &Graph<'a>) -> Option<&'a str> {
    let mut name = graph.outputs.first()?.name;
    let maker = |name: &str| graph.nodes.iter().rev().find(|n| n.outputs.contains(&name));
    // So many steps and no more: a broken file may have a circle.
    for _ in 0..4 {
        let node = maker(name)?;
        match (node.op, node.inputs.first()) {
            ("Cast" | "Squeeze" | "Unsqueeze" | "Identity", Some(before))
                if maker(before).is_some() =>
            {
                name = before;
            }
            (op, _) => return Some(op),
        }
    }
    None
}

/// What the outputs of a detection are, by their names; the rest is a gap.
fn boxes(graph: &Graph<'_>) -> Value {
    let role = |info: &Info<'_>| {
        let name = info.name.to_lowercase();
        [("box", "boxes"), ("score", "scores"), ("label", "labels")]
            .into_iter()
            .find(|(part, _)| name.contains(part))
            .map_or("other", |(_, role)| role)
    };
    let roles: Vec<&str> = graph.outputs.iter().take(LISTED).map(role).collect();
    let torchvision = roles.len() == 3
        && ["boxes", "labels", "scores"]
            .iter()
            .all(|r| roles.contains(r));
    if torchvision {
        json!({"outputs": roles, "form": "xyxy", "unit": "pixels", "score_threshold": 0.5})
    } else {
        Value::Null
    }
}
