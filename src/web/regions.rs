//! The study worker's side of regions: what is asked of the frame that a viewport shows, and the list of filters.

use super::{
    file,
    messages::{Answer, FilterInfo, FilterParameter},
    toned::voi,
    viewer::{Seen, Session},
};
use crate::{
    base::{Error, Result},
    filter::{self, Shown},
    tone::Frame,
    vision::{
        contours::{Chain, Mode},
        search::{self, Asked, Lengths},
    },
};

/// Most contours that a page gets, whatever it asks for.
const MOST: u32 = 2000;

/// Every filter, for the page.
pub(super) fn filters() -> Vec<FilterInfo> {
    let parameter = |p: &filter::Parameter| FilterParameter {
        name: p.name.to_owned(),
        default: p.default,
        min: p.min,
        max: p.max,
        whole: p.whole,
        choices: p.choices.iter().map(|&name| name.to_owned()).collect(),
    };
    let one = |kind: &&filter::Kind| FilterInfo {
        name: kind.name.to_owned(),
        parameters: kind.parameters.iter().map(parameter).collect(),
    };
    filter::ALL.iter().map(one).collect()
}

impl Session {
    /// [`super::messages::Request::Contours`]. Measured are the image's values, whatever filters make of them.
    pub(super) fn contours(&mut self, viewport: u32, asked: &Asked) -> Result<Answer> {
        let nothing = || Error::new(&file::codes::NOT_OPEN);
        let view = self.viewports.get(&viewport);
        if view.is_some_and(|view| view.plane.is_some() || view.cast.is_some()) {
            return Err(Error::new(&filter::codes::NO_IMAGE));
        }
        let Seen {
            set,
            index,
            look,
            values,
            unsubtracted,
        } = self.seen(viewport).ok_or_else(nothing)?;
        let Frame::Grey(grey) = values.as_ref() else {
            return Err(Error::new(&filter::codes::NO_GREY));
        };
        let key = self.place(set, index)?;
        let loaded = self.load(key)?;
        let applied = match unsubtracted {
            Some(why) => loaded.unsubtracted(&look, why),
            None => loaded.applied(&look),
        };
        let shown = Shown {
            voi: voi(&look, &applied.grading, &values),
            presentation_lut: applied.grading.presentation_lut.clone(),
            invert: applied.grading.invert,
        };
        let asked = Asked {
            most: asked.most.min(MOST),
            ..asked.clone()
        };
        let instance = (self.catalogue.instances.get(key.0)).ok_or_else(nothing)?;
        let lengths = Lengths::of(instance, key.1);
        let spacing = |bounds| lengths.within(bounds);
        let (mut found, _) =
            search::find(grey, &asked, &shown, Mode::Tree, Chain::Simple, &spacing)?;
        lengths.tell(&mut found);
        // Values that a state maps otherwise than the image, and differences of frames, have no unit.
        let own = loaded.grading.modality == applied.grading.modality;
        let unit = loaded.grading.unit.clone();
        found.unit = unit
            .filter(|_| own && applied.subtraction.is_none())
            .unwrap_or_default();
        Ok(Answer::Contours(Box::new(found)))
    }
}
