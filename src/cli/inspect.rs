//! `inspect`: what an ONNX file or a MONAI bundle is, and what a manifest for it still has to say.

use std::path::Path;

use serde_json::Value;

use super::{analyze_model, say};
use crate::{
    base::{Limits, Result},
    model::inspect::{Inspection, Port, Refusal},
};

/// True when the network can be run here.
pub(super) fn run(file: &Path, json: bool, limits: &Limits) -> Result<bool> {
    let found = analyze_model::inspected(file, limits)?;
    let good = found.refusals.is_empty();
    if json {
        let mut all = serde_json::to_value(&found).unwrap_or_default();
        // A document within a document is for the page.
        all["manifest"] = serde_json::from_str(&found.manifest).unwrap_or(Value::Null);
        say(&all.to_string());
    } else {
        sentences(&found);
    }
    Ok(good)
}

fn sentences(found: &Inspection) {
    let opsets: Vec<String> = (found.opsets.iter())
        .map(|o| {
            format!(
                "{} {}",
                if o.domain.is_empty() {
                    "opset"
                } else {
                    &o.domain
                },
                o.version
            )
        })
        .collect();
    say(&format!(
        "{:.0} bytes, ONNX format {:.0}, {}, by {}",
        found.bytes,
        found.ir_version,
        opsets.join(", "),
        if found.producer.is_empty() {
            "nobody named"
        } else {
            &found.producer
        },
    ));
    say(&format!("  sha256 {}", found.sha256));
    for (word, ports) in [("takes", &found.inputs), ("gives", &found.outputs)] {
        for port in ports {
            say(&format!("  {word} {}", shape(port)));
        }
    }
    let operators: Vec<String> = (found.operators.iter())
        .map(|o| match o.domain.as_str() {
            "" => format!("{} × {}", o.count, o.name),
            domain => format!("{} × {domain}.{}", o.count, o.name),
        })
        .collect();
    say(&format!("  operators: {}", operators.join(", ")));
    say(&format!("  parameters: {:.0}", found.parameters));
    let seems = &found.seems;
    let axes = match seems.axes {
        Some(3) => " of volumes",
        Some(_) => " of pictures",
        None => "",
    };
    let counted =
        |count: Option<u32>, what: &str| count.map_or(String::new(), |n| format!(", {n} {what}"));
    say(&format!(
        "  seems to be: {}{axes}{}{}",
        seems.task.as_deref().unwrap_or("nothing that can be told"),
        counted(seems.channels, "channels in"),
        counted(seems.labels, "out"),
    ));
    for refusal in &found.refusals {
        say(&format!("  cannot be run here: {}", words(refusal)));
    }
    for note in &found.notes {
        say(&format!("  note: {note}"));
    }
    for gap in &found.gaps {
        let found = if gap.found.is_empty() {
            String::new()
        } else {
            format!(", not {}", gap.found)
        };
        say(&format!(
            "  the manifest needs {}: {}{found}",
            gap.field, gap.expected
        ));
    }
}

fn shape(port: &Port) -> String {
    format!("{}: {} [{}]", port.name, port.kind, port.shape.join(", "))
}

fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Operators { names, opset } => format!(
            "the runtime lacks the operators {} (opset {opset})",
            names.join(", ")
        ),
        Refusal::Inputs { count } => format!("it takes {count} inputs; one is given"),
        Refusal::Element { found } => format!("its input is {found}, not float32"),
        Refusal::External => "its weights lie in another file".to_owned(),
        Refusal::Format => "it has sparse constants or functions of its own".to_owned(),
    }
}
