//! Frames and stacks as the register worker takes them: values with their grid.

use super::{
    messages::{Answer, GridInfo},
    viewer::Session,
};
use crate::{
    base::{Result, Silent},
    model::input,
    study::{geometry::SpacingFrom, pixels, spacing},
    tone::grading::Grading,
    vision::points::bright,
};

impl Session {
    /// [`super::messages::Request::Grid`].
    pub(super) fn grid(&self, key: u32, index: Option<u32>, bytes: &mut Vec<u8>) -> Result<Answer> {
        let Some(index) = index else {
            let set = self.frame_set(key)?;
            let (grid, values) =
                input::known::<[u8; 4]>(&self.catalogue, set, &self.limits, &Silent)?;
            *bytes = values.into_flattened();
            return Ok(Answer::Grid(GridInfo {
                dims: grid.dims.map(|n| n as u32),
                origin_mm: grid.origin,
                steps_mm: grid.steps,
                spacing_mm: set.spacing.mm,
                spacing_known: set.spacing.from != SpacingFrom::None,
            }));
        };
        let (at, frame) = self.place(key, index)?;
        let instance = (self.catalogue.instances.get(at))
            .ok_or_else(|| crate::base::Error::new(&super::file::codes::NOT_OPEN))?;
        let decoded = pixels::decode(instance, frame, &self.limits)?;
        let (grading, repairs) = Grading::of(instance, frame);
        self.limits.tolerate(&repairs)?;
        let grey = bright(grading.apply(&decoded)?, grading.invert);
        *bytes = grey.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let spacing = spacing::of(instance, frame);
        Ok(Answer::Grid(GridInfo {
            dims: [grey.columns as u32, grey.rows as u32, 1],
            origin_mm: [0.0; 3],
            steps_mm: [[0.0; 3]; 3],
            spacing_mm: spacing.mm,
            spacing_known: spacing.from != SpacingFrom::None,
        }))
    }
}
