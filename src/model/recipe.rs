//! What a manifest says about the preparation `general`: the fields that only it has, and a recipe that was held against itself.
//!
//! A part that decides over the result and is missing is a [`Gap`], never a guess: whoever brings a network fills it, or the input is
//! refused.

use serde::{Deserialize, Serialize};

pub use super::gaps::Gap;
use super::{
    codes,
    gaps::Gaps,
    manifest::{Manifest, Task},
    sliding,
};
use crate::base::{Error, Result};

/// What a network is run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Takes {
    /// The shown frame.
    Frame,
    /// The whole stack, as a volume.
    Stack,
}

/// Axes of the input tensor: N one, C channels, D, H, W places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "spelt out")]
pub enum Layout {
    Ncdhw,
    Ndhwc,
    Ndhw,
    Nchw,
    Nhwc,
    Nhw,
}

impl Layout {
    /// It has an axis of planes.
    pub fn deep(self) -> bool {
        matches!(self, Self::Ncdhw | Self::Ndhwc | Self::Ndhw)
    }
    /// Its channels are the last axis.
    pub fn channels_last(self) -> bool {
        matches!(self, Self::Ndhwc | Self::Nhwc)
    }
    /// It has no axis of channels.
    pub fn flat(self) -> bool {
        matches!(self, Self::Ndhw | Self::Nhw)
    }
    /// Shape of a tensor of `channels` and `places` (D, H, W).
    pub fn shape(self, channels: usize, places: [usize; 3]) -> Vec<usize> {
        let places = if self.deep() {
            &places[..]
        } else {
            &places[1..]
        };
        let mut shape = vec![1];
        if !self.channels_last() && !self.flat() {
            shape.push(channels);
        }
        shape.extend(places);
        if self.channels_last() {
            shape.push(channels);
        }
        shape
    }
}

/// Which numbers of the source the network learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Values {
    /// Modality values (HU in CT).
    Modality,
    /// As the file asks to display them: 0 to 1, bright as on the screen. Frames only.
    Display,
}

/// How a grid becomes one of another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Linear between the centres of cells, not smoothed before: PyTorch's `interpolate`, `align_corners` false.
    Linear,
    /// Mean of all cells that a new cell touches: PyTorch's `adaptive_avg_pool`.
    Area,
}

/// A step from values to what the network learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// `low` and `high` become the ends of `to`.
    Window,
    /// Smallest and largest value become the ends of `to`.
    Minmax,
    /// The percentiles `low` and `high` become the ends of `to`.
    Percentiles,
    /// Less the mean, by the standard deviation (of the population) of the image.
    Zscore,
    /// Less `mean`, by `sd`: fixed numbers, one for all channels or one each.
    Fixed,
}

/// One step of the intensities, by its method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which.
    pub method: Method,
    /// Lower end, a value or a percentage.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What the ends become; absent: 0 and 1.
    pub to: Option<[f64; 2]>,
    /// Cut at the ends of `to`.
    #[serde(default)]
    pub clip: bool,
    /// `zscore`: zeros stay zero and don't count.
    #[serde(default)]
    pub nonzero: bool,
    /// `fixed`: subtracted.
    pub mean: Option<Vec<f64>>,
    /// `fixed`: divided by.
    pub sd: Option<Vec<f64>>,
}

/// Windows that slide over the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sliding {
    /// Cells of a window along the axes of places; 0: the whole axis.
    pub roi: Vec<usize>,
    /// Share of a window that its neighbour covers; absent: a quarter.
    pub overlap: Option<f64>,
    /// `constant` or `gaussian`; absent: constant.
    pub mode: Option<Mode>,
    /// Of a Gaussian: its standard deviation as a share of the window; absent: an eighth.
    pub sigma_scale: Option<f64>,
    /// Where the grid is smaller than a window; absent: `constant`.
    pub padding: Option<Border>,
    /// The constant's value; absent: 0.
    pub padding_value: Option<f32>,
}

/// Weights within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "see sliding::Blend")]
pub enum Mode {
    Constant,
    Gaussian,
}

/// Values around the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "see sliding::Padding")]
pub enum Border {
    Constant,
    Replicate,
    Reflect,
}

/// What turns the network's numbers into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// One of the labels.
    Softmax,
    /// Each label on its own. In a segmentation the first label is the background, which has no channel.
    Sigmoid,
    /// They are probabilities already, of one of the labels.
    None,
    /// They are probabilities already, each label on its own; else as `sigmoid`.
    Independent,
    /// Of a segmentation: the network gives the number of each place's label itself (ArgMax), in one channel. Where windows overlap, the label
    /// that most of their weight is for.
    Argmax,
}

impl Activation {
    /// Each label on its own: in a segmentation the background has no channel.
    pub fn alone(self) -> bool {
        matches!(self, Self::Sigmoid | Self::Independent)
    }
}

/// What the outputs of a detection are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boxes {
    /// What each output of the network is, in its order.
    pub outputs: Vec<Role>,
    /// What the four numbers of a box are.
    pub form: Corners,
    /// Their unit.
    pub unit: Unit,
    /// Boxes below are left out.
    pub score_threshold: f64,
    /// Of two boxes of one label that overlap by more (intersection over union) only the better stays; absent: the network did that.
    pub iou_threshold: Option<f64>,
}

/// What an output of a detection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// [N, 4] or [1, N, 4].
    Boxes,
    /// `[N]`, or `[1, N, labels]` with a score for each label.
    Scores,
    /// `[N]`: the label of each box.
    Labels,
    /// Something else.
    Other,
}

/// The numbers of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Corners {
    /// Left, top, right, bottom.
    Xyxy,
    /// Left, top, width, height.
    Xywh,
    /// Centre, width, height.
    Cxcywh,
    /// Top, left, bottom, right.
    Yxyx,
}

/// The unit of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Pixels of the tensor, the first pixel's edge at 0.
    Pixels,
    /// Shares of the tensor's width and height.
    Fraction,
}

/// Of a frame: columns first, as MONAI reads pictures.
pub(super) const TRANSPOSED: &str = "transposed";

/// A direction in the patient: LPS axis, and whether it grows with it.
pub type Direction = (usize, bool);

/// The general preparation of one manifest, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// What it is run on.
    pub takes: Takes,
    /// Axes of the tensor.
    pub layout: Layout,
    /// Which numbers.
    pub values: Values,
    /// Where D, H, W grow to; `None`: slices, rows, columns as they come.
    pub orientation: Option<[Direction; 3]>,
    /// Of a frame: its columns are the axis H, and its rows W.
    pub transposed: bool,
    /// Millimetres a cell along D, H, W; `None`: the source's.
    pub spacing: Option<[f64; 3]>,
    /// Cells along D, H, W; 0: as they come.
    pub size: [usize; 3],
    /// How to get there.
    pub resize: Resize,
    /// Intensities, in order.
    pub steps: Vec<Step>,
    /// They come before spacing and size.
    pub intensity_first: bool,
    /// Channels that each value is repeated in.
    pub copies: usize,
    /// Neighbouring planes that are channels.
    pub slices: usize,
    /// Windows; the whole grid without.
    pub sliding: sliding::Sliding,
    /// The grid is widened to a multiple of it; 1: not at all.
    pub multiple: usize,
    /// To probabilities; not of a detection.
    pub activation: Activation,
    /// A detection's outputs.
    pub boxes: Option<Boxes>,
}

impl Recipe {
    /// The recipe of a manifest whose preparation is `general`.
    ///
    /// # Errors
    /// `MDL-001` with the first gap.
    pub fn of(manifest: &Manifest) -> Result<Self> {
        Self::read(manifest).map_err(|gaps| {
            let wrong = Error::new(&codes::MANIFEST);
            match gaps.into_iter().next() {
                Some(gap) if gap.found.is_empty() => {
                    wrong.at(gap.field).expected(gap.expected).found("nothing")
                }
                Some(gap) => wrong.at(gap.field).expected(gap.expected).found(gap.found),
                None => wrong,
            }
        })
    }

    /// The same, with all gaps.
    ///
    /// # Errors
    /// What is missing or does not fit.
    pub fn read(manifest: &Manifest) -> std::result::Result<Self, Vec<Gap>> {
        let mut gaps = Gaps(vec![]);
        let (input, output) = (&manifest.input, &manifest.output);
        let takes = gaps.need(input.takes, "input.takes", "frame or stack");
        let layout = gaps.need(
            input.layout,
            "input.layout",
            "NCDHW, NDHWC, NDHW, NCHW, NHWC or NHW",
        );
        let (frame, deep) = (
            takes == Some(Takes::Frame),
            layout.is_some_and(Layout::deep),
        );
        if frame && deep {
            gaps.wrong("input.takes", "stack, for a network of volumes", "frame");
        }
        let values = input.values.unwrap_or(if frame {
            Values::Display
        } else {
            Values::Modality
        });
        if values == Values::Display && !frame {
            gaps.wrong("input.values", "modality, for a stack", "display");
        }
        let orientation = gaps.orientation(input.orientation.as_deref(), frame, deep);
        let spacing = gaps.spacing(input.spacing.as_deref(), frame);
        let size = gaps.size(input.size.as_deref(), deep);
        let resize = input.resize.unwrap_or(Resize::Linear);
        let steps = gaps
            .need(
                input.intensity.clone(),
                "input.intensity",
                "steps, or [] for none",
            )
            .unwrap_or_default();
        let slices = input.slices.unwrap_or(1);
        if slices % 2 == 0 || slices > 63 || (slices > 1 && (deep || frame)) {
            gaps.wrong(
                "input.slices",
                "an odd number up to 63, and more than 1 only for pictures out of a stack",
                slices,
            );
        }
        let copies = input.channels.unwrap_or(1);
        if !(1..=64).contains(&copies) {
            gaps.wrong("input.channels", "1 to 64", copies);
        }
        if layout.is_some_and(Layout::flat) && copies * slices != 1 {
            gaps.wrong("input.channels", "1, without an axis of channels", copies);
        }
        for (nth, step) in steps.iter().enumerate() {
            gaps.step(step, nth + 1 == steps.len(), copies * slices);
        }
        let multiple = input.multiple.unwrap_or(1);
        if !(1..=1024).contains(&multiple) || (multiple > 1 && input.sliding.is_some()) {
            gaps.wrong(
                "input.multiple",
                "1 to 1024, and none beside windows",
                multiple,
            );
        }
        let sliding = gaps.sliding(input.sliding.as_ref(), deep);
        if input.sliding.is_some() && manifest.task != Task::Segmentation {
            gaps.wrong("input.sliding", "none, but for segmentation", "windows");
        }
        if manifest.task == Task::Classification && takes == Some(Takes::Stack) && !deep {
            gaps.wrong(
                "input.takes",
                "frame, for a classification of pictures",
                "stack",
            );
        }
        let activation = match manifest.task {
            Task::Detection => Some(Activation::None),
            _ => gaps.need(
                output.activation,
                "output.activation",
                "softmax, sigmoid, none, independent or argmax",
            ),
        };
        if manifest.task == Task::Classification && activation == Some(Activation::Argmax) {
            let expected = "softmax, sigmoid, none or independent, for a classification";
            gaps.wrong("output.activation", expected, "argmax");
        }
        let boxes = gaps.boxes(manifest, frame);
        // Whatever was missing is among the gaps.
        match (takes, layout, activation) {
            (Some(takes), Some(layout), Some(activation)) if gaps.0.is_empty() => Ok(Self {
                takes,
                layout,
                values,
                orientation,
                transposed: input.orientation.as_deref() == Some(TRANSPOSED),
                spacing,
                size,
                resize,
                steps,
                intensity_first: input.intensity_first.unwrap_or(false),
                copies,
                slices,
                sliding,
                multiple,
                activation,
                boxes,
            }),
            _ => Err(gaps.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(task: &str, input: &serde_json::Value, output: &serde_json::Value) -> Manifest {
        let mut input = input.clone();
        input["preparation"] = "general".into();
        let all = serde_json::json!({
            "name": "x", "version": "1", "license": "MIT", "task": task, "not_for": [],
            "file": {"name": "model.onnx", "sha256": "0".repeat(64)}, "input": input, "output": output,
        });
        Manifest::read(all.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn shapes() {
        let of = |layout: Layout| layout.shape(2, [3, 4, 5]);
        assert_eq!(of(Layout::Ncdhw), [1, 2, 3, 4, 5]);
        assert_eq!(of(Layout::Ndhwc), [1, 3, 4, 5, 2]);
        assert_eq!(of(Layout::Ndhw), [1, 3, 4, 5]);
        assert_eq!(of(Layout::Nchw), [1, 2, 4, 5]);
        assert_eq!(of(Layout::Nhwc), [1, 4, 5, 2]);
        assert_eq!(of(Layout::Nhw), [1, 4, 5]);
    }

    #[test]
    fn what_is_missing_is_named_and_never_guessed() {
        let labels = serde_json::json!({"labels": [{"name": "background"}, {"name": "spleen"}]});
        let none = manifest("segmentation", &serde_json::json!({}), &labels);
        let gaps = Recipe::read(&none).unwrap_err();
        let fields: Vec<_> = gaps.iter().map(|g| g.field).collect();
        assert_eq!(
            fields,
            [
                "input.takes",
                "input.layout",
                "input.intensity",
                "output.activation"
            ]
        );
        let error = Recipe::of(&none).unwrap_err();
        assert_eq!(error.code(), &codes::MANIFEST);
        assert!(error.detail().contains("input.takes"), "{error}");

        let whole = serde_json::json!({
            "takes": "stack", "layout": "NCDHW", "orientation": "RAS", "spacing": [1.5, 1.5, 2.0],
            "intensity": [{"method": "window", "low": -57, "high": 164, "clip": true}],
            "sliding": {"roi": [96, 96, 96], "overlap": 0.5},
        });
        let output =
            serde_json::json!({"labels": labels["labels"].clone(), "activation": "softmax"});
        let recipe = Recipe::of(&manifest("segmentation", &whole, &output)).unwrap();
        assert_eq!(recipe.sliding.roi, [96; 3]);
        assert_eq!(recipe.values, Values::Modality);

        // Each of these does not fit, and is named.
        for (field, change) in [
            ("input.takes", serde_json::json!({"takes": "frame"})),
            (
                "input.orientation",
                serde_json::json!({"orientation": null}),
            ),
            (
                "input.orientation",
                serde_json::json!({"orientation": "RAR"}),
            ),
            (
                "input.spacing",
                serde_json::json!({"spacing": [1.0, 0.0, 1.0]}),
            ),
            ("input.spacing", serde_json::json!({"spacing": [1.0]})),
            ("input.size", serde_json::json!({"size": [96, 96]})),
            ("input.slices", serde_json::json!({"slices": 3})),
            ("input.channels", serde_json::json!({"channels": 0})),
            ("input.values", serde_json::json!({"values": "display"})),
            ("input.multiple", serde_json::json!({"multiple": 16})),
            (
                "input.sliding.roi",
                serde_json::json!({"sliding": {"roi": [96, 96]}}),
            ),
            (
                "input.sliding.overlap",
                serde_json::json!({"sliding": {"roi": [96, 96, 96], "overlap": 1.0}}),
            ),
            (
                "input.intensity",
                serde_json::json!({"intensity": [{"method": "window", "low": 3, "high": 3}]}),
            ),
            (
                "input.intensity",
                serde_json::json!({"intensity": [{"method": "percentiles", "low": 1, "high": 101}]}),
            ),
            (
                "input.intensity",
                serde_json::json!({"intensity": [{"method": "fixed", "mean": [0.5, 0.5], "sd": [1, 1]}]}),
            ),
        ] {
            let mut other = whole.clone();
            for (key, value) in change.as_object().unwrap() {
                other[key] = value.clone();
            }
            let gaps = Recipe::read(&manifest("segmentation", &other, &output)).unwrap_err();
            assert!(gaps.iter().any(|g| g.field == field), "{field}: {gaps:?}");
        }
    }

    #[test]
    fn detections_are_of_frames() {
        let input = serde_json::json!({"takes": "frame", "layout": "NCHW", "intensity": []});
        let boxes = serde_json::json!({
            "labels": [{"name": "nodule"}],
            "boxes": {"outputs": ["boxes", "labels", "scores"], "form": "xyxy", "unit": "pixels", "score_threshold": 0.5},
        });
        let recipe = Recipe::of(&manifest("detection", &input, &boxes)).unwrap();
        assert_eq!(recipe.values, Values::Display);
        assert!(recipe.boxes.is_some());
        let mut two = boxes.clone();
        two["boxes"]["outputs"] = serde_json::json!(["boxes", "boxes", "scores"]);
        two["boxes"]["iou_threshold"] = 2.0.into();
        let gaps = Recipe::read(&manifest("detection", &input, &two)).unwrap_err();
        let fields: Vec<_> = gaps.iter().map(|g| g.field).collect();
        assert_eq!(
            fields,
            ["output.boxes.outputs", "output.boxes.iou_threshold"]
        );
    }
}
