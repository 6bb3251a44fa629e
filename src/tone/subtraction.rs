//! Mask subtraction of an X-ray run (PS3.3 C.7.6.10; by a presentation state: C.11.13): after the modality values, before the VOI.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{Grey, PADDING, codes};
use crate::{
    base::{Error, Repair, Result},
    dicom::{Instance, Item, number_of, numbers_of, text_of},
};

/// Subtraction Item ID (0028,9416): which shift of a frame belongs to which item.
const SUBTRACTION_ITEM_ID: Tag = tags::SUBTRACTION_ITEM_ID;
/// Frames that are averaged at most, for a mask or for a contrast frame.
const MOST_FRAMES: usize = 64;

/// Which frames are subtracted from which.
#[derive(Debug, Clone, PartialEq)]
pub struct Subtraction {
    /// Frames of the mask, from 0; at least one.
    pub masks: Vec<u32>,
    /// Contrast frames that are averaged, from 0; the shown one first.
    pub contrast: Vec<u32>,
    /// Mask Sub-pixel Shift (0028,6114): by how many rows and columns the mask is moved, towards higher ones.
    pub shift: [f64; 2],
    /// The logarithm is taken before: Pixel Intensity Relationship (0028,1040), of the frame where it has its own, is LIN.
    pub log: bool,
    /// Recommended Viewing Mode (0028,1090) is SUB.
    pub recommended: bool,
}

/// What an item of Mask Subtraction Sequence (0028,6100) says of a frame.
enum Said {
    /// It is for other frames, or can't be used.
    Elsewhere,
    /// Mask Operation NONE: nothing is subtracted.
    Nothing,
    This(Subtraction),
}

impl Subtraction {
    /// The subtraction of a frame, from 0, as the image itself describes it; `None` where there is none for it.
    pub fn of(image: &Instance, frame: u32) -> Option<Self> {
        Self::noting(image, frame, &mut Vec::new())
    }

    /// The same, with what is wrong in the description.
    pub(super) fn noting(image: &Instance, frame: u32, repairs: &mut Vec<Repair>) -> Option<Self> {
        let items = image.items(tags::MASK_SUBTRACTION_SEQUENCE);
        let frames = image.number_of_frames();
        let (mut found, id) =
            (items.iter()).find_map(|item| match Self::read(item, frame, frames, repairs) {
                Said::Elsewhere => None,
                Said::Nothing => Some(None),
                Said::This(found) => Some(Some((found, number_of(item, SUBTRACTION_ITEM_ID)))),
            })??;
        // Enhanced objects keep the shift with each frame, one for each item of the sequence.
        let shifts = image.frame_items(frame, tags::FRAME_PIXEL_SHIFT_SEQUENCE);
        let of_id = |id| (shifts.iter()).find(|shift| number_of(shift, SUBTRACTION_ITEM_ID) == id);
        let own = of_id(id).or_else(|| match id {
            Some(_) => of_id(None),
            None => shifts.first(),
        });
        if let Some([rows, columns]) = own
            .map(|own| numbers_of(own, tags::MASK_SUB_PIXEL_SHIFT))
            .as_deref()
        {
            found.shift = [*rows, *columns];
        }
        let of_frame = image
            .frame_item(frame, tags::FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE)
            .and_then(|item| text_of(item, tags::PIXEL_INTENSITY_RELATIONSHIP));
        let relationship = of_frame.or_else(|| image.text(tags::PIXEL_INTENSITY_RELATIONSHIP));
        found.log = relationship.as_deref() == Some("LIN");
        let mode = image.text(tags::RECOMMENDED_VIEWING_MODE);
        found.recommended = mode.as_deref() == Some("SUB");
        Some(found)
    }

    /// The subtraction that a presentation state asks for. Its modality LUT leads to logarithms where the image has none (PS3.4 N.2.1.2).
    pub(super) fn of_state(
        state: &Instance,
        image: &Instance,
        frame: u32,
        repairs: &mut Vec<Repair>,
    ) -> Option<Self> {
        let items = state.items(tags::MASK_SUBTRACTION_SEQUENCE);
        let frames = image.number_of_frames();
        let Said::This(mut found) = Self::read(items.first()?, frame, frames, repairs) else {
            return None;
        };
        found.recommended = true;
        Some(found)
    }

    fn read(item: &Item, frame: u32, frames: u32, repairs: &mut Vec<Repair>) -> Said {
        let (frame, frames) = (i64::from(frame) + 1, i64::from(frames));
        // Far beyond any frame's number, and far from an overflow.
        let number = |n: f64| n.clamp(-1e12, 1e12) as i64;
        let whole = |tag| number_of(item, tag).map(number);
        let mut wrong = |what: String| repairs.push(Repair::new(&codes::MASK_INVALID, what));
        let ranges = numbers_of(item, tags::APPLICABLE_FRAME_RANGE);
        let ranges = ranges.as_chunks::<2>().0;
        let inside = |&[first, last]: &[f64; 2]| (number(first)..=number(last)).contains(&frame);
        if !ranges.is_empty() && !ranges.iter().any(inside) {
            return Said::Elsewhere;
        }
        let averaged = whole(tags::CONTRAST_FRAME_AVERAGING).unwrap_or(1);
        let averaged = averaged.clamp(1, MOST_FRAMES as i64);
        let offset = whole(tags::TID_OFFSET).unwrap_or(1).clamp(-frames, frames);
        let real = |n: &i64| (1..=frames).contains(n);
        let operation = text_of(item, tags::MASK_OPERATION);
        let masks: Vec<i64> = match operation.as_deref() {
            Some("NONE") => return Said::Nothing,
            Some("AVG_SUB") => {
                let last = frame + averaged - 1;
                if ranges.is_empty() && last > frames {
                    return Said::Elsewhere;
                }
                let numbers = numbers_of(item, tags::MASK_FRAME_NUMBERS);
                let named = numbers.len();
                let there: Vec<i64> = numbers.into_iter().map(number).filter(real).collect();
                let used = there.len().min(MOST_FRAMES);
                if used < named || named == 0 {
                    wrong(format!("Mask Frame Numbers (0028,6110): {used} of {named}"));
                }
                there
            }
            Some("TID") => vec![frame - offset],
            Some("REV_TID") => {
                let Some(&[first, _]) = ranges.first() else {
                    wrong("Applicable Frame Range (0028,6102)".to_owned());
                    return Said::Elsewhere;
                };
                let first = number(first);
                vec![(first - offset) - (frame - first)]
            }
            _ => {
                wrong("Mask Operation (0028,6101)".to_owned());
                return Said::Elsewhere;
            }
        };
        let from_zero = |n: i64| u32::try_from(n - 1).ok();
        let take = |numbers: Vec<i64>| -> Vec<u32> {
            let real = numbers.into_iter().filter(real);
            real.filter_map(from_zero).take(MOST_FRAMES).collect()
        };
        // The first frames of a run have none before them (TID): they are shown as they are.
        let masks = take(masks);
        if masks.is_empty() {
            return Said::Elsewhere;
        }
        let shift = match *numbers_of(item, tags::MASK_SUB_PIXEL_SHIFT) {
            [rows, columns] => [rows, columns],
            _ => [0.0; 2],
        };
        Said::This(Self {
            masks,
            contrast: take((frame..frame + averaged).collect()),
            shift,
            log: false,
            recommended: false,
        })
    }

    /// The difference: contrast minus mask, of logarithms (natural; values below 1 count as 1) where `log`. `values` gives the modality
    /// values of a frame.
    ///
    /// # Errors
    /// What `values` gives; `PIX-321` where a frame has another size: then nothing was subtracted.
    pub fn apply(&self, mut values: impl FnMut(u32) -> Result<Grey>) -> Result<Grey> {
        let mut contrast = self.mean(&self.contrast, &mut values)?;
        let mask = self.mean(&self.masks, &mut values)?;
        if (mask.columns, mask.rows) != (contrast.columns, contrast.rows) {
            return Err(other_size(&contrast, &mask));
        }
        let (columns, rows) = (mask.columns, mask.rows);
        let [down, right] = self.shift;
        let (ys, xs) = (taps(rows, down), taps(columns, right));
        let lines = contrast.values.chunks_exact_mut(columns.max(1));
        for (line, &(top, bottom, v)) in lines.zip(&ys) {
            let row = |y: usize| mask.values.get(y * columns..).unwrap_or_default();
            let (upper, lower) = (row(top), row(bottom));
            for (value, &(left, right, u)) in line.iter_mut().zip(&xs) {
                let at = |row: &[f32], x: usize| row.get(x).copied().unwrap_or(PADDING);
                let four = [
                    at(upper, left),
                    at(upper, right),
                    at(lower, left),
                    at(lower, right),
                ];
                *value = if *value == PADDING || four.contains(&PADDING) {
                    PADDING
                } else {
                    let [a, b, c, d] = four;
                    let (above, below) = (a + (b - a) * u, c + (d - c) * u);
                    *value - (above + (below - above) * v)
                };
            }
        }
        Ok(contrast)
    }

    /// The mean of frames, pixel by pixel; padding in one is padding in all.
    fn mean(&self, frames: &[u32], values: &mut impl FnMut(u32) -> Result<Grey>) -> Result<Grey> {
        let mut first: Option<Grey> = None;
        let mut count = 0_u32;
        for &frame in frames {
            let mut grey = values(frame)?;
            if self.log {
                for value in &mut grey.values {
                    if *value != PADDING {
                        *value = libm::logf(value.max(1.0));
                    }
                }
            }
            match &mut first {
                None => first = Some(grey),
                Some(sum) if (sum.columns, sum.rows) == (grey.columns, grey.rows) => {
                    for (sum, value) in sum.values.iter_mut().zip(grey.values) {
                        *sum = if *sum == PADDING || value == PADDING {
                            PADDING
                        } else {
                            *sum + value
                        };
                    }
                }
                Some(sum) => return Err(other_size(sum, &grey)),
            }
            count += 1;
        }
        let mut mean = first.unwrap_or(Grey {
            columns: 0,
            rows: 0,
            values: Vec::new(),
        });
        if count > 1 {
            for value in &mut mean.values {
                if *value != PADDING {
                    *value /= count as f32;
                }
            }
        }
        Ok(mean)
    }
}

fn other_size(frame: &Grey, other: &Grey) -> Error {
    let size = |grey: &Grey| format!("{} × {}", grey.columns, grey.rows);
    Error::new(&codes::MASK_SIZE)
        .expected(size(frame))
        .found(size(other))
}

/// For each of `size` places: the two places that lie around it before a shift, and the weight of the second. Edges extend.
fn taps(size: usize, shift: f64) -> Vec<(usize, usize, f32)> {
    let last = size.saturating_sub(1);
    (0..size)
        .map(|place| {
            let from = (place as f64 - shift).clamp(0.0, last as f64);
            let low = from as usize;
            let part = (from - low as f64) as f32;
            // A neighbour that has no weight is none: its padding does not count.
            let high = if part > 0.0 { (low + 1).min(last) } else { low };
            (low, high, part)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(values: [f32; 6]) -> Grey {
        Grey {
            columns: 3,
            rows: 2,
            values: values.to_vec(),
        }
    }

    fn plain(masks: &[u32], contrast: &[u32], shift: [f64; 2], log: bool) -> Subtraction {
        Subtraction {
            masks: masks.to_vec(),
            contrast: contrast.to_vec(),
            shift,
            log,
            recommended: true,
        }
    }

    fn of_run(own: &Subtraction) -> Vec<f32> {
        let frame = |frame: u32| {
            let f = frame as f32;
            Ok(grey([0.0, 10.0, 20.0, 30.0, 40.0, 50.0].map(|x| x + f * f)))
        };
        own.apply(frame).unwrap().values
    }

    #[test]
    fn means_are_subtracted() {
        // Frames add 0, 1, 4, 9, 16: contrast (9 + 16) / 2, mask (0 + 1 + 4) / 3.
        let found = of_run(&plain(&[0, 1, 2], &[3, 4], [0.0; 2], false));
        for value in found {
            assert!((value - (12.5 - 5.0 / 3.0)).abs() < 1e-5);
        }
    }

    #[test]
    fn the_mask_moves_towards_higher_rows_and_columns() {
        let found = of_run(&plain(&[0], &[0], [0.0, 0.5], false));
        // The mask's column 1 lies half at 1, half at 2.
        assert_eq!(found, [0.0, 5.0, 5.0, 0.0, 5.0, 5.0]);
        let found = of_run(&plain(&[0], &[0], [1.0, 0.0], false));
        assert_eq!(found, [0.0, 0.0, 0.0, 30.0, 30.0, 30.0]);
        let found = of_run(&plain(&[0], &[0], [-1.0, 0.0], false));
        assert_eq!(found, [-30.0, -30.0, -30.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_mask_of_another_size_is_refused() {
        let one = |frame: u32| {
            Ok(match frame {
                0 => Grey {
                    columns: 2,
                    rows: 3,
                    values: vec![1.0; 6],
                },
                _ => grey([1.0; 6]),
            })
        };
        let refused = |masks: &[u32], contrast: &[u32]| {
            let error = plain(masks, contrast, [0.0; 2], false).apply(one);
            error.unwrap_err().code().id
        };
        assert_eq!(refused(&[0], &[1]), "PIX-321");
        assert_eq!(refused(&[1, 0], &[2]), "PIX-321", "within the mean too");
        assert_eq!(refused(&[1], &[2, 0]), "PIX-321");
    }

    #[test]
    fn logarithms_make_a_ratio_of_it_and_padding_stays() {
        let both = |frame: u32| {
            let factor = if frame == 0 { 1.0 } else { 0.5 };
            Ok(grey(
                [100.0, 200.0, 3000.0, 8.0, 0.0, PADDING]
                    .map(|x| if x == PADDING { x } else { x * factor }),
            ))
        };
        let found = plain(&[0], &[1], [0.0; 2], true).apply(both).unwrap();
        for value in &found.values[..4] {
            assert!((value - 0.5_f32.ln()).abs() < 1e-5);
        }
        assert_eq!(found.values[4..], [0.0, PADDING]);
    }
}
