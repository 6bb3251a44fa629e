//! `analyze`: one model over many inputs, a line of JSON each; label maps and heatmaps into a folder.
//!
//! An input is a frame set where the model takes a volume, else a frame. Each is read anew by the thread that works on it: nothing of a
//! catalogue crosses threads, and only what is worked on is in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use clap::Args;
use serde_json::{Value, json};

use super::{
    analyze_model::Model, analyze_output as kept, analyze_save as results, analyze_text, argument,
    complain, say, source,
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    export::kinds::Kind,
    filter::gpu::Gpu,
    model::{
        self, check,
        explain::{self, METHODS},
        finding::Finding,
        gpu, input,
        prepare::Preparation,
    },
    study::{Catalogue, FrameSet},
};

/// Arguments of `analyze`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Arguments {
    /// Files, folders or ZIP archives
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A model's folder, its .onnx file, a MONAI bundle, or a name in ./models
    #[arg(long)]
    model: PathBuf,
    /// The float network instead of the quantized one
    #[arg(long)]
    float: bool,
    /// One line of JSON an input
    #[arg(long)]
    json: bool,
    /// Folder for label maps, heatmaps and findings.jsonl
    #[arg(long)]
    out: Option<PathBuf>,
    /// Results to write into --out, or all: seg, fractional, labelmap (segmentations), pm (heatmap), sr (report), sc (picture), json
    #[arg(long, requires = "out", value_delimiter = ',', value_name = "KIND")]
    save: Vec<String>,
    /// How a score is explained; refused where the method is not valid for the model
    #[arg(long, value_name = "METHOD", value_parser = clap::builder::PossibleValuesParser::new(METHODS.iter().map(|m| m.name)))]
    explain: Option<String>,
    /// The model that says where the organ lies: for the map's share inside of it and for the framing; else the one that the model names, if it lies beside
    #[arg(long, value_name = "MODEL")]
    field: Option<PathBuf>,
    /// Hold the explanation against random maps and networks with shuffled weights
    #[arg(long)]
    check: bool,
    /// Changed copies of each image (turned, moved, enlarged, brighter, as the model bears it), for the spread of its scores
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(model::MOST_COPIES)))]
    augment: u32,
    /// Where a volume is labelled: the processor, the graphics processor, or that where there is a real one that takes the network
    #[arg(long, value_enum, default_value_t = Backend::Cpu)]
    backend: Backend,
    /// Of all that is drawn at random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Inputs at a time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Leave out what findings.jsonl in --out has already, from the same network
    #[arg(long, requires = "out")]
    resume: bool,
    /// Memory that the network may use for each input, MiB
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    memory: u64,
}

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Backend {
    Auto,
    Cpu,
    Gpu,
}

impl Backend {
    /// The device, where one is to be asked. Who asks for it by name wants no other: what it refuses is an error then.
    fn device(self) -> Result<Option<gpu::Device>> {
        if self == Self::Cpu {
            return Ok(None);
        }
        let only = self == Self::Gpu;
        match pollster::block_on(Gpu::strongest()) {
            Ok(device) if only || !device.software() => {
                Ok(Some(gpu::Device::new(Rc::new(device), only)))
            }
            Err(error) if only => Err(error),
            _ => Ok(None),
        }
    }
}

/// One input.
struct Work {
    /// Its name in the output: the first file, and what tells it from others of that file.
    name: String,
    /// All files of its series, as they were named or found.
    files: Vec<PathBuf>,
    /// Study and series.
    uids: [String; 2],
    /// Frame set within the series.
    set: usize,
    /// Frame within the set.
    index: usize,
}

/// True when nothing failed.
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let model = Model::find(
        &arguments.model,
        arguments.field.as_deref(),
        arguments.float,
        limits,
    )?;
    asked(arguments, &model)?;
    let kinds = results::kinds(&arguments.save, &model, arguments.explain.is_some())?;
    if let Some(folder) = &arguments.out {
        kept::folder(folder)?;
    }
    let (works, failed) = list(&arguments.paths, model.takes_volume(), limits);
    let done = match &arguments.out {
        Some(folder) if arguments.resume => {
            kept::done(folder, &model, arguments.explain.as_deref())
        }
        _ => BTreeSet::new(),
    };
    let works: Vec<Work> = works
        .into_iter()
        .filter(|w| !done.contains(&w.name))
        .collect();
    let out = Lines {
        json: arguments.json,
        folder: arguments.out.as_deref(),
        lock: Mutex::new(()),
    };
    let good = AtomicBool::new(failed.is_empty());
    for (name, error) in &failed {
        out.failed(name, error);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        // A device for each thread, when it has something to do.
        let mut device = None;
        while let Some(work) = works.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = match &device {
                Some(device) => Ok(Clone::clone(device)),
                None => arguments.backend.device(),
            };
            let result = result.and_then(|own| {
                device = Some(own.clone());
                let (finding, saved) = one(work, &model, arguments, &kinds, own, limits)?;
                out.found(&finding, &saved)
            });
            if let Err(error) = result {
                out.failed(&work.name, &error);
                good.store(false, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|threads| {
        for _ in 1..arguments.jobs.min(works.len().max(1) as u16) {
            threads.spawn(work);
        }
        work();
    });
    Ok(good.into_inner())
}

/// Refuses what the model cannot give, before anything is read.
fn asked(arguments: &Arguments, model: &Model) -> Result<()> {
    let valid: Vec<_> = explain::valid(&model.manifest).map(|m| m.name).collect();
    let has = if valid.is_empty() {
        "nothing: the model has no explanation".to_owned()
    } else {
        valid.join(", ")
    };
    if let Some(method) = &arguments.explain
        && !valid.contains(&method.as_str())
    {
        return Err(argument("--explain", method, &has));
    }
    if arguments.backend == Backend::Gpu
        && Preparation::by_name(&model.manifest.input.preparation)
            != Some(Preparation::MeshnetConform)
    {
        return Err(argument(
            "--backend",
            "gpu",
            "cpu: the graphics processor labels heads, and this model does something else",
        ));
    }
    if arguments.check && explain::chosen(&model.manifest, arguments.explain.as_deref())?.is_none()
    {
        return Err(argument("--check", "no explanation", &has));
    }
    if arguments.augment > 0 && model.manifest.augment.is_none() {
        return Err(argument(
            "--augment",
            &arguments.augment.to_string(),
            "0: the model's manifest says of no change that the model bears it",
        ));
    }
    Ok(())
}

/// What there is to do, and what could not be read.
fn list(paths: &[PathBuf], volume: bool, limits: &Limits) -> (Vec<Work>, Vec<(String, Error)>) {
    let mut catalogue = Catalogue::default();
    // The file on disk that each instance came from: an archive for its entries.
    let mut files: Vec<PathBuf> = vec![];
    let mut failed = vec![];
    for path in paths {
        source::walk(path, &mut |file| match source::open(file, limits) {
            Ok(source) => {
                catalogue.add(&source, limits);
                files.resize(catalogue.instances.len(), file.to_path_buf());
            }
            Err(error) => failed.push((file.to_string_lossy().into_owned(), error)),
        });
    }
    catalogue.arrange();
    failed.extend(
        catalogue
            .errors
            .iter()
            .map(|(name, error)| (name.reveal().clone(), error.clone())),
    );
    let mut works = vec![];
    for study in &catalogue.studies {
        for series in &study.series {
            let all: BTreeSet<PathBuf> = series
                .frame_sets
                .iter()
                .flat_map(|set| &set.frames)
                .filter_map(|at| files.get(at.instance).cloned())
                .collect();
            for (at, set) in series.frame_sets.iter().enumerate() {
                let places = if volume {
                    0..1.min(set.frames.len())
                } else {
                    0..set.frames.len()
                };
                works.extend(places.map(|index| Work {
                    name: name(
                        &catalogue,
                        set,
                        index,
                        if volume && series.frame_sets.len() > 1 {
                            Some(at)
                        } else {
                            None
                        },
                    ),
                    files: all.iter().cloned().collect(),
                    uids: [study.uid.clone(), series.uid.clone()],
                    set: at,
                    index,
                }));
            }
        }
    }
    (works, failed)
}

/// The frame's file; behind `#` the frame of a file that has several, or the frame set of a series that has several.
fn name(catalogue: &Catalogue, set: &FrameSet, index: usize, nth_set: Option<usize>) -> String {
    let Some((at, instance)) = set
        .frames
        .get(index)
        .and_then(|at| Some((at, catalogue.instances.get(at.instance)?)))
    else {
        return String::new();
    };
    let file = instance.source.name();
    match nth_set {
        Some(set) => format!("{file}#{}", set + 1),
        None if instance.number_of_frames() > 1 => format!("{file}#{}", at.frame + 1),
        None => file.to_owned(),
    }
}

/// Names of files by what they hold.
type Saved = BTreeMap<&'static str, String>;

/// Reads, analyses and writes one input.
#[expect(clippy::disallowed_methods, reason = "the native door has a clock")]
fn one(
    work: &Work,
    model: &Model,
    arguments: &Arguments,
    kinds: &[&'static Kind],
    device: Option<gpu::Device>,
    limits: &Limits,
) -> Result<(Finding, Saved)> {
    let mut catalogue = Catalogue::default();
    for file in &work.files {
        catalogue.add(&source::open(file, limits)?, limits);
    }
    catalogue.arrange();
    let gone = || {
        Error::new(&crate::base::source_codes::UNREADABLE).expected("the files as they were listed")
    };
    let [study, series] = &work.uids;
    let set = (catalogue.studies.iter().filter(|s| s.uid == *study))
        .flat_map(|s| &s.series)
        .find(|s| s.uid == *series)
        .and_then(|s| s.frame_sets.get(work.set))
        .ok_or_else(gone)?;
    let facts = input::facts(&catalogue, set, work.index)?;
    // Before any pixel is read: most refusals need none.
    check::check(
        &model.manifest,
        &facts,
        set.columns as usize,
        set.rows as usize,
        model.takes_volume(),
    )?;
    let bar = Bar {
        name: &work.name,
        shown: std::io::stderr().is_terminal() && arguments.jobs == 1,
    };
    kept::reset_peak();
    let (taken, frame) = if model.takes_volume() {
        let (volume, unsigned_bytes) = input::whole(&catalogue, set, limits, &bar)?;
        (
            model::Input::Volume {
                volume,
                unsigned_bytes,
                fractions: results::wants_fractions(kinds),
            },
            None,
        )
    } else {
        let display = input::display(&catalogue, set, work.index, limits)?;
        let kept = display.clone();
        let grey = if model.manifest.modality_values() {
            input::modality(&catalogue, set, work.index, limits)?
        } else {
            display
        };
        (
            model::Input::Frame {
                columns: grey.columns,
                rows: grey.rows,
                values: grey.values,
            },
            Some(kept),
        )
    };
    let start = Instant::now();
    let network = model.network.clone();
    let budget = arguments.memory << 20;
    let wish = model::Wish {
        float: model.float,
        explain: arguments.explain.clone(),
        augment: arguments.augment,
        seed: arguments.seed,
        check: arguments.check,
        device,
        fractions: results::wants_fractions(kinds),
        ..model::Wish::default()
    };
    let mut analysis = model::analyse(
        &model.manifest,
        network,
        &wish,
        &work.name,
        &facts,
        taken,
        limits,
        budget,
        &bar,
    )?;
    bar.clear();
    analysis.finding.seconds = start.elapsed().as_secs_f64();
    analysis.finding.peak_bytes = kept::peak_bytes() as f64;
    let mut saved = Saved::new();
    if let Some(folder) = &arguments.out {
        let input = work.files.first().map_or(Path::new(""), PathBuf::as_path);
        kept::overlay(&mut analysis, frame, folder, input)?;
        let source = results::Source {
            catalogue: &catalogue,
            set,
            index: (!model.takes_volume()).then_some(work.index),
            input,
        };
        saved = results::save(&analysis, &source, kinds, &arguments.save, folder, limits)?;
    }
    Ok((analysis.finding, saved))
}

/// Progress of one input, on a terminal only.
struct Bar<'a> {
    name: &'a str,
    shown: bool,
}

impl Bar<'_> {
    fn clear(&self) {
        if self.shown {
            // A terminal that has gone is no error.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Monitor for Bar<'_> {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        if self.shown {
            let _ = write!(
                std::io::stderr().lock(),
                "\r\x1b[K{}: {stage:?} {done}/{total}",
                self.name
            );
        }
    }
}

/// Where the lines go: stdout, and findings.jsonl where there is a folder.
struct Lines<'a> {
    json: bool,
    folder: Option<&'a Path>,
    lock: Mutex<()>,
}

impl Lines<'_> {
    fn found(&self, finding: &Finding, saved: &Saved) -> Result<()> {
        let mut value = serde_json::to_value(finding).unwrap_or_default();
        if let (false, Some(line)) = (saved.is_empty(), value.as_object_mut()) {
            line.insert("saved".to_owned(), json!(saved));
        }
        // A poisoned lock: another line's writer panicked; this line is whole all the same.
        let _one_at_a_time = self.lock.lock();
        if let Some(folder) = self.folder {
            kept::append(folder, &value)?;
        }
        if self.json {
            say(&value.to_string());
        } else {
            analyze_text::sentences(finding, saved.values());
        }
        Ok(())
    }

    fn failed(&self, name: &str, error: &Error) {
        let value =
            json!({"input": name, "error": {"code": error.code().id, "text": error.to_string()}});
        let _one_at_a_time = self.lock.lock();
        if let Some(folder) = self.folder
            && let Err(other) = kept::append(folder, &value)
        {
            complain(&other.to_string());
        }
        if self.json {
            say(&Value::to_string(&value));
        } else {
            complain(&format!("failed {name}: {error}"));
        }
    }
}
