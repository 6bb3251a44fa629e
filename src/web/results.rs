//! The study worker's side of saving: a finding and what lies over its source, as a file of a kind.

use std::collections::{HashMap, hash_map::Entry};

use super::{
    messages::{self as msg, Answer},
    viewer::Session,
};
use crate::{
    base::{Error, Result},
    export::{Export, Stamp, codes, key_object, kinds, kinds::Needs},
    model::finding::LabelMap,
    study::FrameRef,
};

impl Session {
    /// [`msg::Request::Save`]: the overlay came by [`Session::put_bytes`], the file goes to `bytes`.
    pub(super) fn save(&mut self, asked: &msg::Save, bytes: &mut Vec<u8>) -> Result<Answer> {
        let beside_it = std::mem::take(&mut self.overlays.bytes);
        let known = |name: &str| {
            kinds::by_name(name).ok_or_else(|| Error::new(&codes::NOT_IN_FINDING).found(name))
        };
        let kind = known(&asked.what)?;
        // Behind the labels the probabilities of each label but the background, where the page has them.
        let labelled = asked.finding.label_map.as_ref().map_or(0, LabelMap::voxels);
        let (overlay, fractions) = match kind.needs {
            Needs::Fractions if labelled > 0 => beside_it.split_at(labelled.min(beside_it.len())),
            _ => (&beside_it[..], &[][..]),
        };
        let fractions: Vec<&[u8]> = fractions.chunks(labelled.max(1)).collect();
        let beside = (asked.beside.iter())
            .map(|name| known(name))
            .collect::<Result<Vec<_>>>()?;
        let written = kind.write(&Export {
            catalogue: &self.catalogue,
            set: self.frame_set(asked.frame_set)?,
            index: asked.index.map(|index| index as usize),
            finding: &asked.finding,
            overlay,
            fractions: &fractions,
            region: None,
            beside: &beside,
            stamp: &stamp_of(&asked.stamp),
            limits: &self.limits,
        });
        match written {
            Ok(file) => *bytes = file,
            Err(error) => {
                // What lacks a codec or a picture is asked again when that is there.
                self.overlays.bytes = beside_it;
                return Err(error);
            }
        }
        Ok(Answer::Saved {
            end: kind.end.to_owned(),
            parts: 1,
        })
    }
}

/// The stamp that the page sent.
pub(super) fn stamp_of(stamp: &msg::SaveStamp) -> Stamp {
    let mut seed = [0; 16];
    for (bytes, word) in seed.chunks_exact_mut(4).zip(stamp.seed) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Stamp {
        unix_seconds: stamp.unix_seconds as i64,
        offset_minutes: stamp.offset_minutes,
        seed,
    }
}

/// The frames that all items and documents select of each image: several may name the same one, with a frame each. None: all of them.
fn merged(images: impl Iterator<Item = (String, Vec<u32>)>) -> HashMap<String, Vec<u32>> {
    let mut wanted: HashMap<String, Vec<u32>> = HashMap::new();
    for (uid, mut frames) in images {
        match wanted.entry(uid) {
            Entry::Vacant(new) => {
                new.insert(frames);
            }
            // The whole image is selected already, or is now.
            Entry::Occupied(mut known) if known.get().is_empty() || frames.is_empty() => {
                known.get_mut().clear();
            }
            Entry::Occupied(mut known) => known.get_mut().append(&mut frames),
        }
    }
    wanted
}

impl Session {
    /// [`msg::Request::KeyObject`].
    pub(super) fn key_object(
        &mut self,
        frames: &[(u32, u32)],
        words: &str,
        stamp: msg::SaveStamp,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let refs = (frames.iter())
            .map(|&(set, index)| {
                let (instance, frame) = self.place(set, index)?;
                Ok(FrameRef { instance, frame })
            })
            .collect::<Result<Vec<_>>>()?;
        *bytes = key_object::write(&self.catalogue.instances, &refs, words, &stamp_of(&stamp))?;
        Ok(Answer::Saved {
            end: "ko.dcm".to_owned(),
            parts: 1,
        })
    }

    /// [`msg::Request::Keys`].
    pub(super) fn keys_selected(&self) -> Answer {
        let instances = &self.catalogue.instances;
        let documents = instances.iter().filter_map(key_object::read);
        let wanted = merged(documents.flat_map(|document| document.images));
        let mut frames = vec![];
        if !wanted.is_empty() {
            for set in 0..self.keys.len() as u32 {
                let Ok(info) = self.frame_set(set) else {
                    continue;
                };
                for (index, at) in info.frames.iter().enumerate() {
                    let uid = (instances.get(at.instance))
                        .and_then(|i| i.text(dicom_dictionary_std::tags::SOP_INSTANCE_UID));
                    let only = uid.and_then(|uid| wanted.get(&uid));
                    if only.is_some_and(|only| only.is_empty() || only.contains(&at.frame)) {
                        frames.push((set, index as u32));
                    }
                }
            }
        }
        Answer::Keys { frames }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_selections_of_an_image_are_one() {
        let of = |images: &[(&str, &[u32])]| {
            merged(
                images
                    .iter()
                    .map(|(uid, frames)| ((*uid).to_owned(), frames.to_vec())),
            )
        };
        // One item for each frame, and two documents.
        let found = of(&[
            ("1.2", &[0]),
            ("1.3", &[4]),
            ("1.2", &[7]),
            ("1.2", &[2, 3]),
        ]);
        assert_eq!(found["1.2"], [0, 7, 2, 3]);
        assert_eq!(found["1.3"], [4]);
        // The whole image holds all of its frames, whichever comes first.
        assert!(of(&[("1.2", &[]), ("1.2", &[3])])["1.2"].is_empty());
        assert!(of(&[("1.2", &[3]), ("1.2", &[]), ("1.2", &[4])])["1.2"].is_empty());
    }
}
