//! How fast frames are to be played (PS3.3 C.7.6.5).

use dicom_dictionary_std::tags;

use crate::dicom::Instance;

/// Frames a second, where the image says how fast it is to be played.
pub fn rate(instance: &Instance) -> Option<f64> {
    let number = |tag| instance.number(tag).filter(|n| n.is_finite() && *n > 0.0);
    number(tags::RECOMMENDED_DISPLAY_FRAME_RATE)
        .or_else(|| number(tags::CINE_RATE))
        .or_else(|| number(tags::FRAME_TIME).map(|ms| 1000.0 / ms))
}
