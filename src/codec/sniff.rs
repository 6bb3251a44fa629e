//! What the first bytes of a frame show. The bitstream decides, the transfer syntax comes second: archives that convert files and
//! writers that forget to say so leave the two in contradiction.

use dicom_dictionary_std::uids;

use super::{Layout, headers};

/// A Transfer Syntax UID by which these bytes may be decoded; `None` where they begin like nothing that is known.
pub(super) fn seen(bytes: &[u8], layout: &Layout) -> Option<&'static str> {
    const JPEG_XL: &str = "1.2.840.10008.1.2.4.112";
    if let Ok((claim, _)) = headers::jpeg(bytes) {
        return Some(if claim.process == 0xC3 {
            uids::JPEG_LOSSLESS
        } else {
            uids::JPEG_EXTENDED12_BIT
        });
    }
    if headers::jpeg_ls(bytes).is_ok() {
        return Some(uids::JPEGLS_NEAR_LOSSLESS);
    }
    if headers::codestream(bytes).is_some() {
        return Some(uids::JPEG2000);
    }
    if bytes.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n") {
        return Some(JPEG_XL);
    }
    // Samples as they are, padded to an even length at most: nothing else is sure of its length alone.
    let native = layout.native_frame_bytes();
    let length = bytes.len() as u64;
    if length == native || length == native.next_multiple_of(2) {
        return Some(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    }
    // Two bytes are too few to be sure by, so they come last.
    if run_lengths(bytes) {
        Some(uids::RLE_LOSSLESS)
    } else {
        bytes.starts_with(b"\xFF\x0A").then_some(JPEG_XL)
    }
}

/// True for the start of a compressed frame, whatever an element's length says of it.
pub fn is_codestream(bytes: &[u8]) -> bool {
    headers::jpeg(bytes).is_ok()
        || headers::jpeg_ls(bytes).is_ok()
        || headers::codestream(bytes).is_some()
}

/// A header of RLE (PS3.5 G.5): a count of segments, the first right behind the header, the rest ascending, and nothing more.
fn run_lengths(bytes: &[u8]) -> bool {
    let Some((header, rest)) = bytes.split_first_chunk::<64>() else {
        return false;
    };
    let mut words = header.as_chunks::<4>().0.iter().copied();
    let count = words.next().map_or(0, u32::from_le_bytes) as usize;
    let offsets: Vec<u32> = words.map(u32::from_le_bytes).collect();
    let (Some(used), Some(unused)) = (offsets.get(..count), offsets.get(count..)) else {
        return false;
    };
    used.first() == Some(&64)
        && used.is_sorted_by(|a, b| a < b)
        && unused.iter().all(|&offset| offset == 0)
        && used
            .last()
            .is_some_and(|&last| (last as usize) < rest.len() + 64)
}
