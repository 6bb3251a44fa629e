//! `reformat` and `volume`: planes and slabs of a frame set that is a volume, and pictures of the whole.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use clap::Args;
use serde_json::json;

use super::{argument, note, output, remark, render, say, source};
use crate::{
    base::{Error, Limits, Result, Silent},
    export::{
        npy,
        picture::{Format, encode},
    },
    render::{Interpolation, Scene, View, cpu},
    study::{Catalogue, FrameSet, geometry::Vec3},
    tone::{Frame, Grey, grading::Grading},
    volume::{
        Plane, Project, Sampling, Slab, Standard, Volume, assemble, codes,
        raycast::{self, Camera, Cast},
        reformat, transfer,
    },
};

/// Which frame set.
#[derive(Args)]
pub(super) struct Which {
    /// Files, folders or ZIP archives
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Series Instance UID; absent: that of the largest volume
    #[arg(long)]
    pub(super) series: Option<String>,
    /// Which stack of the series, from 1 (echoes, phases, b-values)
    #[arg(long)]
    pub(super) stack: Option<usize>,
}

#[derive(Args)]
pub(super) struct Reformat {
    #[command(flatten)]
    which: Which,
    /// `axial`, `coronal`, `sagittal`, or `oblique:` with two directions, that of rows and that of columns: `oblique:1,0,0,0,0.7,-0.7` (LPS)
    #[arg(long)]
    plane: String,
    /// Where, mm in patient coordinates: z of an axial, y of a coronal, x of a sagittal plane; along the normal (row × column) of an oblique
    /// one. Absent: through the middle
    #[arg(long, allow_hyphen_values = true)]
    at: Option<f64>,
    /// A slab: `mip:`, `minip:` or `mean:` with its thickness in mm
    #[arg(long)]
    slab: Option<String>,
    /// Size of a pixel, mm; absent: the smallest distance of voxels
    #[arg(long)]
    spacing: Option<f64>,
    /// The nearest voxel instead of an interpolation: for label maps
    #[arg(long)]
    nearest: bool,
    /// `C,W`, `auto`, or the number of the file's own window, from 1
    #[arg(long, allow_hyphen_values = true)]
    window: Option<String>,
    /// Print where the plane lies, as one JSON document
    #[arg(long)]
    json: bool,
    /// A .npy file of modality values (NaN where the volume has none), or a .png, .jpg or .webp file
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Picture {
    #[command(flatten)]
    which: Which,
    /// `ct-bone`, `ct-soft`, `ct-vessels`, `ct-lung`, `mr` or `mip`; absent: what suits the modality
    #[arg(long)]
    preset: Option<String>,
    /// Degrees around the long axis: 0 from the front, 90 from the patient's left
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    azimuth: f64,
    /// Degrees above the horizon
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    elevation: f64,
    /// Larger than the fitting size by this factor
    #[arg(long, default_value_t = 1.0)]
    zoom: f64,
    /// The preset's values are taken to be that much higher (HU; of presets without a unit a share of the range)
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    shift: f32,
    /// A part of the volume: shares along columns, rows and slices, `0,1,0.2,1,0,0.5`
    #[arg(long)]
    clip: Option<String>,
    /// `WxH`
    #[arg(long, default_value = "512x512")]
    size: String,
    /// A .png, .jpg or .webp file
    #[arg(long)]
    out: PathBuf,
}

/// A volume with the facts of its middle frame, which say how it is shown.
pub(super) struct Found {
    pub(super) catalogue: Catalogue,
    /// Study, series and frame set of it: places in the catalogue's lists.
    place: [usize; 3],
    pub(super) volume: Volume,
    pub(super) grading: Grading,
    /// Columns and rows of its frames.
    pub(super) size: (usize, usize),
}

impl Found {
    pub(super) fn set(&self) -> Result<&FrameSet> {
        let [study, series, set] = self.place;
        let series = self
            .catalogue
            .studies
            .get(study)
            .and_then(|s| s.series.get(series));
        let set = series.and_then(|series| series.frame_sets.get(set));
        set.ok_or_else(|| Error::new(&codes::NO_VOLUME))
    }
}

pub(super) fn found(which: &Which, limits: &Limits) -> Result<Found> {
    let mut catalogue = Catalogue::default();
    for path in &which.paths {
        let mut failed = None;
        source::walk(path, &mut |file| match source::open(file, limits) {
            Ok(source) => catalogue.add(&source, limits),
            Err(error) => failed = Some(error),
        });
        if let (Some(error), true) = (failed, catalogue.instances.is_empty()) {
            return Err(error);
        }
    }
    catalogue.arrange();
    let (place, set) = choose(&catalogue, which)?;
    let volume = assemble::whole(&catalogue, set, limits, &Silent)?;
    let middle = (set.frames.get(set.frames.len() / 2))
        .and_then(|at| Some((catalogue.instances.get(at.instance)?, at.frame)));
    let (instance, frame) = middle.ok_or_else(|| Error::new(&codes::NO_VOLUME))?;
    let (grading, repairs) = Grading::of(instance, frame);
    note(&repairs);
    remark(&volume.remarks());
    let size = (set.columns as usize, set.rows as usize);
    Ok(Found {
        catalogue,
        place,
        volume,
        grading,
        size,
    })
}

/// The frame set that is meant: the one of the most voxels, of those that are volumes; else the refusal of the largest.
fn choose<'a>(catalogue: &'a Catalogue, which: &Which) -> Result<([usize; 3], &'a FrameSet)> {
    let series = (catalogue.studies.iter().enumerate()).flat_map(|(at, study)| {
        study
            .series
            .iter()
            .enumerate()
            .map(move |(k, s)| (at, k, s))
    });
    let wanted =
        series.filter(|(.., series)| which.series.as_ref().is_none_or(|uid| *uid == series.uid));
    let mut best: Option<((bool, u64), [usize; 3], &FrameSet)> = None;
    for (study_at, series_at, series) in wanted {
        for (n, set) in series.frame_sets.iter().enumerate() {
            if which.stack.is_some_and(|stack| stack != n + 1) {
                continue;
            }
            let voxels = u64::from(set.rows) * u64::from(set.columns) * set.frames.len() as u64;
            let rank = (assemble::grid_of(set).is_ok(), voxels);
            if best.is_none_or(|(most, ..)| rank > most) {
                best = Some((rank, [study_at, series_at, n], set));
            }
        }
    }
    best.map(|(_, place, set)| (place, set))
        .ok_or_else(|| Error::new(&codes::NO_VOLUME).found("no images of that series and stack"))
}

/// True when nothing failed.
pub(super) fn reformatted(asked: &Reformat, limits: &Limits) -> Result<bool> {
    let numbers = (asked.out.extension()).is_some_and(|end| end.eq_ignore_ascii_case("npy"));
    let format = if numbers {
        None
    } else {
        Some(Format::of_name(&asked.out.to_string_lossy())?)
    };
    let directions = directions(&asked.plane)?;
    let slab = asked.slab.as_deref().map(slab).transpose()?;
    let Found {
        volume, grading, ..
    } = found(&asked.which, limits)?;
    let grid = &volume.grid;
    let place = place(&asked.plane, directions, asked.at, grid.centre());
    let spacing = asked.spacing.unwrap_or_else(|| grid.finest());
    let plane = Plane::through(grid, place, directions, directions, spacing, limits)?;
    let how = if asked.nearest {
        Sampling::Nearest
    } else {
        Sampling::Linear
    };
    let grey = reformat(&volume, &plane, how, slab, limits, &Silent)?;
    if asked.json {
        let lies = plane.geometry();
        let orientation = [lies.row, lies.column].concat();
        let how = (asked.slab.as_deref()).and_then(|text| text.split(':').next());
        let slab = slab.map(|slab| json!({ "how": how, "thickness_mm": slab.thickness_mm }));
        let remarks: Vec<_> = (volume.remarks().iter())
            .map(|r| json!({ "code": r.code.id, "text": r.code.cause, "detail": r.detail }))
            .collect();
        let document = json!({
            "rows": plane.rows, "columns": plane.columns, "spacing_mm": plane.spacing, "position_mm": lies.position,
            "orientation": orientation, "slab": slab, "unit": grading.unit, "remarks": remarks,
        });
        say(&document.to_string());
    }
    let input = first(&asked.which);
    let bytes = match format {
        None => npy::file(
            assemble::numbers(&grey.values).as_slice(),
            &[1, grey.rows, grey.columns],
        ),
        Some(format) => painted(grey, asked.window.as_deref(), &grading, format)?,
    };
    output::save(&bytes, &asked.out, input)?;
    Ok(true)
}

fn painted(grey: Grey, window: Option<&str>, grading: &Grading, format: Format) -> Result<Vec<u8>> {
    let (columns, rows) = (grey.columns, grey.rows);
    let side = |n: usize| u32::try_from(n).ok().filter(|&n| n <= 16_384);
    let size = (side(columns).zip(side(rows)))
        .ok_or_else(|| Error::new(&codes::TOO_LARGE).found(format!("{columns} × {rows}")))?;
    let frame = Frame::Grey(grey);
    let scene = Scene {
        view: View::fit((columns, rows), size, 1.0, 0),
        voi: render::voi(window, grading, &frame)?,
        frame: Rc::new(frame),
        invert: grading.invert,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Linear,
        labels: None,
        heatmap: None,
        marks: None,
    };
    encode(&cpu::paint(&scene, size.0, size.1), size.0, size.1, format)
}

/// True when nothing failed.
pub(super) fn pictured(asked: &Picture, limits: &Limits) -> Result<bool> {
    let format = Format::of_name(&asked.out.to_string_lossy())?;
    let (width, height) = render::size(&asked.size)?;
    let clip = asked.clip.as_deref().map_or(Ok([[0.0, 1.0]; 3]), clip)?;
    if let Some(name) = &asked.preset {
        transfer::by_name(name)?;
    }
    if !(asked.zoom > 0.0 && asked.zoom < 1e4) {
        return Err(argument(
            "--zoom",
            &asked.zoom.to_string(),
            "a number above 0",
        ));
    }
    let Found {
        volume, grading, ..
    } = found(&asked.which, limits)?;
    let suited = transfer::suited(grading.unit.as_deref() == Some("HU"));
    let cast = Cast {
        camera: Camera {
            azimuth: asked.azimuth,
            elevation: asked.elevation,
            target: volume.grid.centre(),
            pixel_mm: raycast::fitting(&volume.grid, width as usize, height as usize) / asked.zoom,
        },
        width: width as usize,
        height: height as usize,
        preset: asked.preset.clone().unwrap_or_else(|| suited.to_owned()),
        shift: asked.shift,
        clip,
        step: 0.5,
        labels: None,
    };
    let rgba = raycast::picture(&volume, &cast, limits, &Silent)?;
    output::save(
        &encode(&rgba, width, height, format)?,
        &asked.out,
        first(&asked.which),
    )?;
    Ok(true)
}

pub(super) fn first(which: &Which) -> &Path {
    which.paths.first().map_or(Path::new(""), PathBuf::as_path)
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let all: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse().ok())
        .collect::<Option<_>>()?;
    all.try_into().ok()
}

pub(super) fn directions(plane: &str) -> Result<[Vec3; 2]> {
    if let Some(standard) = Standard::by_name(plane) {
        return Ok(standard.directions());
    }
    let two = plane.strip_prefix("oblique:").and_then(numbers::<6>);
    two.map(|[a, b, c, d, e, f]| [[a, b, c], [d, e, f]])
        .ok_or_else(|| {
            argument(
                "--plane",
                plane,
                "axial, coronal, sagittal, or oblique: with six numbers",
            )
        })
}

/// The place through which a plane goes: `at` mm along its axis, else the middle of the volume.
pub(super) fn place(plane: &str, [row, column]: [Vec3; 2], at: Option<f64>, middle: Vec3) -> Vec3 {
    use crate::study::geometry::{add, cross, dot, norm, scale};
    let Some(at) = at else { return middle };
    let [x, y, z] = middle;
    match Standard::by_name(plane) {
        Some(Standard::Axial) => [x, y, at],
        Some(Standard::Coronal) => [x, at, z],
        Some(Standard::Sagittal) => [at, y, z],
        None => {
            let normal = cross(row, column);
            let normal = scale(normal, 1.0 / norm(normal).max(1e-9));
            add(middle, scale(normal, at - dot(middle, normal)))
        }
    }
}

pub(super) fn slab(text: &str) -> Result<Slab> {
    let parsed = text.split_once(':').and_then(|(how, mm)| {
        Some(Slab {
            how: Project::by_name(how)?,
            thickness_mm: mm.parse().ok().filter(|mm| (0.0..1e4).contains(mm))?,
        })
    });
    parsed.ok_or_else(|| argument("--slab", text, "mip:MM, minip:MM or mean:MM"))
}

fn clip(text: &str) -> Result<[[f64; 2]; 3]> {
    let shares = numbers::<6>(text).filter(|all| all.iter().all(|x| (0.0..=1.0).contains(x)));
    shares
        .map(|[a, b, c, d, e, f]| [[a, b], [c, d], [e, f]])
        .ok_or_else(|| argument("--clip", text, "six shares, each 0 to 1"))
}
