//! What a classic MR series is weighted for. No attribute says it: names and timing do, and sometimes nothing does.

use super::facts::InputFacts;

/// What the file tells: a name such as `T1`, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighting {
    /// `T1`, `T2`, `FLAIR`, `diffusion`, `T2*`, `PD`, `angiography`, `functional`, `localizer`.
    pub name: &'static str,
    /// In words.
    pub because: String,
}

/// Words of series descriptions and protocol names, whole or as the beginning of a longer word.
const WORDS: &[(&str, &str)] = &[
    ("mprage", "T1"),
    ("mp2rage", "T1"),
    ("spgr", "T1"),
    ("fspgr", "T1"),
    ("bravo", "T1"),
    ("t1", "T1"),
    ("flair", "FLAIR"),
    ("dark-fluid", "FLAIR"),
    ("dwi", "diffusion"),
    ("adc", "diffusion"),
    ("dti", "diffusion"),
    ("diffusion", "diffusion"),
    ("diff", "diffusion"),
    ("tracew", "diffusion"),
    ("resolve", "diffusion"),
    ("swi", "T2*"),
    ("t2star", "T2*"),
    ("t2*", "T2*"),
    ("medic", "T2*"),
    ("t2", "T2"),
    ("ciss", "T2"),
    ("fiesta", "T2"),
    ("pd", "PD"),
    ("tof", "angiography"),
    ("mra", "angiography"),
    ("bold", "functional"),
    ("fmri", "functional"),
    ("localizer", "localizer"),
    ("scout", "localizer"),
    ("survey", "localizer"),
];

/// `None` when nothing tells, or when what tells contradicts itself.
pub fn of(facts: &InputFacts) -> Option<Weighting> {
    // Series and protocol first: the study's description often lists several sequences, and then it tells nothing.
    for text in &facts.descriptions {
        if let Some(name) = named(text) {
            return Some(Weighting {
                name,
                because: format!("the description has the word for {name}"),
            });
        }
    }
    timed(facts)
}

fn named(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let mut found: Vec<&'static str> = vec![];
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '*' && c != '-') {
        // Words that are joined with a hyphen stand for themselves too: "t1-mprage", but "mp-rage" and "dark-fluid" are one.
        let joined = word.replace('-', "");
        let parts = word.split('-').chain([word, joined.as_str()]);
        for part in parts {
            let hit = WORDS.iter().find(|(head, _)| {
                part.strip_prefix(head).is_some_and(|rest| {
                    // "t1w", "t13d", "t2s": a short word must not be the beginning of another word ("adcock", "pdf").
                    head.len() > 4
                        || rest.is_empty()
                        || (rest.len() == 1 && ["t1", "t2"].contains(head))
                        || rest.starts_with(|c: char| !c.is_ascii_lowercase())
                        || rest.starts_with('w')
                })
            });
            if let Some(&(_, name)) = hit
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
    }
    match found.as_slice() {
        [one] => Some(one),
        // "T1 FLAIR" is T1-weighted, "T2 FLAIR" is FLAIR.
        [a, b] if [*a, *b].contains(&"FLAIR") => match if *a == "FLAIR" { *b } else { *a } {
            "T1" => Some("T1"),
            "T2" => Some("FLAIR"),
            _ => None,
        },
        _ => None,
    }
}

/// Echo, repetition and inversion times in ms: only where they leave no doubt.
fn timed(facts: &InputFacts) -> Option<Weighting> {
    let planar = facts
        .scanning_sequence
        .split('\\')
        .any(|s| s.trim() == "EP");
    if planar {
        let because = "Scanning Sequence (0018,0020) is EP (echo planar)".to_owned();
        return Some(Weighting {
            name: "diffusion",
            because,
        });
    }
    let (te, tr) = (facts.echo_time_ms?, facts.repetition_time_ms?);
    let ti = facts.inversion_time_ms.unwrap_or(0.0);
    let says = |name| {
        let because = format!("echo time {te} ms, repetition time {tr} ms, inversion time {ti} ms");
        Some(Weighting { name, because })
    };
    match () {
        () if te >= 60.0 && ti > 1500.0 => says("FLAIR"),
        () if te >= 60.0 => says("T2"),
        // An inversion-prepared gradient echo (its TR counts from inversion to inversion) or a short spin or gradient echo.
        () if te < 10.0 && ti > 500.0 && ti < 1500.0 => says("T1"),
        () if te < 30.0 && tr < 1000.0 && ti == 0.0 => says("T1"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(series: &str, study: &str) -> Option<&'static str> {
        let facts = InputFacts {
            descriptions: vec![series.to_owned(), String::new(), study.to_owned()],
            ..InputFacts::default()
        };
        of(&facts).map(|w| w.name)
    }

    #[test]
    fn names_tell() {
        for (series, name) in [
            ("anat-T1w", Some("T1")),
            ("MP-RAGE sag", Some("T1")),
            ("t1_mprage_sag_p2_iso", Some("T1")),
            ("AX T1 FLAIR", Some("T1")),
            ("t2_tirm_tra_dark-fluid", Some("FLAIR")),
            ("AX T2 FSE", Some("T2")),
            ("Ax T2* GRE", Some("T2*")),
            ("ep2d_diff_3scan_trace_p2_ADC", Some("diffusion")),
            ("DWI b1000", Some("diffusion")),
            ("Axial Diffusion", Some("diffusion")),
            ("t1c tra", Some("T1")),
            ("3D TOF", Some("angiography")),
            ("SAG PD/T2", None),
            ("head routine", None),
            ("adcock protocol.pdf", None),
        ] {
            assert_eq!(told(series, ""), name, "{series}");
        }
        assert_eq!(told("axial", "brain T1 T2 FLAIR"), None);
        assert_eq!(told("axial", "brain T1"), Some("T1"));
    }

    #[test]
    fn timing_tells() {
        let timed = |te, tr, ti| {
            let facts = InputFacts {
                echo_time_ms: Some(te),
                repetition_time_ms: Some(tr),
                inversion_time_ms: ti,
                ..InputFacts::default()
            };
            of(&facts).map(|w| w.name)
        };
        assert_eq!(timed(2.9, 2300.0, Some(900.0)), Some("T1"));
        assert_eq!(timed(12.0, 500.0, None), Some("T1"));
        assert_eq!(timed(100.0, 4500.0, None), Some("T2"));
        assert_eq!(timed(120.0, 9000.0, Some(2500.0)), Some("FLAIR"));
        assert_eq!(timed(15.0, 2500.0, None), None);
        let planar = InputFacts {
            scanning_sequence: "EP\\SE".to_owned(),
            ..InputFacts::default()
        };
        assert_eq!(of(&planar).map(|w| w.name), Some("diffusion"));
    }
}
