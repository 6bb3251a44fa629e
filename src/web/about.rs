//! What of a study concerns a frame beside its own file, looked up once: presentation states by image, the first acquisition by series.

use std::collections::HashMap;

use dicom_dictionary_std::tags;

use crate::{
    dicom::{Instance, items_of, text_of},
    tone::{presentation, suv},
};

/// For a list of instances, which are named by their places in it.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// Presentation states by the SOP Instance UID (0008,0018) of each image that they name, in the list's order.
    states: HashMap<String, Vec<usize>>,
    /// Seconds of the earliest acquisition by the Series Instance UID (0020,000E) of each PET series.
    earliest: HashMap<String, f64>,
}

impl About {
    pub(crate) fn of(instances: &[Instance]) -> Self {
        let mut about = Self::default();
        for (at, instance) in instances.iter().enumerate() {
            if presentation::is_state(instance) {
                about.note_state(at, instance);
            } else if is_pet(instance)
                && let Some(acquired) = suv::acquired(instance)
            {
                let first = about
                    .earliest
                    .entry(series_of(instance))
                    .or_insert(acquired);
                *first = first.min(acquired);
            }
        }
        about
    }

    fn note_state(&mut self, at: usize, state: &Instance) {
        for series in state.items(tags::REFERENCED_SERIES_SEQUENCE) {
            for image in items_of(series, tags::REFERENCED_IMAGE_SEQUENCE) {
                let Some(sop) = text_of(image, tags::REFERENCED_SOP_INSTANCE_UID) else {
                    continue;
                };
                let states = self.states.entry(sop).or_default();
                if states.last() != Some(&at) {
                    states.push(at);
                }
            }
        }
    }

    /// The presentation states that name an image, at least for one frame of it.
    pub(crate) fn states(&self, image: &Instance) -> &[usize] {
        let sop = image.text(tags::SOP_INSTANCE_UID);
        let states = sop.and_then(|sop| self.states.get(&sop));
        states.map_or(&[], Vec::as_slice)
    }

    /// Seconds of the earliest acquisition of an image's series: uptake of PET counts from it.
    pub(crate) fn earliest(&self, image: &Instance) -> Option<f64> {
        if !is_pet(image) {
            return None;
        }
        self.earliest.get(&series_of(image)).copied()
    }
}

fn is_pet(instance: &Instance) -> bool {
    instance.text(tags::MODALITY).as_deref() == Some("PT")
}

fn series_of(instance: &Instance) -> String {
    instance.text(tags::SERIES_INSTANCE_UID).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::made::{IMPLICIT, element, instance};

    fn image(sop: &str, series: &str, modality: &str, acquired: &str) -> Instance {
        instance(
            IMPLICIT,
            &[
                element(0x0008_0018, sop.as_bytes()),
                element(0x0008_0022, b"20240301"),
                element(0x0008_0032, acquired.as_bytes()),
                element(0x0008_0060, modality.as_bytes()),
                element(0x0020_000e, series.as_bytes()),
            ],
        )
    }

    /// A grayscale state that names images, all in one series.
    fn state(sops: &[&str]) -> Instance {
        let item = |body: Vec<u8>| element(0xfffe_e000, &body);
        let images = sops
            .iter()
            .map(|sop| item(element(0x0008_1155, sop.as_bytes())));
        let images: Vec<u8> = images.flatten().collect();
        instance(
            IMPLICIT,
            &[
                element(0x0008_0016, b"1.2.840.10008.5.1.4.1.1.11.1"),
                element(0x0008_1115, &item(element(0x0008_1140, &images))),
            ],
        )
    }

    #[test]
    fn states_are_found_by_the_images_that_they_name() {
        let one = image("2.25.1", "2.25.9", "CT", "");
        let other = image("2.25.2", "2.25.9", "CT", "");
        let instances = [
            state(&["2.25.1", "2.25.1", "2.25.3"]),
            image("2.25.1", "2.25.9", "CT", ""),
            state(&["2.25.3"]),
            state(&["2.25.1"]),
        ];
        let about = About::of(&instances);
        assert_eq!(about.states(&one), [0, 3]);
        assert!(about.states(&other).is_empty());
    }

    #[test]
    fn the_first_acquisition_is_that_of_the_own_series() {
        let late = image("2.25.1", "2.25.9", "PT", "101000");
        let instances = [
            image("2.25.1", "2.25.9", "PT", "101000"),
            image("2.25.2", "2.25.9", "PT", "100000"),
            image("2.25.3", "2.25.8", "PT", "090000"),
            image("2.25.4", "2.25.9", "CT", "080000"),
        ];
        let about = About::of(&instances);
        let first = about.earliest(&late).unwrap();
        assert_eq!(first, suv::acquired(&instances[1]).unwrap());
        assert!(about.earliest(&instances[3]).is_none(), "no PET");
    }
}
