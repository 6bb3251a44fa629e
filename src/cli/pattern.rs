//! `pattern`: a test pattern for a display as a DICOM file; `luminance`: a measured display against the standard's function.

use std::path::Path;

use super::{analyze_save::stamp, argument, output, say};
use crate::{base::Result, export::pattern, tone::gsdf};

/// True when nothing failed.
pub(super) fn run(name: &str, side: usize, out: &Path) -> Result<bool> {
    let names: Vec<&str> = pattern::ALL.iter().map(|k| k.name).collect();
    let kind = pattern::ALL.iter().find(|k| k.name == name);
    let kind = kind.ok_or_else(|| argument("NAME", name, &names.join(", ")))?;
    if !pattern::SIDES.contains(&side) {
        let sides: Vec<String> = pattern::SIDES.iter().map(ToString::to_string).collect();
        return Err(argument("--side", &side.to_string(), &sides.join(", ")));
    }
    output::save(&pattern::file(kind, side, &stamp())?, out, Path::new("-"))?;
    Ok(true)
}

/// True when the display passes for diagnosis.
pub(super) fn luminance(measured: &[f64], ambient: f64, json: bool) -> Result<bool> {
    let check = gsdf::check(measured, ambient)?;
    if json {
        let steps: Vec<_> = (check.steps.iter())
            .map(|s| serde_json::json!({"measured": s.measured, "expected": s.expected, "deviation": s.deviation}))
            .collect();
        say(&serde_json::json!({
            "ratio": check.ratio, "jnds": check.jnds, "worst": check.worst, "primary": check.primary,
            "secondary": check.secondary, "wanted": check.wanted, "steps": steps,
        })
        .to_string());
        return Ok(check.primary);
    }
    say(&format!(
        "{:>10} {:>10} {:>9}",
        "measured", "wanted", "contrast"
    ));
    for (n, (l, wanted)) in measured.iter().zip(&check.wanted).enumerate() {
        let step = n.checked_sub(1).and_then(|n| check.steps.get(n));
        let off = step.map_or(String::new(), |s| format!("{:+.1} %", 100.0 * s.deviation));
        say(&format!("{l:>10.3} {wanted:>10.3} {off:>9}"));
    }
    say(&format!(
        "contrast off by at most {:.1} %, ratio {:.0}: {}",
        100.0 * check.worst,
        check.ratio,
        match (check.primary, check.secondary) {
            (true, _) => "as a display for diagnosis (AAPM TG18: 10 %, 250)",
            (_, true) => "as a display for other purposes (AAPM TG18: 20 %, 100)",
            _ => "neither as a display for diagnosis nor for other purposes (AAPM TG18)",
        }
    ));
    Ok(check.primary)
}
