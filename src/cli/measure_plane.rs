//! `measure --plane`: marks on a plane of a volume, which no image has.

use dicom_dictionary_std::tags;

use super::{
    analyze_save,
    measure::Arguments,
    volume::{self, Found, Which},
};
use crate::{
    base::{Error, Limits, Result, Silent},
    export::Stamp,
    measure::{Mark, Measurement, OnPlane, take},
    study::Catalogue,
    tone::Frame,
    volume::{Plane, Sampling, Standard, codes, reformat},
};

/// The marks with their values, and what they are on.
pub(super) fn measured(
    asked: &Arguments,
    plane: &str,
    marks: Vec<Mark>,
    limits: &Limits,
) -> Result<(Catalogue, Vec<Measurement>, Stamp)> {
    let directions = volume::directions(plane)?;
    let slab = asked.slab.as_deref().map(volume::slab).transpose()?;
    let found = volume::found(
        &Which {
            paths: vec![asked.file.clone()],
            series: asked.series.clone(),
            stack: None,
        },
        limits,
    )?;
    let set = found.set()?;
    let middle =
        (set.frames.get(set.frames.len() / 2)).ok_or_else(|| Error::new(&codes::NO_VOLUME))?;
    let sop_uid = (found.catalogue.instances.get(middle.instance))
        .and_then(|instance| instance.text(tags::SOP_INSTANCE_UID))
        .unwrap_or_default();
    let frame = middle.frame + 1;
    let Found {
        catalogue,
        volume,
        grading,
        ..
    } = found;
    let grid = &volume.grid;
    let place = volume::place(plane, directions, asked.at, grid.centre());
    let through = Plane::through(grid, place, directions, directions, grid.finest(), limits)?;
    let grey = reformat(&volume, &through, Sampling::Linear, slab, limits, &Silent)?;
    let lies = through.geometry();
    let how = (asked.slab.as_deref()).and_then(|text| text.split(':').next());
    let on = OnPlane {
        base: if Standard::by_name(plane).is_some() {
            plane.to_owned()
        } else {
            String::new()
        },
        position_mm: lies.position,
        row: lies.row,
        column: lies.column,
        spacing_mm: through.spacing,
        size: [through.rows as u32, through.columns as u32],
        slab: how.unwrap_or_default().to_owned(),
        thickness_mm: slab.map_or(0.0, |slab| slab.thickness_mm),
    };
    let (stamp, values) = (analyze_save::stamp(), Frame::Grey(grey));
    let unit = grading.unit.as_deref().unwrap_or_default();
    let all = (marks.into_iter().enumerate())
        .map(|(at, mark)| {
            Ok(Measurement {
                uid: stamp.uid("measures", &format!("tracking {at}")),
                sop_uid: sop_uid.clone(),
                frame,
                computed: take::compute_on_plane(&mark, &on, &values, unit)?,
                mark,
                plane: Some(on.clone()),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((catalogue, all, stamp))
}
