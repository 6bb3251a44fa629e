//! One SOP Instance: its head in memory, its pixel data where it lies.

use std::{cell::OnceCell, rc::Rc};

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{
    codes,
    fragments::{self, Frames},
    scan::{self, PixelPlace},
};
use crate::base::{ByteSource, Error, Limits, Repair, Result, read_range};

/// Most bytes of one frame that are worth fetching before they are asked for.
const AHEAD: u64 = 64 << 20;

/// One SOP Instance. Numbers of frames count from 0 here; people count from 1.
pub struct Instance {
    /// The bytes: the file, or its inflated copy.
    pub source: Rc<dyn ByteSource>,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// What had to be tolerated while reading.
    pub repairs: Vec<Repair>,
    /// Specific Character Set (0008,0005) as the file has it. In `data` every text is UTF-8.
    pub(super) character_set: String,
    data: InMemDicomObject,
    pixels: Option<PixelPlace>,
    frames: OnceCell<Frames>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("transfer_syntax", &self.transfer_syntax)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// Reads the head. Pixel data is left where it lies.
    ///
    /// # Errors
    /// `DCM-…` when nothing usable is there or a limit is exceeded, `IO-…` when the bytes can't be had or no defect is tolerated.
    pub fn read(source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Self> {
        let scan = scan::scan(source, limits)?;
        limits.tolerate(&scan.repairs)?;
        let encoding = match (scan.explicit, scan.big_endian) {
            (false, _) => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            (true, true) => "1.2.840.10008.1.2.2",
            (true, false) => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        };
        let syntax = TransferSyntaxRegistry
            .get(encoding)
            .ok_or_else(|| Error::new(&codes::MALFORMED).found(encoding))?;
        let data = InMemDicomObject::read_dataset_with_ts(scan.head.as_slice(), syntax)
            .map_err(|_unprintable| Error::new(&codes::MALFORMED).at("the data set"))?;
        Ok(Self {
            source: scan.source,
            transfer_syntax: scan.transfer_syntax,
            repairs: scan.repairs,
            character_set: scan.character_set,
            data,
            pixels: scan.pixels,
            frames: OnceCell::new(),
        })
    }

    /// The data set, for the rooms' own walks (tag lists, JSON) and for what is taken over into a result.
    pub fn data(&self) -> &InMemDicomObject {
        &self.data
    }
    /// First value as trimmed text; `None` when absent or empty.
    pub fn text(&self, tag: Tag) -> Option<String> {
        text_of(&self.data, tag)
    }
    /// All values as trimmed text.
    pub fn texts(&self, tag: Tag) -> Vec<String> {
        texts_of(&self.data, tag)
    }
    /// All values as numbers; values that are none are left out only when all are (then empty).
    pub fn numbers(&self, tag: Tag) -> Vec<f64> {
        numbers_of(&self.data, tag)
    }
    /// All values as numbers, each by itself: `None` for one that is empty or no number.
    pub fn components(&self, tag: Tag) -> Vec<Option<f64>> {
        components_of(&self.data, tag)
    }
    /// True where an element says something, readable or not.
    pub fn is_filled(&self, tag: Tag) -> bool {
        is_filled(&self.data, tag)
    }
    /// First value as a number.
    pub fn number(&self, tag: Tag) -> Option<f64> {
        number_of(&self.data, tag)
    }
    /// The raw value in the memory's byte order of a little-endian file.
    pub fn bytes(&self, tag: Tag) -> Option<Vec<u8>> {
        self.data
            .get(tag)?
            .value()
            .to_bytes()
            .ok()
            .map(std::borrow::Cow::into_owned)
    }
    /// Items of a sequence; empty when absent.
    pub fn items(&self, tag: Tag) -> Vec<&InMemDicomObject> {
        items_of(&self.data, tag)
    }
    /// The item of a functional group macro that holds for `frame`: per-frame, else shared (PS3.3 C.7.6.16). An item without any element
    /// says nothing, as files have it that were made from a template.
    pub fn frame_item(&self, frame: u32, macro_sequence: Tag) -> Option<&InMemDicomObject> {
        self.frame_items(frame, macro_sequence).into_iter().next()
    }
    /// All items of a functional group macro that hold for `frame`: those of the frame, else the shared ones.
    pub fn frame_items(&self, frame: u32, macro_sequence: Tag) -> Vec<&InMemDicomObject> {
        let of = |groups: Tag, at: usize| -> Vec<&InMemDicomObject> {
            let group = slice_of(&self.data, groups).get(at);
            let items = group.map_or(&[][..], |group| slice_of(group, macro_sequence));
            items
                .iter()
                .filter(|item| item.into_iter().next().is_some())
                .collect()
        };
        let own = of(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frame as usize);
        if own.is_empty() {
            of(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, 0)
        } else {
            own
        }
    }
    /// A value that a functional group macro has for `frame`, else the data set itself: files of before the enhanced objects, and sloppy ones.
    pub fn frame_numbers(&self, frame: u32, macro_sequence: Tag, tag: Tag) -> Vec<f64> {
        self.frame_item(frame, macro_sequence)
            .map(|item| numbers_of(item, tag))
            .filter(|values| !values.is_empty())
            .unwrap_or_else(|| self.numbers(tag))
    }
    /// Number of Frames (0028,0008); 1 when absent.
    pub fn number_of_frames(&self) -> u32 {
        self.number(tags::NUMBER_OF_FRAMES)
            .map_or(1, |n| n.clamp(1.0, f64::from(u32::MAX)) as u32)
    }
    /// True when there is a pixel data element of any kind.
    pub fn has_pixels(&self) -> bool {
        self.pixels.is_some()
    }
    /// Pixel Data, Float Pixel Data or Double Float Pixel Data: which tag holds the pixels.
    pub fn pixel_tag(&self) -> Option<Tag> {
        self.pixels.map(|p| p.tag)
    }
    /// Most frames that the pixel data can hold, when a native frame takes `frame_bits`: a bound on what Number of Frames may claim.
    pub fn frames_at_most(&self, frame_bits: u64) -> u64 {
        let Some(place) = self.pixels else { return 0 };
        let rest = self.source.len().saturating_sub(place.offset);
        match place.length {
            Some(length) => length.min(rest).saturating_mul(8) / frame_bits.max(1),
            // Each frame needs the header of a fragment.
            None => rest / 8,
        }
    }
    /// The length that a native pixel data element declares; `None` where it is encapsulated.
    pub fn native_length(&self) -> Option<u64> {
        self.pixels.and_then(|place| place.length)
    }
    /// True when the pixels are encapsulated in fragments.
    pub fn is_encapsulated(&self) -> bool {
        self.pixels.is_some_and(|p| p.length.is_none())
    }

    /// Where the bytes lie that [`Instance::frame_bytes`] will read, as offset and length, as far as that is known without reading: they can
    /// be fetched ahead. `None` also beyond 64 MiB.
    pub fn frame_range(&self, frame: u32, frame_bits: u64) -> Option<(u64, u64)> {
        let place = self.pixels?;
        let rest = self.source.len().saturating_sub(place.offset);
        let (from, to) = if let Some(length) = place.length {
            let start = u64::from(frame).checked_mul(frame_bits)?;
            let end = start.checked_add(frame_bits)?.div_ceil(8);
            // Words of big-endian files are read whole.
            let (from, to) = ((start / 8) & !1, end.checked_add(1)? & !1);
            (
                place.offset.checked_add(from)?,
                place.offset.checked_add(to.min(length).min(rest))?,
            )
        } else if let Some(frames) = self.frames.get() {
            let fragments = frames.frames.get(frame as usize)?;
            let (first, last) = (fragments.first()?, fragments.last()?);
            (first.offset, last.offset.checked_add(last.length)?)
        } else if self.number_of_frames() == 1 {
            (place.offset, place.offset.checked_add(rest)?)
        } else {
            return None;
        };
        let length = to.checked_sub(from)?;
        (1..=AHEAD).contains(&length).then_some((from, length))
    }

    /// The encoded bytes of one frame. Native: `frame_bits` are cut out (a 1-bit frame may begin inside a byte, PS3.5 8.1.1: it is
    /// moved to a byte boundary); encapsulated: the frame's fragments, joined.
    ///
    /// # Errors
    /// `DCM-008` without pixels, `DCM-009` when the frame is not there, `IO-…`.
    pub fn frame_bytes(&self, frame: u32, limits: &Limits, frame_bits: u64) -> Result<Vec<u8>> {
        let Some(place) = self.pixels else {
            return Err(Error::new(&codes::NO_PIXELS));
        };
        let source = self.source.as_ref();
        let Some(length) = place.length else {
            if self.frames.get().is_none() {
                let count = self.number_of_frames().min(limits.frames);
                let raw = self.bytes(Tag(0x7FE0, 0x0001)).unwrap_or_default();
                let extended: Vec<u64> = raw
                    .chunks_exact(8)
                    .map(|c| c.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
                    .collect();
                // A second writer can't be: the cell is not shared between threads.
                let _ = self
                    .frames
                    .set(fragments::find(source, place.offset, count, &extended)?);
            }
            return match self.frames.get() {
                Some(frames) => fragments::join(source, frames, frame),
                None => Err(Error::new(&codes::NO_FRAME)),
            };
        };
        let available = length.min(source.len().saturating_sub(place.offset));
        let too_short = || {
            Error::new(&codes::NO_FRAME)
                .at(format!("frame {}", u64::from(frame) + 1))
                .expected(format!("{} bytes a frame", frame_bits.div_ceil(8)))
                .found(format!("{available} bytes in all"))
        };
        let start = u64::from(frame)
            .checked_mul(frame_bits)
            .ok_or_else(too_short)?;
        let end = start.checked_add(frame_bits).ok_or_else(too_short)?;
        if end.div_ceil(8) > available {
            return Err(too_short());
        }
        let (first, last) = (start / 8, end.div_ceil(8));
        let bytes = if place.swapped && self.number(tags::BITS_ALLOCATED) == Some(8.0) {
            // 8-bit samples in big-endian 16-bit words (PS3.5 8.1.1, A.3): whole words are read and swapped.
            let (from, to) = (first & !1, (last + 1) & !1);
            let mut words = read_range(source, place.offset + from, to.min(available) - from)?;
            words
                .as_chunks_mut::<2>()
                .0
                .iter_mut()
                .for_each(|w| w.reverse());
            words
                .into_iter()
                .skip((first - from) as usize)
                .take((last - first) as usize)
                .collect()
        } else {
            read_range(source, place.offset + first, last - first)?
        };
        let shift = start % 8;
        if shift == 0 {
            return Ok(bytes);
        }
        let wanted = frame_bits.div_ceil(8) as usize;
        let next = bytes.iter().skip(1).copied().chain(std::iter::once(0));
        Ok(bytes
            .iter()
            .zip(next)
            .map(|(&low, high)| low >> shift | high << (8 - shift))
            .take(wanted)
            .collect())
    }

    /// The whole value of a pixel data element of defined length, up to `most` bytes; `None` where it is encapsulated or longer.
    ///
    /// # Errors
    /// `IO-…`.
    pub fn native_value(&self, most: u64) -> Result<Option<Vec<u8>>> {
        let Some((place, length)) = self
            .pixels
            .and_then(|place| place.length.map(|l| (place, l)))
        else {
            return Ok(None);
        };
        let length = length.min(self.source.len().saturating_sub(place.offset));
        if length > most {
            return Ok(None);
        }
        read_range(self.source.as_ref(), place.offset, length).map(Some)
    }

    /// All fragments, joined: the bytes of a video, whose frames have none of their own (PS3.5 A.4.5).
    ///
    /// # Errors
    /// `DCM-008` without encapsulated pixels, `DCM-006` beyond the limit, `IO-…`.
    pub fn stream_bytes(&self, limits: &Limits) -> Result<Vec<u8>> {
        let place = self.pixels.filter(|place| place.length.is_none());
        let place = place.ok_or_else(|| Error::new(&codes::NO_PIXELS))?;
        let whole = fragments::find(self.source.as_ref(), place.offset, 1, &[])?;
        let bytes: u64 = whole.frames.iter().flatten().map(|f| f.length).sum();
        if bytes > limits.video_bytes {
            return Err(Error::new(&codes::TOO_MANY)
                .at("Pixel Data")
                .expected(format!(
                    "at most {} bytes (video_bytes)",
                    limits.video_bytes
                ))
                .found(bytes));
        }
        fragments::join(self.source.as_ref(), &whole, 0)
    }

    /// Repairs that became known while looking for frames.
    pub fn pixel_repairs(&self) -> Vec<Repair> {
        self.frames
            .get()
            .map(|f| f.repairs.clone())
            .unwrap_or_default()
    }
}

/// First value as trimmed text; `None` when absent or empty.
pub fn text_of(data: &InMemDicomObject, tag: Tag) -> Option<String> {
    texts_of(data, tag)
        .into_iter()
        .next()
        .filter(|t| !t.is_empty())
}

/// All values as trimmed text. Text that can't be decoded reads as nothing: it never stops an image.
pub fn texts_of(data: &InMemDicomObject, tag: Tag) -> Vec<String> {
    let Some(element) = data.get(tag) else {
        return Vec::new();
    };
    if element.vr() == dicom_core::VR::SQ {
        return Vec::new();
    }
    let Ok(values) = element.value().to_multi_str() else {
        return Vec::new();
    };
    values
        .iter()
        .map(|v| v.trim_matches([' ', '\0']).to_owned())
        .collect()
}

/// All values as numbers; empty when absent or when one is no number.
pub fn numbers_of(data: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    let values = data
        .get(tag)
        .and_then(|e| e.value().to_multi_float64().ok())
        .unwrap_or_default();
    if values.iter().all(|v| v.is_finite()) {
        values
    } else {
        Vec::new()
    }
}

/// All values as numbers, each by itself: `None` for one that is empty or no number.
pub fn components_of(data: &InMemDicomObject, tag: Tag) -> Vec<Option<f64>> {
    let whole = data.get(tag).map(|e| e.value().to_multi_float64());
    if let Some(Ok(values)) = whole {
        let finite = |v: f64| Some(v).filter(|v| v.is_finite());
        return values.into_iter().map(finite).collect();
    }
    let number = |text: &String| text.parse().ok().filter(|v: &f64| v.is_finite());
    texts_of(data, tag).iter().map(number).collect()
}

/// True where an element says something, readable or not.
pub fn is_filled(data: &InMemDicomObject, tag: Tag) -> bool {
    texts_of(data, tag).iter().any(|text| !text.is_empty())
}

/// First value as a number.
pub fn number_of(data: &InMemDicomObject, tag: Tag) -> Option<f64> {
    numbers_of(data, tag).first().copied()
}

/// Items of a sequence; empty when absent.
pub fn items_of(data: &InMemDicomObject, tag: Tag) -> Vec<&InMemDicomObject> {
    slice_of(data, tag).iter().collect()
}

fn slice_of(data: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    data.get(tag).and_then(|e| e.items()).unwrap_or_default()
}
