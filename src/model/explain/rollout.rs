//! Attention rollout (Abnar and Zuidema 2020): how much of each patch reaches the token that is classified.
//!
//! Of each layer the mean over its heads, plus the identity for the way past it, each row brought to sum 1; the product over the layers; of
//! it the row of the first token where there are tokens before the patches, else the mean of all rows. Not about a class. A value of 1 is
//! what each patch would get if attention lay evenly on all tokens.

use super::{Method, Needs, Planes, Question};
use crate::{
    base::{Error, Result},
    model::codes,
};

/// A line of the table.
pub const METHOD: Method = Method {
    name: "rollout",
    needs: Needs::Attention,
    of_label: false,
    unit: "times even",
    range: [0.0, 4.0],
    runs: |_, _, _| 0,
    parameters: |_| vec![],
    map,
};

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let wrong = || Error::new(&codes::MANIFEST).at("explain.attention");
    let said = question.explain.attention.as_ref().ok_or_else(wrong)?;
    let [rows, columns] = said.grid;
    let tokens = said.tokens().ok_or_else(wrong)?;
    let layers = &question.answer.attention;
    if layers.is_empty()
        || layers
            .iter()
            .any(|l| l.rows != tokens || l.columns != tokens)
    {
        return Err(wrong().expected(format!(
            "outputs [1, heads, {tokens}, {tokens}] of the network"
        )));
    }
    let mut row = vec![0.0; tokens];
    if said.before > 0 {
        row.iter_mut().take(1).for_each(|v| *v = 1.0);
    } else {
        row.fill(1.0 / tokens as f64);
    }
    // (row of the last layer) × layers from the last to the first: the row of the product, without the product.
    for layer in layers.iter().rev() {
        row = through(&row, layer);
    }
    let values = row.iter().skip(said.before);
    let values = values.map(|v| (v * tokens as f64) as f32).collect();
    Planes::new(1, rows, columns, values).ok_or_else(wrong)
}

/// row × (mean of heads + identity, rows normalised).
fn through(row: &[f64], layer: &Planes) -> Vec<f64> {
    let tokens = row.len();
    let mut out = vec![0.0; tokens];
    for (from, weight) in row.iter().enumerate() {
        let mut line = vec![0.0; tokens];
        for head in layer.each() {
            let part = head.chunks_exact(tokens).nth(from).unwrap_or_default();
            for (sum, &value) in line.iter_mut().zip(part) {
                *sum += f64::from(value) / layer.count as f64;
            }
        }
        line.iter_mut().skip(from).take(1).for_each(|v| *v += 1.0);
        let total: f64 = line.iter().sum();
        for (sum, value) in out.iter_mut().zip(&line) {
            *sum += weight * value / total;
        }
    }
    out
}
