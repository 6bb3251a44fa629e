//! Deflated Image Frame Compression (PS3.5 A.4.13): each frame is a native one, deflated (RFC 1951).

use zune_inflate::{DeflateDecoder, DeflateOptions, errors::DecodeErrorStatus};

use super::{Decoded, Layout, codes, native};
use crate::base::{Error, Limits, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let need = usize::try_from(layout.native_frame_bytes())
        .map_err(|_wider_than_memory| Error::new(&codes::TOO_LARGE))?;
    // A frame is padded to an even length at most.
    let options = DeflateOptions::default()
        .set_limit(need.saturating_add(1))
        .set_size_hint(need)
        .set_confirm_checksum(false);
    let frame = DeflateDecoder::new_with_options(bytes, options)
        .decode_deflate()
        .map_err(|e| {
            let code = match e.error {
                DecodeErrorStatus::OutputLimitExceeded(..) => &codes::SIZE_DIFFERS,
                _ => &codes::DAMAGED,
            };
            Error::new(code)
                .at("deflated frame")
                .expected(format!("{need} bytes"))
        })?;
    // The limit is looked at before a block is copied, so the last block may exceed it.
    if frame.len() > need.saturating_add(1) {
        return Err(Error::new(&codes::SIZE_DIFFERS)
            .at("deflated frame")
            .expected(format!("{need} bytes"))
            .found(frame.len()));
    }
    native::little(&frame, layout, limits)
}
