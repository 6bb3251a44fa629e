//! What a method is given: a tensor, the network's answer to it, and the way to ask about other tensors.

use super::Settings;
use crate::{
    base::{Error, Monitor, Result, Stage},
    model::{codes, manifest::Explain},
};

/// Planes of rows × columns, last index fastest: a feature map by channels, an attention by heads, a map as one plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Planes {
    /// Number of planes.
    pub count: usize,
    /// Rows of each.
    pub rows: usize,
    /// Columns of each.
    pub columns: usize,
    /// count × rows × columns values.
    pub values: Vec<f32>,
}

impl Planes {
    /// `None` when there is nothing or the values do not fill it.
    pub fn new(count: usize, rows: usize, columns: usize, values: Vec<f32>) -> Option<Self> {
        let size = count.checked_mul(rows)?.checked_mul(columns)?;
        (size > 0 && size == values.len()).then_some(Self {
            count,
            rows,
            columns,
            values,
        })
    }
    /// Values of one plane.
    pub fn area(&self) -> usize {
        self.rows * self.columns
    }
    /// Plane by plane.
    pub fn each(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.area().max(1))
    }
}

/// What a network gives for one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// One a label.
    pub logits: Vec<f32>,
    /// The last feature map, where it is an output.
    pub features: Option<Planes>,
    /// The layers' attention from the first layer to the last, heads × tokens × tokens, where it is exported.
    pub attention: Vec<Planes>,
}

/// The question: why this class, for this input?
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Question<'a> {
    /// The tensor, last index fastest.
    pub input: &'a [f32],
    /// Channels, rows, columns of it.
    pub shape: [usize; 3],
    /// Index of the label.
    pub class: usize,
    /// What the network gave for it.
    pub answer: &'a Answer,
    /// What the manifest says about the network.
    pub explain: &'a Explain,
    /// What the map is to depend on.
    pub settings: &'a Settings,
    network: &'a mut dyn FnMut(&[f32]) -> Result<Answer>,
    monitor: &'a dyn Monitor,
    done: u64,
    total: u64,
}

impl<'a> Question<'a> {
    /// A question to `network`.
    ///
    /// # Errors
    /// `MDL-005` when the input does not fill its shape.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is one part of the question"
    )]
    pub fn new(
        input: &'a [f32],
        shape: [usize; 3],
        class: usize,
        answer: &'a Answer,
        explain: &'a Explain,
        settings: &'a Settings,
        network: &'a mut dyn FnMut(&[f32]) -> Result<Answer>,
        monitor: &'a dyn Monitor,
    ) -> Result<Self> {
        let [channels, rows, columns] = shape;
        let size = (channels.checked_mul(rows)).and_then(|n| n.checked_mul(columns));
        if input.is_empty() || size != Some(input.len()) {
            return Err(Error::new(&codes::RUN)
                .at("input of the network")
                .expected(format!("{channels} × {rows} × {columns} values"))
                .found(input.len()));
        }
        Ok(Self {
            input,
            shape,
            class,
            answer,
            explain,
            settings,
            network,
            monitor,
            done: 0,
            total: 0,
        })
    }
    /// The logit of the class for another tensor of the same shape: one run.
    ///
    /// # Errors
    /// `MDL-005` when the network gives no such logit or no number, `MDL-007` when cancelled, and what the network says.
    pub fn ask(&mut self, input: &[f32]) -> Result<f64> {
        if self.monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        let answer = (self.network)(input)?;
        let logit = self.logit_of(&answer)?;
        self.done += 1;
        self.monitor
            .progress(Stage::Explain, self.done, self.total.max(self.done));
        Ok(logit)
    }
    /// The logit of the class for the input itself.
    ///
    /// # Errors
    /// `MDL-005` when there is none.
    pub fn own(&self) -> Result<f64> {
        self.logit_of(self.answer)
    }
    /// The feature map.
    ///
    /// # Errors
    /// `MDL-001` when the network gives none.
    pub fn features(&self) -> Result<&'a Planes> {
        self.answer.features.as_ref().ok_or_else(|| {
            Error::new(&codes::MANIFEST)
                .at("explain.methods")
                .expected("an output [1, channels, rows, columns] of the network")
        })
    }
    /// Runs so far.
    pub fn runs(&self) -> u64 {
        self.done
    }
    /// Counts from 0 towards `total`.
    pub fn begin(&mut self, total: u64) {
        (self.done, self.total) = (0, total);
        self.monitor.progress(Stage::Explain, 0, total.max(1));
    }
    /// Nothing is left to do.
    pub fn end(&self) {
        let total = self.done.max(1);
        self.monitor.progress(Stage::Explain, total, total);
    }

    fn logit_of(&self, answer: &Answer) -> Result<f64> {
        let logit = answer.logits.get(self.class).copied();
        logit
            .filter(|l| l.is_finite())
            .map(f64::from)
            .ok_or_else(|| Error::new(&codes::RUN).at("logit").found("no number"))
    }
}
