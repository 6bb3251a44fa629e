//! From an instance to the [`Layout`] of its frames, and through the codec to stored values.

use dicom_dictionary_std::{tags, uids};

use super::codes;
use crate::{
    base::{Error, Limits, Repair, Result},
    codec::{self, Decoded, Layout, Photometric, SampleKind, video},
    dicom::{self, Instance},
};

/// The Image Pixel module (PS3.3 C.7.6.3), checked.
///
/// # Errors
/// `DCM-008` where the object has no pixels, `DCM-003` where the file ends before them, `PIX-02x` where sizes or bits are missing,
/// contradictory or beyond a limit.
pub fn layout(instance: &Instance, limits: &Limits) -> Result<(Layout, Vec<Repair>)> {
    if !instance.has_pixels() {
        let cut = |r: &Repair| *r.code == dicom::codes::CUT;
        let code = if instance.repairs.iter().any(cut) {
            &dicom::codes::TRUNCATED
        } else {
            &dicom::codes::NO_PIXELS
        };
        return Err(Error::new(code));
    }
    let whole = |tag| {
        instance
            .number(tag)
            .filter(|n| (0.0..=4_294_967_295.0).contains(n))
            .map(|n| n as u32)
    };
    let size = |tag, name: &'static str| {
        whole(tag).filter(|&n| n > 0).ok_or_else(|| {
            Error::new(&codes::NO_SIZE)
                .at(name)
                .found(whole(tag).unwrap_or(0))
        })
    };
    let mut repairs = Vec::new();
    let (rows, columns) = (
        size(tags::ROWS, "Rows (0028,0010)")?,
        size(tags::COLUMNS, "Columns (0028,0011)")?,
    );
    let mut guessed = Vec::new();
    let mut or = |tag, name: &'static str, usual: u32| {
        whole(tag).unwrap_or_else(|| {
            guessed.push(name);
            usual
        })
    };
    let samples_per_pixel = or(tags::SAMPLES_PER_PIXEL, "Samples per Pixel", 1);
    if !matches!(samples_per_pixel, 1 | 3) {
        return Err(Error::new(&codes::SAMPLES).found(samples_per_pixel));
    }
    let kind = match instance.pixel_tag() {
        Some(tags::FLOAT_PIXEL_DATA) => SampleKind::Float,
        Some(tags::DOUBLE_FLOAT_PIXEL_DATA) => SampleKind::Double,
        _ if or(tags::PIXEL_REPRESENTATION, "Pixel Representation", 0) == 1 => SampleKind::Signed,
        _ => SampleKind::Unsigned,
    };
    let bits_allocated = match kind {
        SampleKind::Float => 32,
        SampleKind::Double => 64,
        _ => whole(tags::BITS_ALLOCATED).ok_or_else(|| {
            Error::new(&codes::BITS)
                .at("Bits Allocated (0028,0100)")
                .found("nothing")
        })?,
    };
    let float = matches!(kind, SampleKind::Float | SampleKind::Double);
    // Floating-point pixels have no such bits (C.7.6.24).
    let (bits_stored, high_bit) = if float {
        (bits_allocated, bits_allocated.saturating_sub(1))
    } else {
        let stored = match or(tags::BITS_STORED, "Bits Stored", bits_allocated) {
            0 => {
                guessed.push("Bits Stored");
                bits_allocated
            }
            n => n,
        };
        let usual = stored.saturating_sub(1);
        let high = whole(tags::HIGH_BIT).unwrap_or_else(|| {
            guessed.push("High Bit");
            usual
        });
        (stored, high)
    };
    let samples = (u64::from(rows) * u64::from(columns)).saturating_mul(samples_per_pixel.into());
    let packed = is_packed(instance, samples);
    let bits_allocated = if packed {
        repairs.push(Repair::new(&codes::PACKED, ""));
        16
    } else {
        bits_allocated
    };
    if !guessed.is_empty() {
        repairs.push(Repair::new(&codes::BITS_GUESSED, guessed.join(", ")));
    }
    if !float
        && (!matches!(bits_allocated, 1 | 8 | 16 | 32)
            || bits_stored > bits_allocated
            || high_bit >= if packed { 12 } else { bits_allocated }
            || high_bit + 1 < bits_stored)
    {
        return Err(Error::new(&codes::BITS)
            .at("Bits Allocated, Bits Stored, High Bit")
            .found(format!("{bits_allocated}, {bits_stored}, {high_bit}")));
    }
    let photometric = if let Some(term) = instance.text(tags::PHOTOMETRIC_INTERPRETATION) {
        Photometric::from_term(&term).ok_or_else(|| {
            let shown: String = term
                .chars()
                .filter(char::is_ascii_graphic)
                .take(16)
                .collect();
            Error::new(&codes::PHOTOMETRIC).found(shown)
        })?
    } else {
        if !float {
            repairs.push(Repair::new(&codes::GUESSED_PHOTOMETRIC, ""));
        }
        if samples_per_pixel == 3 {
            Photometric::Rgb
        } else {
            Photometric::Monochrome2
        }
    };
    let layout = Layout {
        rows,
        columns,
        samples_per_pixel: samples_per_pixel as u16,
        bits_allocated: bits_allocated as u16,
        bits_stored: bits_stored as u16,
        high_bit: high_bit as u16,
        kind,
        planar: whole(tags::PLANAR_CONFIGURATION) == Some(1),
        photometric,
    };
    if layout.samples() > limits.frame_samples {
        return Err(Error::new(&codes::FRAME_LIMIT)
            .expected(Limits::at_most("frame_samples", limits.frame_samples))
            .found(layout.samples()));
    }
    Ok((layout, repairs))
}

/// Bits of one native frame. 1-bit frames follow each other without a gap (PS3.5 8.1.1).
fn frame_bits(instance: &Instance, layout: &Layout) -> u64 {
    if layout.bits_allocated == 1 {
        layout.samples()
    } else if is_packed(instance, layout.samples()) {
        layout.samples().saturating_mul(12)
    } else {
        layout.native_frame_bytes().saturating_mul(8)
    }
}

/// True where samples of 12 bits (so many a frame) lie in the words of a little-endian file without a gap, the first in the lowest bits:
/// ACR-NEMA, and DICOM before Bits Allocated had to be 1 or a multiple of 8.
fn is_packed(instance: &Instance, samples: u64) -> bool {
    const LITTLE: [&str; 3] = [
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ];
    instance.number(tags::BITS_ALLOCATED) == Some(12.0)
        && instance.pixel_tag() == Some(tags::PIXEL_DATA)
        // As long as declared, whatever is there: a word each would take more.
        && instance.native_length().is_some_and(|declared| {
            let bits = samples.saturating_mul(12 * u64::from(instance.number_of_frames()));
            let bytes = bits.div_ceil(8);
            declared == bytes || declared == bytes.next_multiple_of(2)
        })
        && LITTLE.contains(&instance.transfer_syntax.as_str())
}

/// Packed pixels of 12 bits → words of 16.
fn spread(packed: &[u8], samples: u64) -> Vec<u8> {
    let word = |at: u64| {
        let bit = at * 12;
        let byte = |n: u64| u32::from(packed.get((bit / 8 + n) as usize).copied().unwrap_or(0));
        ((byte(0) | byte(1) << 8) >> (bit % 8) & 0xFFF) as u16
    };
    (0..samples).flat_map(|at| word(at).to_le_bytes()).collect()
}

/// How many frames there are: Number of Frames, but no more than the pixel data can hold, and at least one. Of a video that says one, or
/// nothing, its pictures are counted.
///
/// # Errors
/// `DCM-006` beyond the limit.
pub fn frames(
    instance: &Instance,
    layout: &Layout,
    limits: &Limits,
) -> Result<(u32, Option<Repair>)> {
    let mut claimed = instance.number_of_frames();
    if claimed == 1 && video::Coding::of(&instance.transfer_syntax).is_some() {
        // One that cannot be taken apart says so when it is shown.
        claimed = video(instance, limits).map_or(1, |video| video.frames.max(1));
    }
    let held = instance.frames_at_most(frame_bits(instance, layout)).max(1);
    let count = u64::from(claimed).min(held) as u32;
    if count > limits.frames {
        return Err(Error::new(&dicom::codes::TOO_MANY)
            .at("Number of Frames")
            .expected(Limits::at_most("frames", limits.frames))
            .found(count));
    }
    let repair = (count < claimed).then(|| {
        Repair::new(
            &dicom::codes::PIXELS_CUT,
            format!("{count} of {claimed} frames"),
        )
    });
    Ok((count, repair))
}

/// Stored values of one frame (counted from 0).
///
/// # Errors
/// `DCM-008`, `DCM-009` without the frame, `PIX-…` from the layout or the codec.
pub fn decode(instance: &Instance, frame: u32, limits: &Limits) -> Result<Decoded> {
    let (layout, bytes) = encoded(instance, frame, limits)?;
    decoded(
        instance,
        codec::decode(&instance.transfer_syntax, &bytes, &layout, limits)?,
        limits,
    )
}

/// The video of an instance, taken apart but not decoded.
///
/// # Errors
/// `PIX-002` where the instance is no video or one that no browser decodes, else as [`video::open`].
pub fn video(instance: &Instance, limits: &Limits) -> Result<video::Video> {
    let coding = video::Coding::of(&instance.transfer_syntax)
        .ok_or_else(|| Error::new(&codec::codes::NOT_BUILT))?;
    let (layout, _) = layout(instance, limits)?;
    if coding == video::Coding::Mpeg2 {
        return Err(Error::new(&codec::codes::NOT_BUILT).found("MPEG-2"));
    }
    let bytes = instance.stream_bytes(limits)?;
    video::open(coding, bytes, instance.number_of_frames(), &layout, limits)
}

/// The first half of [`decode`]: the bytes of one frame, for a decoder elsewhere.
///
/// # Errors
/// As [`decode`], without the codec's.
pub fn encoded(instance: &Instance, frame: u32, limits: &Limits) -> Result<(Layout, Vec<u8>)> {
    let (layout, _) = layout(instance, limits)?;
    let bits = frame_bits(instance, &layout);
    if let Some(bytes) = unframed(instance, bits)? {
        return Ok((layout, bytes));
    }
    let mut bytes = instance.frame_bytes(frame, limits, bits)?;
    if is_packed(instance, layout.samples()) {
        bytes = spread(&bytes, layout.samples());
    }
    Ok((layout, bytes))
}

/// The one compressed frame that lies in an element of defined length as it is (`bits` are those of a native frame).
fn unframed(instance: &Instance, bits: u64) -> Result<Option<Vec<u8>>> {
    let native = bits.div_ceil(8);
    let Some(length) = instance
        .native_length()
        .filter(|_| instance.number_of_frames() == 1)
    else {
        return Ok(None);
    };
    let exact = length == native || length == native.next_multiple_of(2);
    let plain = codec::entry_of(&instance.transfer_syntax).is_none_or(|entry| entry.is_plain());
    if exact && plain {
        return Ok(None);
    }
    // What does not compress is a little longer than its samples.
    let value = instance.native_value(native.saturating_mul(2))?;
    Ok(value.filter(|bytes| codec::is_codestream(bytes)))
}

/// The last half of [`decode`]: what a decoder gave, with what had to be tolerated before it.
///
/// # Errors
/// As [`layout`]; `IO-003` where no defect is tolerated.
pub fn decoded(instance: &Instance, mut decoded: Decoded, limits: &Limits) -> Result<Decoded> {
    decoded.repairs.extend(instance.pixel_repairs());
    let (layout, repairs) = layout(instance, limits)?;
    decoded.repairs.extend(repairs);
    if unframed(instance, frame_bits(instance, &layout))?.is_some() {
        decoded.repairs.push(Repair::new(&codes::UNFRAMED, ""));
    }
    limits.tolerate(&decoded.repairs)?;
    Ok(decoded)
}

/// Where the bytes of one frame lie in the instance's source (offset, length), where that is known: they can be fetched ahead.
pub fn range(instance: &Instance, frame: u32, limits: &Limits) -> Option<(u64, u64)> {
    let (layout, _) = layout(instance, limits).ok()?;
    instance.frame_range(frame, frame_bits(instance, &layout))
}
