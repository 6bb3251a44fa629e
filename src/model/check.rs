//! A manifest's conditions held against an input: refused with what was expected and what was found, or warned about.

use super::{
    codes,
    facts::InputFacts,
    finding::Warning,
    manifest::{Manifest, Unknown},
    weighting,
};
use crate::base::{Code, Error, Result};

/// What the manifest says about an input of `columns` × `rows`: warnings where the file does not say enough.
/// `volume`: the model takes a whole stack.
///
/// # Errors
/// `MDL-006` with the attribute, what the model was made for and what the file has.
pub fn check(
    manifest: &Manifest,
    facts: &InputFacts,
    columns: usize,
    rows: usize,
    volume: bool,
) -> Result<Vec<Warning>> {
    let input = &manifest.input;
    let unknown = &input.when_unknown;
    let mut warnings = vec![];
    let mut listed = |place, allowed: &[String], found: &str, rule| {
        one_of(place, allowed, found, rule).map(|warning| warnings.extend(warning))
    };
    let refuse = |rule: Option<Unknown>| rule.unwrap_or(Unknown::Refuse);
    let warn = |rule: Option<Unknown>| rule.unwrap_or(Unknown::Warn);
    listed(
        "Modality (0008,0060)",
        &input.modality,
        &facts.modality,
        refuse(unknown.modality),
    )?;
    if !facts.grey {
        return Err(refused("Photometric Interpretation (0028,0004)")
            .expected("grey values")
            .found("colour"));
    }
    listed(
        "Body Part Examined (0018,0015)",
        &input.body_part_examined,
        &facts.body_part,
        refuse(unknown.body_part_examined),
    )?;
    listed(
        "View Position (0018,5101)",
        &input.view,
        &facts.view,
        refuse(unknown.view),
    )?;
    if !input.weighting.is_empty() {
        let told = weighting::of(facts);
        let name = told.as_ref().map_or("", |w| w.name);
        one_of(
            "weighting of the sequence",
            &input.weighting,
            name,
            warn(unknown.weighting),
        )
        .map_err(|error| match &told {
            Some(told) => error.found(format!("{} ({})", told.name, told.because)),
            None => error,
        })?
        .into_iter()
        .for_each(|w| warnings.push(w));
    }
    if let Some(least) = input.min_age {
        let place = "Patient's Age (0010,1010)";
        let expected = format!("at least {least} years");
        match facts.age_years {
            Some(age) if age < least => {
                return Err(refused(place)
                    .expected(expected)
                    .found(format!("{age:.0} years")));
            }
            Some(_) => {}
            None if warn(unknown.age) == Unknown::Refuse => {
                return Err(refused(place).expected(expected).found("nothing"));
            }
            None => warnings.push(warning(&codes::UNSAID, &format!("{place}: {expected}"))),
        }
    }
    if volume && !facts.regular {
        return Err(refused("geometry")
            .expected("parallel slices at even distances, without gaps")
            .found(&facts.irregular_because));
    }
    size(manifest, columns, rows)?;
    if facts.burned_in {
        warnings.push(warning(
            &codes::BURNED_IN,
            "Burned In Annotation (0028,0301): YES",
        ));
    }
    Ok(warnings)
}

fn size(manifest: &Manifest, columns: usize, rows: usize) -> Result<()> {
    if let Some(least) = manifest.input.min_side
        && columns.min(rows) < least as usize
    {
        return Err(refused("Rows (0028,0010), Columns (0028,0011)")
            .expected(format!("at least {least} each"))
            .found(format!("{rows} rows, {columns} columns")));
    }
    if let Some([low, high]) = manifest.input.aspect {
        let aspect = columns as f64 / rows.max(1) as f64;
        if !(low..=high).contains(&aspect) {
            return Err(refused("columns / rows")
                .expected(format!("{low} to {high}"))
                .found(format!("{aspect:.2}")));
        }
    }
    Ok(())
}

/// `found` is one of `allowed` (in whatever case), or is empty and the rule lets it pass with a warning.
fn one_of(
    place: &'static str,
    allowed: &[String],
    found: &str,
    rule: Unknown,
) -> Result<Option<Warning>> {
    let found = found.trim();
    if allowed.is_empty() || allowed.iter().any(|a| a.eq_ignore_ascii_case(found)) {
        return Ok(None);
    }
    let expected = allowed.join(" or ");
    match (found, rule) {
        ("", Unknown::Warn) => Ok(Some(warning(
            &codes::UNSAID,
            &format!("{place}: {expected}"),
        ))),
        ("", Unknown::Refuse) => Err(refused(place).expected(expected).found("nothing")),
        _ => Err(refused(place).expected(expected).found(found)),
    }
}

fn refused(place: &'static str) -> Error {
    Error::new(&codes::INPUT).at(place)
}

/// A warning of this room; `what` names the attribute and what the model was made for.
fn warning(code: &Code, what: &str) -> Warning {
    Warning {
        code: code.id.to_owned(),
        text: format!("{} ({what})", code.cause),
    }
}
