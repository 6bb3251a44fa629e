//! A MONAI bundle's own description, read into a manifest: `configs/metadata.json`, and of `configs/inference.json` the transforms before
//! the network, the inferer and the transforms after it.
//!
//! Nothing of a bundle is run: what it computes by Python expressions (`$…`) is not known here. A transform that has no counterpart is
//! noted, and where it changes what the network is given, the part of the manifest that it belongs to stays a gap.

mod transform;

use serde_json::{Value, json};

use self::transform::{Transform, resolved};

use super::{
    codes,
    inspect::{self, Draft, Inspection},
};
use crate::base::{Error, Limits, Result};

/// Largest description that is read.
pub const MOST_BYTES: usize = 4 << 20;
/// Transforms that are looked at.
const TRANSFORMS: usize = 200;
/// Transforms that change neither places nor values here.
const NEUTRAL: &[&str] = &[
    "LoadImage",
    "EnsureChannelFirst",
    "AddChannel",
    "AsChannelFirst",
    "EnsureType",
    "CastToType",
    "ToTensor",
    "ToDevice",
];
/// Transforms after the network that change no label.
const AFTER: &[&str] = &[
    "Invert",
    "SaveImage",
    "SaveClassification",
    "EnsureType",
    "ToDevice",
    "ToTensor",
    "ToNumpy",
    "FromMetaTensor",
    "CopyItems",
];

/// Reads a bundle's descriptions and its network, whose file has the bare name `name`.
///
/// # Errors
/// `MDL-001` where a description cannot be read, and those of [`inspect::inspect`].
pub fn read(
    metadata: &[u8],
    inference: Option<&[u8]>,
    network: &[u8],
    name: &str,
    limits: &Limits,
) -> Result<Inspection> {
    let metadata = parsed("metadata.json", metadata)?;
    let (model, sha256) = inspect::read(network, limits)?;
    let inspection = inspect::of(&model, network, sha256);
    let mut bundle = Bundle {
        draft: inspect::draft(&model, &inspection, name).0,
        notes: vec![],
    };
    bundle.metadata(&metadata);
    match inference {
        Some(bytes) => bundle.inference(&parsed("inference.json", bytes)?),
        None => bundle.note("inference.json is not there: what comes before and after the network"),
    }
    Ok(inspect::with(
        inspection,
        &Draft(bundle.draft),
        bundle.notes,
    ))
}

fn parsed(what: &'static str, bytes: &[u8]) -> Result<Value> {
    let wrong = || Error::new(&codes::MANIFEST).at(what);
    if bytes.len() > MOST_BYTES {
        return Err(wrong()
            .expected(format!("at most {MOST_BYTES} bytes"))
            .found(bytes.len()));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|e| wrong().found(e))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(wrong().expected("an object"))
    }
}

struct Bundle {
    draft: Value,
    notes: Vec<String>,
}

/// Numbers, of which every one is there.
fn numbers(value: Option<&Value>) -> Option<Vec<f64>> {
    match value? {
        Value::Array(all) => all.iter().map(Value::as_f64).collect(),
        one => Some(vec![one.as_f64()?]),
    }
}

/// Sizes; what is not positive means the whole axis.
fn sizes(value: Option<&Value>, axes: usize) -> Option<Vec<u64>> {
    let found = numbers(value)?;
    let whole = |v: &f64| v.fract() == 0.0 && v.abs() < 1e6;
    let all: Vec<u64> = (found.iter().all(whole)).then(|| {
        let size = |v: &f64| v.max(0.0) as u64;
        found.iter().map(size).collect()
    })?;
    match all.len() {
        1 => Some(vec![*all.first()?; axes]),
        n if n == axes => Some(all),
        _ => None,
    }
}

impl Bundle {
    fn note(&mut self, text: impl Into<String>) {
        const MOST: usize = 100;
        if self.notes.len() < MOST {
            self.notes.push(text.into());
        }
    }

    fn set(&mut self, part: &str, key: &str, value: Value) {
        if let Some(place) = self.draft.get_mut(part).and_then(Value::as_object_mut) {
            place.insert(key.to_owned(), value);
        }
    }

    fn remove(&mut self, part: &str, key: &str) {
        if let Some(place) = self.draft.get_mut(part).and_then(Value::as_object_mut) {
            place.remove(key);
        }
    }

    /// Axes of places of the network.
    fn axes(&self) -> usize {
        let layout = self.draft.pointer("/input/layout").and_then(Value::as_str);
        match layout {
            Some(name) if name.contains('D') => 3,
            Some(_) => 2,
            None => 0,
        }
    }

    fn metadata(&mut self, metadata: &Value) {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::trim);
        for (field, key) in [
            ("name", "name"),
            ("version", "version"),
            ("license", "license"),
        ] {
            if let Some(found) = text(key).filter(|t| !t.is_empty()) {
                self.draft[field] = found.into();
            }
        }
        if let Some(words) = text("description").or(text("task")) {
            self.set("input", "body_part", words.into());
        }
        let mut not_for = vec!["diagnosis, triage or treatment: not a medical device".to_owned()];
        not_for.extend(text("intended_use").map(|use_| format!("intended use: {use_}")));
        self.draft["not_for"] = json!(not_for);
        if let Some(metrics) = metadata.get("eval_metrics").filter(|m| m.is_object()) {
            self.draft["metrics"] = metrics.clone();
        }
        if let Some(source) = text("data_source") {
            self.draft["training_data"] = json!({"name": source});
        }
        let format = |side: &str| {
            let all = metadata
                .get("network_data_format")?
                .get(side)?
                .as_object()?;
            (all.len() == 1).then(|| all.values().next()).flatten()
        };
        match format("inputs") {
            Some(input) => self.input(input),
            None => self.note("network_data_format.inputs names none or several inputs"),
        }
        match format("outputs") {
            Some(output) => self.output(output),
            None => self.note("network_data_format.outputs names none or several outputs"),
        }
    }

    fn input(&mut self, input: &Value) {
        let shape = input.get("spatial_shape").and_then(Value::as_array);
        let axes = shape.map_or(0, Vec::len);
        let layout = match axes {
            2 => "NCHW",
            3 => "NCDHW",
            _ => {
                return self
                    .note("network_data_format.inputs has no spatial_shape of two or three");
            }
        };
        self.set("input", "layout", layout.into());
        // The network's file may have told these of its own shape.
        self.remove("input", "size");
        self.remove("input", "sliding");
        let takes = if axes == 3 { "stack" } else { "frame" };
        self.set("input", "takes", takes.into());
        if axes == 2 {
            // Its readers of pictures give columns first.
            self.set("input", "orientation", "transposed".into());
        }
        if input.get("num_channels").and_then(Value::as_u64) == Some(1) {
            self.set("input", "channels", 1.into());
        } else {
            self.remove("input", "channels");
            self.note("several channels of input: what each is for");
        }
        let modality = input.get("modality").and_then(Value::as_str).unwrap_or("");
        let modality = match modality.to_ascii_uppercase().as_str() {
            "CT" => json!(["CT"]),
            "MR" | "MRI" => json!(["MR"]),
            "PT" | "PET" => json!(["PT"]),
            "US" | "ULTRASOUND" => json!(["US"]),
            "MG" | "MAMMOGRAM" => json!(["MG"]),
            "XR" | "X-RAY" | "XRAY" | "CR" | "DX" => json!(["CR", "DX"]),
            _ => json!([]),
        };
        self.set("input", "modality", modality);
        if input.get("format").and_then(Value::as_str) == Some("RGB") {
            self.note("the input is colour, which no model is given here");
            self.remove("input", "channels");
        }
        let fixed: Option<Vec<u64>> =
            shape.and_then(|s| s.iter().map(Value::as_u64).collect::<Option<_>>());
        match fixed {
            // Of patches the inferer's windows tell the size.
            Some(size) if input.get("is_patch_data") != Some(&Value::Bool(true)) => {
                self.set("input", "size", json!(size));
            }
            Some(size) if axes == 3 => self.set("input", "sliding", json!({"roi": size})),
            Some(_) => {}
            None => {
                let part = |v: &Value| v.as_str()?.split('*').next()?.trim().parse::<u64>().ok();
                let multiples = shape.and_then(|s| s.iter().map(part).collect::<Option<Vec<_>>>());
                if let Some(most) = multiples.and_then(|all| all.into_iter().max()) {
                    self.set("input", "multiple", most.into());
                }
            }
        }
    }

    fn output(&mut self, output: &Value) {
        let text = |key: &str| output.get(key).and_then(Value::as_str).unwrap_or("");
        let shape = (output.get("spatial_shape").and_then(Value::as_array)).map_or(0, Vec::len);
        let (format, kind) = (text("format"), text("type"));
        let task = if kind == "object" || kind == "tuples" {
            None
        } else if matches!(format, "classes" | "classification")
            || (matches!(kind, "probabilities" | "probability") && shape < self.axes())
            || (format == "labels" && shape == 2 && output["spatial_shape"][0] == 1)
        {
            Some("classification")
        } else if matches!(format, "segmentation" | "labels") && shape == self.axes() {
            Some("segmentation")
        } else {
            None
        };
        if let Some(task) = task {
            self.draft["task"] = task.into();
        } else {
            if let Some(all) = self.draft.as_object_mut() {
                all.remove("task");
            }
            self.note(format!(
                "the output is `{kind}` in the format `{format}`, which has no counterpart"
            ));
        }
        let names =
            (output.get("channel_def").or(output.get("label_def"))).and_then(Value::as_object);
        let count = output.get("num_channels").and_then(Value::as_u64);
        let labels: Option<Vec<Value>> = names.and_then(|names| {
            (0..names.len())
                .map(|n| Some(json!({"name": names.get(&n.to_string())?.as_str()?})))
                .collect()
        });
        match labels {
            Some(labels) if Some(labels.len() as u64) == count && !labels.is_empty() => {
                self.set("output", "labels", json!(labels));
            }
            _ => self.note("channel_def does not name each channel of the output"),
        }
    }

    fn inference(&mut self, config: &Value) {
        let list = |key: &str| {
            let found = resolved(config.get(key)?, config)?;
            let all = resolved(found.get("transforms")?, config)?.as_array()?;
            Some(all.iter().take(TRANSFORMS).collect::<Vec<_>>())
        };
        match list("preprocessing") {
            Some(all) => self.before(&all, config),
            None => self.note("no list of transforms before the network"),
        }
        self.inferer(config);
        match list("postprocessing") {
            Some(all) => self.after(&all, config),
            None => self.note("no list of transforms after the network"),
        }
    }

    fn before(&mut self, transforms: &[&Value], config: &Value) {
        let mut steps = vec![];
        // A step that has no counterpart makes all of them unknown.
        let mut known = true;
        let (mut placed, mut first, mut later) = (false, false, false);
        let mut oriented = self.axes() == 2;
        let mut spaced = false;
        for value in transforms {
            let Some(one) = Transform::of(value, config) else {
                self.note("a transform before the network is an expression");
                known = false;
                continue;
            };
            if one.disabled() {
                continue;
            }
            let name = one.name.as_str();
            let plain = self.reads(&one);
            match name {
                _ if NEUTRAL.contains(&name) => {}
                "Orientation" => match one.text("axcodes") {
                    Some(codes) if codes.len() == 3 && plain => {
                        self.set("input", "orientation", codes.into());
                        oriented = true;
                        // Its numbers were of other axes, and so is the end that it kept in its place.
                        if spaced {
                            self.set("input", "spacing", json!([]));
                            self.note("Spacing comes before Orientation");
                        }
                    }
                    _ => self.note("Orientation has no axcodes of three letters"),
                },
                "Spacing" => {
                    placed = true;
                    spaced = true;
                    let pixdim =
                        numbers(one.argument("pixdim")).filter(|p| p.iter().all(|x| *x > 0.0));
                    let linear = matches!(one.text("mode"), None | Some("bilinear"));
                    let linear = linear && plain;
                    match pixdim {
                        Some(pixdim) if linear => self.set("input", "spacing", json!(pixdim)),
                        _ => {
                            self.set("input", "spacing", json!([]));
                            self.note("Spacing has no numbers, or does not interpolate linearly");
                        }
                    }
                }
                "Resize" => {
                    placed = true;
                    let axes = self.axes();
                    let mode = match one.text("mode") {
                        None | Some("area") => Some("area"),
                        Some("bilinear" | "trilinear" | "linear") => Some("linear"),
                        _ => None,
                    };
                    let size = sizes(one.argument("spatial_size"), axes).filter(|_| plain);
                    if let (Some(size), Some(mode)) = (size, mode) {
                        self.set("input", "size", json!(size));
                        self.set("input", "resize", mode.into());
                    } else {
                        self.set("input", "size", json!([0]));
                        self.note("Resize has no numbers, or another mode than area and linear");
                    }
                }
                "DivisiblePad" => match sizes(one.argument("k"), 1) {
                    Some(k) if plain => self.set("input", "multiple", json!(k[0])),
                    _ => {
                        self.set("input", "multiple", json!(0));
                        self.note("DivisiblePad has no one number k");
                    }
                },
                _ => {
                    if let Some(step) = step(&one).filter(|_| plain) {
                        steps.push(step);
                        later |= placed;
                        first |= !placed;
                    } else {
                        known = false;
                        self.note(format!("{name} before the network has no counterpart"));
                    }
                }
            }
        }
        if first && later {
            known = false;
            self.note("intensities come both before and after a change of the grid");
        }
        if known {
            self.set("input", "intensity", json!(steps));
            // Without a change of the grid the order says nothing.
            if first && placed {
                self.set("input", "intensity_first", true.into());
            }
        } else {
            self.remove("input", "intensity");
        }
        if !oriented {
            self.remove("input", "orientation");
            self.note("no Orientation: the axes come as the training data's files had them");
        }
    }

    /// Notes each argument that is not read; `false` where there is one.
    fn reads(&mut self, one: &Transform<'_>) -> bool {
        let odd = one.odd();
        for key in &odd {
            self.note(format!("{}: `{key}` has no counterpart", one.name));
        }
        odd.is_empty()
    }

    fn inferer(&mut self, config: &Value) {
        let Some(one) = config.get("inferer").and_then(|v| Transform::of(v, config)) else {
            return self.note("no inferer");
        };
        let axes = self.axes();
        match one.name.as_str() {
            "SimpleInferer" => self.remove("input", "sliding"),
            "SlidingWindowInferer" => {
                let plain = self.reads(&one);
                if let Some(sliding) = windows(&one, axes).filter(|_| plain) {
                    self.remove("input", "multiple");
                    self.set("input", "sliding", sliding);
                } else {
                    // A window of no size is a gap.
                    self.set("input", "sliding", json!({"roi": []}));
                    self.note("SlidingWindowInferer has an expression, or one overlap an axis");
                }
            }
            other => {
                self.remove("input", "multiple");
                self.set("input", "sliding", json!({"roi": []}));
                self.note(format!("{other} has no counterpart"));
            }
        }
    }

    fn after(&mut self, transforms: &[&Value], config: &Value) {
        let mut activation = None;
        for value in transforms {
            let Some(one) = Transform::of(value, config) else {
                self.note("a transform after the network is an expression");
                continue;
            };
            if one.disabled() {
                continue;
            }
            match one.name.as_str() {
                "Activations" if one.flag("softmax") => activation = Some("softmax"),
                "Activations" if one.flag("sigmoid") => activation = Some("sigmoid"),
                // The largest is the largest before and after a softmax.
                "AsDiscrete" if one.flag("argmax") => {
                    activation = activation.or(Some("softmax"));
                }
                "AsDiscrete" => {
                    if let Some(threshold) = one.number("threshold") {
                        self.set("output", "threshold", json!({"value": threshold}));
                    }
                }
                name if AFTER.contains(&name) => {}
                name => self.note(format!("{name} after the network is left out")),
            }
        }
        match activation {
            Some("sigmoid") if self.draft["task"] == "segmentation" => {
                self.set("output", "activation", "sigmoid".into());
                self.background();
            }
            Some(name) => self.set("output", "activation", name.into()),
            None => self.note("nothing after the network says how its numbers become labels"),
        }
    }

    /// Labels of their own have no channel for the background, which a label map needs.
    fn background(&mut self) {
        let labels = self
            .draft
            .pointer_mut("/output/labels")
            .and_then(Value::as_array_mut);
        let Some(labels) = labels else { return };
        let named = |l: &Value| {
            l["name"]
                .as_str()
                .is_some_and(|n| n.eq_ignore_ascii_case("background"))
        };
        if labels.iter().any(named) {
            self.remove("output", "labels");
            self.note("each label is on its own, and one of them is the background");
        } else {
            labels.insert(0, json!({"name": "background"}));
        }
    }
}

/// The windows of an inferer; `None` where one of its arguments cannot be known or has no counterpart.
fn windows(one: &Transform<'_>, axes: usize) -> Option<Value> {
    let roi = sizes(one.argument("roi_size"), axes)?;
    let mut sliding = json!({"roi": roi});
    for (key, name) in [
        ("overlap", "overlap"),
        ("sigma_scale", "sigma_scale"),
        ("cval", "padding_value"),
    ] {
        if one.arguments.get(key).is_some() {
            sliding[name] = json!(one.number(key)?);
        }
    }
    for (key, name, allowed) in [
        ("mode", "mode", &["constant", "gaussian"][..]),
        (
            "padding_mode",
            "padding",
            &["constant", "replicate", "reflect"][..],
        ),
    ] {
        if one.arguments.get(key).is_some() {
            let word = one.text(key).filter(|word| allowed.contains(word))?;
            sliding[name] = word.into();
        }
    }
    Some(sliding)
}

/// A transform of intensities as a step of a manifest.
fn step(one: &Transform<'_>) -> Option<Value> {
    // An argument that is there and is no number makes the step unknown.
    let number = |key: &str| match one.arguments.get(key) {
        None | Some(Value::Null) => Some(None),
        Some(_) => one.number(key).map(Some),
    };
    let pair = |low: &str, high: &str| Some(number(low)?.zip(number(high)?));
    let numbers_of = |key: &str| match one.argument(key) {
        None if one.arguments.get(key).is_some_and(|v| !v.is_null()) => None,
        other => Some(other.map(|v| numbers(Some(v)))),
    };
    let mut step = match one.name.as_str() {
        "ScaleIntensityRange" => {
            let (low, high) = pair("a_min", "a_max")??;
            json!({"method": "window", "low": low, "high": high})
        }
        "ScaleIntensityRangePercentiles" if !one.flag("relative") => {
            let (low, high) = pair("lower", "upper")??;
            json!({"method": "percentiles", "low": low, "high": high})
        }
        "ScaleIntensity" => {
            if one.argument("factor").is_some() {
                return None;
            }
            let low = number("minv")?.unwrap_or(0.0);
            let high = number("maxv")?.unwrap_or(1.0);
            return Some(json!({"method": "minmax", "to": [low, high]}));
        }
        "NormalizeIntensity" => {
            let (mean, sd) = (numbers_of("subtrahend")?, numbers_of("divisor")?);
            return match (mean, sd) {
                (None, None) => Some(json!({"method": "zscore", "nonzero": one.flag("nonzero")})),
                (Some(mean), Some(sd)) if !one.flag("nonzero") => {
                    Some(json!({"method": "fixed", "mean": mean?, "sd": sd?}))
                }
                _ => None,
            };
        }
        _ => return None,
    };
    if let Some((from, to)) = pair("b_min", "b_max")? {
        step["to"] = json!([from, to]);
        step["clip"] = one.flag("clip").into();
    } else if one.flag("clip") && (number("b_min")?.is_some() || number("b_max")?.is_some()) {
        // Cut at one end only.
        return None;
    }
    Some(step)
}
