//! The question "which regions?" as both doors ask it: filters, then a threshold or a seed, then contours with measures.

use serde::{Deserialize, Serialize};

use super::{
    components::Connectivity,
    contours::{Chain, Mode},
    found::{FoundRegion, FoundRegions},
    growing,
    regions::{self, Count, SpacingOf, Wish},
};
use crate::{
    base::{Error, Result},
    filter::{self, Gives, Shown, codes, cpu},
    tone::{Grey, PADDING},
};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Asked {
    /// Filters before, `name:key=value`, in order.
    pub filters: Vec<String>,
    /// What makes a mask.
    pub by: By,
    /// Contours with fewer pixels are left out.
    pub smallest: u32,
    /// The largest so many contours are given.
    pub most: u32,
}

/// What makes a mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum By {
    /// A threshold: a number (above it), `A..B` (above A, up to B), or a filter that gives one: `otsu`, `adaptive:…`, `canny:…`.
    Threshold {
        /// As it is written.
        text: String,
    },
    /// All that is joined to a seed and differs from its value by no more than the tolerance.
    Seed {
        /// Column and row.
        at: [u32; 2],
        /// In the unit of the values.
        tolerance: f32,
        /// Over corners, too.
        diagonal: bool,
    },
}

/// Which pixels were found, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// 255 or 0 by pixel.
    pub pixels: Vec<u8>,
    /// The threshold that was taken.
    pub threshold: Option<f32>,
    /// What was done, in order.
    pub steps: Vec<String>,
    /// The pixels are lines, not areas.
    pub edges: bool,
}

/// The filter that a threshold's text stands for.
fn as_filter(text: &str) -> String {
    let text = text.trim();
    if let Some((low, high)) = text.split_once("..") {
        return format!("threshold:value={},most={}", low.trim(), high.trim());
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return format!("threshold:value={text}");
    }
    text.to_owned()
}

/// The mask that is asked for.
///
/// # Errors
/// `FLT-001`, `FLT-002` for filters that are none; `FLT-003` for a threshold that gives no mask.
pub fn mask(frame: &Grey, asked: &Asked, shown: &Shown) -> Result<Mask> {
    let mut steps = asked.filters.clone();
    if let By::Threshold { text } = &asked.by {
        steps.push(as_filter(text));
    }
    let chain = filter::chain::of(&steps, shown)?;
    let cut = matches!(asked.by, By::Threshold { .. });
    let last = chain.steps.last().filter(|_| cut);
    if cut && last.is_none_or(|last| last.gives() != Gives::Levels) {
        return Err(Error::new(&codes::NO_MASK).found(last.map_or("", |l| l.kind().name)));
    }
    let mut done = frame.clone();
    let mut threshold = None;
    for (at, step) in chain.steps.iter().enumerate() {
        if cut && at + 1 == chain.steps.len() {
            threshold = step.threshold(&done);
        }
        done = cpu::apply(step, &done)?;
    }
    let pixels = match asked.by {
        By::Threshold { .. } => {
            let on = |&v: &f32| if v != 0.0 && v != PADDING { 255 } else { 0 };
            done.values.iter().map(on).collect()
        }
        By::Seed {
            at,
            tolerance,
            diagonal,
        } => {
            let [column, row] = at.map(|v| v as usize);
            let place = (column < done.columns).then(|| row.saturating_mul(done.columns) + column);
            let value = place.and_then(|place| done.values.get(place)).copied();
            let connectivity = if diagonal {
                Connectivity::Eight
            } else {
                Connectivity::Four
            };
            match value {
                Some(value) if tolerance >= 0.0 => growing::grow(
                    &done.values,
                    done.columns,
                    [column, row],
                    (value - tolerance, value + tolerance),
                    connectivity,
                ),
                _ => vec![0; done.values.len()],
            }
        }
    };
    let named = |step: &filter::Filter| step.to_string();
    Ok(Mask {
        pixels,
        threshold,
        edges: last.is_some_and(|last| last.kind().name == "canny"),
        steps: chain.steps.iter().map(named).collect(),
    })
}

/// Finds and measures. Values are those of `frame`, whatever filters made of them; `spacing` says what a length is worth within bounds.
///
/// # Errors
/// As [`mask`].
pub fn find(
    frame: &Grey,
    asked: &Asked,
    shown: &Shown,
    mode: Mode,
    chain: Chain,
    spacing: SpacingOf<'_>,
) -> Result<(FoundRegions, Mask)> {
    let mask = mask(frame, asked, shown)?;
    let wish = Wish {
        mode,
        chain,
        count: if mask.edges {
            Count::Enclosed
        } else {
            Count::Own
        },
        smallest: asked.smallest.max(1) as usize,
    };
    let (all, left_out) =
        regions::largest(frame, &mask.pixels, &wish, asked.most as usize, spacing);
    let list = all.iter().map(FoundRegion::from).collect();
    let told = FoundRegions {
        size: [frame.rows as u32, frame.columns as u32],
        unit: String::new(),
        steps: mask.steps.clone(),
        threshold: mask.threshold.map(f64::from),
        spacing_mm: None,
        spacing_from: String::new(),
        regions: list,
        left_out: left_out as u32,
    };
    Ok((told, mask))
}

/// What lengths are worth on a frame: its spacing, or within ultrasound regions theirs.
#[cfg(feature = "viewer")]
#[derive(Debug)]
pub struct Lengths {
    regions: Vec<crate::study::region::Region>,
    spacing: crate::study::geometry::Spacing,
}

#[cfg(feature = "viewer")]
impl Lengths {
    /// Of a frame (from 0) of an instance.
    pub fn of(instance: &crate::dicom::Instance, frame: u32) -> Self {
        Self {
            regions: crate::study::region::of(instance),
            spacing: crate::study::spacing::of(instance, frame),
        }
    }

    /// mm between rows and columns for what has these bounds.
    pub fn within(&self, [left, top, right, bottom]: [i32; 4]) -> Option<[f64; 2]> {
        if !self.by_place() {
            return self.everywhere();
        }
        let [left, top, right, bottom] = [left, top, right, bottom].map(f64::from);
        let corners = [[left, top], [right, bottom]];
        crate::study::region::containing(&self.regions, &corners)?.spacing_mm()
    }

    /// Regions count where the spacing is theirs: a picture that has one of its own is measured by that.
    fn by_place(&self) -> bool {
        use crate::study::geometry::SpacingFrom;
        let theirs = matches!(self.spacing.from, SpacingFrom::Region | SpacingFrom::None);
        theirs && !self.regions.is_empty()
    }

    /// The spacing of the whole frame.
    pub fn everywhere(&self) -> Option<[f64; 2]> {
        use crate::study::geometry::SpacingFrom;
        let known = self.spacing.from != SpacingFrom::None && !self.by_place();
        known.then_some(self.spacing.mm)
    }

    /// Where it comes from.
    pub fn origin(&self) -> &'static str {
        self.spacing.from.name()
    }

    /// Writes into an answer what it knows.
    pub fn tell(&self, found: &mut FoundRegions) {
        found.spacing_mm = self.everywhere();
        self.origin().clone_into(&mut found.spacing_from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::auto;

    fn asked(by: By) -> Asked {
        Asked {
            filters: vec![],
            by,
            smallest: 1,
            most: 100,
        }
    }

    fn threshold(text: &str) -> By {
        By::Threshold {
            text: text.to_owned(),
        }
    }

    /// Two blocks of 300 and 900 on −1000.
    fn frame() -> Grey {
        let value = |x: usize, y: usize| match (x, y) {
            (2..=5, 2..=4) => 300.0,
            (8..=9, 1..=9) => 900.0,
            _ => -1000.0,
        };
        Grey {
            columns: 12,
            rows: 11,
            values: (0..12 * 11).map(|i| value(i % 12, i / 12)).collect(),
        }
    }

    fn shown() -> Shown {
        Shown {
            voi: auto::full_range(-1000.0, 900.0),
            presentation_lut: None,
            invert: false,
        }
    }

    fn run(asked: &Asked) -> Result<FoundRegions> {
        let spacing = |[left, ..]: [i32; 4]| (left > 5).then_some([2.0, 0.5]);
        let found = find(
            &frame(),
            asked,
            &shown(),
            Mode::Tree,
            Chain::Simple,
            &spacing,
        );
        found.map(|(found, _)| found)
    }

    #[test]
    fn thresholds_are_numbers_ranges_and_filters() {
        let pixels = |text: &str| {
            let found = run(&asked(threshold(text))).unwrap();
            let all = found.regions.iter().map(|r| r.pixels).collect::<Vec<_>>();
            (found.threshold, all)
        };
        assert_eq!(pixels("0"), (Some(0.0), vec![12, 18]));
        assert_eq!(pixels("300"), (Some(300.0), vec![18]), "above it");
        assert_eq!(pixels("-999.5..300"), (Some(-999.5), vec![12]));
        assert_eq!(pixels("otsu"), (Some(-1000.0), vec![12, 18]));
        assert_eq!(pixels("threshold:value=-1e3").1, [12, 18]);
        // The edge goes around: all within it counts.
        let edges = run(&asked(threshold("canny:low=10,high=20"))).unwrap();
        assert!(edges.regions.iter().any(|r| r.pixels >= 12), "{edges:?}");
        assert_eq!(edges.steps[0], "grey:center=0,width=0");
        let code = |text: &str| run(&asked(threshold(text))).unwrap_err().code().id;
        assert_eq!(
            ["blur", "otsu:x=1", "gaussian", "1..x", ""].map(code),
            ["FLT-001", "FLT-002", "FLT-003", "FLT-002", "FLT-001"]
        );
    }

    #[test]
    fn measures_are_of_the_values_and_in_mm_where_lengths_are_known() {
        let found = run(&asked(threshold("0"))).unwrap();
        let [a, b] = found.regions.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(a.statistics.unwrap().mean, 300.0);
        assert_eq!((a.area_mm2, b.area_mm2), (None, Some(18.0)));
        assert_eq!((b.perimeter, b.perimeter_mm), (18.0, Some(33.0)));
        assert_eq!((a.centroid, a.bounds), ([3.5, 3.0], [2, 2, 5, 4]));
        let mut few = asked(threshold("0"));
        few.most = 1;
        let found = run(&few).unwrap();
        assert_eq!((found.regions.len(), found.left_out), (1, 1));
        assert_eq!(found.regions[0].pixels, 18);
    }

    #[test]
    fn a_seed_grows_and_one_outside_finds_nothing() {
        let seed = |at, tolerance| {
            let by = By::Seed {
                at,
                tolerance,
                diagonal: false,
            };
            let found = run(&asked(by)).unwrap();
            found.regions.iter().map(|r| r.pixels).sum::<u32>()
        };
        assert_eq!(seed([3, 3], 0.0), 12);
        assert_eq!(seed([9, 9], 100.0), 18);
        assert_eq!(seed([3, 3], 2000.0), 132);
        assert_eq!(seed([12, 0], 10.0), 0);
        assert_eq!(seed([0, 4_000_000_000], 10.0), 0);
        assert_eq!(seed([3, 3], f32::NAN), 0);
    }
}
