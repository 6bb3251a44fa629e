//! A finding for people: what `analyze` prints without --json.

use super::say;
use crate::model::{
    finding::{Finding, HeatmapInfo, LabelSpread},
    manifest::Proportion,
};

/// A heatmap's legend for people.
fn explained(map: &HeatmapInfo) {
    let parameters: Vec<String> = (map.parameters.iter())
        .map(|p| format!("{} {}", p.name, p.value))
        .collect();
    say(&format!(
        "  {}: {} × {} cells, {:.3} to {:.3} {}, {} runs of the network {}",
        map.method,
        map.cells[0],
        map.cells[1],
        map.extremes[0],
        map.extremes[1],
        map.unit,
        map.runs,
        parameters.join(", ")
    ));
    if let Some(s) = &map.shares {
        let border = |v: f64| format!("{:.0} %", 100.0 * v);
        say(&format!(
            "    on the border {} (by chance {})",
            border(s.border),
            border(s.border_area)
        ));
        if let Some([inside, area]) = s.field {
            let [inside, area] = [inside, area].map(border);
            say(&format!(
                "    inside of the field {inside} (by chance {area})"
            ));
        }
    }
    if let Some(c) = &map.check {
        let like = |v: Option<f64>| v.map_or("none".to_owned(), |v| format!("{v:.2}"));
        say(&format!(
            "    deletion {:.3} (random {:.3}), insertion {:.3} (random {:.3}); with shuffled weights: rank correlation {}, SSIM {}",
            c.deletion,
            c.deletion_random,
            c.insertion,
            c.insertion_random,
            like(c.shuffled_rank_correlation),
            like(c.shuffled_ssim)
        ));
        let steps: Vec<String> = (c.cascade.iter())
            .map(|s| format!("{} {}", s.layers, like(s.rank_correlation)))
            .collect();
        if !steps.is_empty() {
            say(&format!(
                "    rank correlation where only the last layers are shuffled: {}",
                steps.join(", ")
            ));
        }
    }
}

/// A finding for people.
pub(super) fn sentences<'a>(finding: &'a Finding, saved: impl Iterator<Item = &'a String>) {
    say(&format!(
        "{} · {} {}",
        finding.input, finding.model.name, finding.model.version
    ));
    for warning in &finding.warnings {
        say(&format!("  {}: {}", warning.code, warning.text));
    }
    if let Some(field) = &finding.field {
        let (label, part) = (&field.label, 100.0 * field.area);
        say(&format!(
            "  {label}: {part:.0} % of the picture ({} {})",
            field.model.name, field.model.version
        ));
    }
    for score in &finding.scores {
        let calibrated = score.calibrated.map_or(String::new(), |c| {
            let prior = score.prior.map_or(String::new(), |p| {
                format!(" as if {:.0} % were positive", 100.0 * p)
            });
            format!(", calibrated {c:.3}{prior}")
        });
        let threshold = score
            .threshold
            .map_or(String::new(), |t| format!(", threshold {t:.3}"));
        say(&format!(
            "  {}: {:.3}{calibrated}{threshold}",
            score.label, score.value
        ));
        if let Some(cost) = &score.cost {
            let of = |p: &Proportion| format!("{:.2} ({:.2} to {:.2})", p.value, p.low, p.high);
            say(&format!(
                "    at that threshold, in {} images: sensitivity {}, specificity {}",
                cost.view,
                of(&cost.sensitivity),
                of(&cost.specificity)
            ));
        }
        if let Some(s) = &score.spread {
            say(&format!(
                "    of it and {} changed copies: mean {:.3}, standard deviation {:.3}, {:.3} to {:.3}",
                s.copies, s.mean, s.sd, s.low, s.high
            ));
        }
    }
    if finding.boxes.as_ref().is_some_and(Vec::is_empty) {
        say("  no box");
    }
    for found in finding.boxes.iter().flatten() {
        let [left, top, right, bottom] = found.extent;
        say(&format!(
            "  {}: {:.3}, columns {left:.1} to {right:.1}, rows {top:.1} to {bottom:.1}",
            found.label, found.score
        ));
    }
    if let Some(map) = &finding.heatmap {
        explained(map);
    }
    if let Some(map) = &finding.label_map {
        for (label, ml) in &map.volumes_ml {
            say(&format!("  {label}: {ml:.1} ml"));
        }
        for (label, LabelSpread { area: s, agreement }) in &map.spread {
            let [mean, sd, low, high] = [s.mean, s.sd, s.low, s.high].map(|part| 100.0 * part);
            say(&format!(
                "  {label}: {mean:.1} % of the picture, mean of it and {} changed copies (standard deviation {sd:.1}, {low:.1} to {high:.1}); Dice with the mean {agreement:.3}",
                s.copies
            ));
        }
    }
    for file in finding
        .label_map
        .iter()
        .map(|m| &m.file)
        .chain(finding.heatmap.iter().map(|h| &h.file))
        .chain(saved)
    {
        if !file.is_empty() {
            say(&format!("  {file}"));
        }
    }
    say(&format!(
        "  {:.1} s, peak {:.0} MB",
        finding.seconds,
        finding.peak_bytes / 1e6
    ));
}
