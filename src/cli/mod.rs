//! The native door: arguments in, documents, pictures and exit codes out.
//!
//! Exit 0: all done; 1: some input failed, the rest is done; 2: wrong usage. Documents go to stdout, everything else to stderr.

mod analyze;
mod analyze_model;
mod analyze_output;
mod analyze_save;
mod analyze_text;
mod augment;
mod cine;
pub mod codes;
mod contours;
mod deidentify;
mod filter;
mod grow;
mod info;
mod inspect;
mod keys;
mod matched_picture;
mod matching;
mod measure;
mod measure_plane;
mod output;
mod pattern;
pub mod pixels;
mod registering;
mod render;
mod serve;
pub mod source;
mod tags;
mod volume;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::base::{Error, Limits, Repair, Result};

#[derive(Parser)]
#[command(
    name = "negatoscope",
    version,
    about = "Reads, shows and measures DICOM studies. Not for diagnostic use."
)]
struct Command {
    /// Another limit: `frame_samples=1000000` (a wrong name lists them all)
    #[arg(long = "limit", global = true, value_name = "NAME=NUMBER")]
    limits: Vec<String>,
    /// Tolerate no defect: what would be repaired is refused
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The tree of studies, series and frame sets, with repairs and errors
    Info {
        /// Files, folders, ZIP archives, or `-` for stdin
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Every element of a file
    Tags {
        /// A file, or `-`
        file: PathBuf,
        /// The DICOM JSON Model (PS3.18 F)
        #[arg(long)]
        json: bool,
    },
    /// The pixel values as a NumPy array: frames × rows × columns [× samples]
    Pixels {
        /// A file, or `-`
        file: PathBuf,
        /// One frame, from 1; absent: all
        #[arg(long)]
        frame: Option<u32>,
        /// Which values
        #[arg(long, value_enum, default_value_t = Kind::Stored)]
        values: Kind,
        /// A .npy file, or `-` for stdout
        #[arg(long)]
        out: PathBuf,
    },
    /// A picture of a frame
    Render(Picture),
    /// A frame through filters
    Filter {
        /// A file, or `-`
        file: PathBuf,
        /// Filters, in order: NAME or NAME:key=value,…
        #[arg(required = true)]
        filters: Vec<String>,
        /// Where to compute
        #[arg(long, value_enum, default_value_t = Backend::Cpu)]
        backend: Backend,
        /// Frame, from 1
        #[arg(long, default_value_t = 1)]
        frame: u32,
        /// A .npy file of modality values, or a picture
        #[arg(long)]
        out: PathBuf,
    },
    /// The regions of a frame: contours, area, perimeter, values
    Contours(contours::Arguments),
    /// A region of a volume from a seed, through all slices, with its volume in ml
    Grow(grow::Arguments),
    /// A plane or slab of a stack that is a volume, in any direction
    Reformat(volume::Reformat),
    /// A picture of a whole volume
    Volume(volume::Picture),
    /// A model over studies: scores, label maps, heatmaps, boxes
    Analyze(analyze::Arguments),
    /// Changed copies of a frame from a seed: arrays and a contact sheet
    Augment(augment::Arguments),
    /// The frames of a file as a picture that moves
    Cine(cine::Arguments),
    /// Copies without identity (PS3.15 annex E)
    Deidentify(deidentify::Arguments),
    /// Lengths, angles, areas and statistics on a frame, with their units and the origin of the spacing
    Measure(measure::Arguments),
    /// The measurements that reports (SR) and presentation states hold about the images beside them
    Measurements {
        /// Files, folders, ZIP archives: the images too
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Key images: those that documents (KO) name, or a document about images
    Keys(keys::Arguments),
    /// What an ONNX file or a MONAI bundle is, and what a manifest for it still has to say
    Inspect {
        /// An .onnx file, or a folder with configs/metadata.json and models/model.onnx
        file: PathBuf,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// A test pattern for a display, as a DICOM file: tg18-qc, smpte, tg18-ln
    Pattern {
        /// Its name
        name: String,
        /// Rows and columns: 512, 1024 or 2048
        #[arg(long, default_value_t = 1024)]
        side: usize,
        /// A .dcm file
        #[arg(long)]
        out: PathBuf,
    },
    /// A display against the Grayscale Standard Display Function (PS3.14), by luminances measured at evenly spaced levels
    Luminance {
        /// cd/m², from the darkest level to the brightest: the 18 fields of tg18-ln
        #[arg(required = true)]
        measured: Vec<f64>,
        /// The room's light on the dark screen, cd/m²
        #[arg(long, default_value_t = 0.0)]
        ambient: f64,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// The transform between two frames by their key points, with its residual; or why there is none
    Match(matching::Arguments),
    /// The rigid motion that lays a series on another, by mutual information; or why there is none
    Register(registering::Arguments),
    /// The built page from loopback, with the right headers
    Serve {
        /// Port; 0 takes a free one
        #[arg(long, default_value_t = 8420)]
        port: u16,
        /// Folder of the built page
        #[arg(long, default_value = "dist")]
        dir: PathBuf,
    },
}

#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
struct Picture {
    /// A file, or `-`
    file: PathBuf,
    /// Frame, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
    /// `C,W`, `auto`, or the number of the file's own window, from 1
    #[arg(long, allow_hyphen_values = true)]
    window: Option<String>,
    /// Invert
    #[arg(long)]
    invert: bool,
    /// A colour map by name
    #[arg(long)]
    colormap: Option<String>,
    /// `WxH`; absent: a device pixel for each image pixel
    #[arg(long)]
    size: Option<String>,
    /// Without the file's overlay planes and shutter
    #[arg(long)]
    no_graphics: bool,
    /// An X-ray run as it was stored, without its mask subtraction
    #[arg(long)]
    raw: bool,
    /// As a presentation state about it says; what it draws (lines, texts) is left to the page
    #[arg(long, value_name = "FILE", conflicts_with_all = ["window", "invert"])]
    presentation: Option<PathBuf>,
    /// A .png, .jpg or .webp file, or `-` with --format
    #[arg(long)]
    out: PathBuf,
    /// png, jpg or webp; absent: by the end of --out
    #[arg(long)]
    format: Option<String>,
    /// 1 to 100: of a JPEG (92 where it is absent); makes a WebP lossy
    #[arg(long, value_name = "Q", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// 16: a grey PNG of the frame's values instead of what is seen
    #[arg(long, default_value = "8", value_parser = ["8", "16"])]
    depth: String,
    /// With --depth 16: stored values (signed ones + 32768), or modality values rounded (+ 32768)
    #[arg(long, value_enum, default_value_t = Kind::Stored)]
    values: Kind,
    /// Bytes, PSNR and SSIM against what was painted, as a line of JSON on stdout
    #[arg(long)]
    measure: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Stored,
    Modality,
    /// Uptake by body weight; PET only
    Suv,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    Cpu,
    Gpu,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let limits = match limits(&command.limits) {
        Ok(limits) => Limits {
            strict: command.strict,
            ..limits
        },
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(2);
        }
    };
    let result = match command.what {
        What::Info { paths, json } => Ok(info::run(&paths, json, &limits)),
        What::Tags { file, json } => tags::run(&file, json, &limits),
        What::Pixels {
            file,
            frame,
            values,
            out,
        } => pixels::run(&file, frame, values, &out, &limits),
        What::Render(picture) => render::run(&picture, &limits),
        What::Filter {
            file,
            filters,
            backend,
            frame,
            out,
        } => filter::run(
            &file,
            &filters,
            backend == Backend::Gpu,
            frame,
            &out,
            &limits,
        ),
        What::Contours(arguments) => contours::run(&arguments, &limits),
        What::Grow(asked) => grow::run(&asked, &limits),
        What::Reformat(asked) => volume::reformatted(&asked, &limits),
        What::Volume(asked) => volume::pictured(&asked, &limits),
        What::Analyze(arguments) => analyze::run(&arguments, &limits),
        What::Augment(arguments) => augment::run(&arguments, &limits),
        What::Cine(arguments) => cine::run(&arguments, &limits),
        What::Deidentify(arguments) => deidentify::run(&arguments, &limits),
        What::Measure(arguments) => measure::run(&arguments, &limits),
        What::Measurements { paths, json } => Ok(measure::list(&paths, json, &limits)),
        What::Keys(arguments) => keys::run(&arguments, &limits),
        What::Inspect { file, json } => inspect::run(&file, json, &limits),
        What::Pattern { name, side, out } => pattern::run(&name, side, &out),
        What::Luminance {
            measured,
            ambient,
            json,
        } => pattern::luminance(&measured, ambient, json),
        What::Match(arguments) => matching::run(&arguments, &limits),
        What::Register(arguments) => registering::run(&arguments, &limits),
        What::Serve { port, dir } => serve::run(port, &dir),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(if error.code() == &codes::ARGUMENT {
                2
            } else {
                1
            })
        }
    }
}

/// The default limits with those that were set.
fn limits(set: &[String]) -> Result<Limits> {
    let mut all = Limits::default();
    for one in set {
        let wrong = |what: &str| argument("--limit", one, &format!("NAME=NUMBER with {what}"));
        let (name, number) = one.split_once('=').ok_or_else(|| wrong(&Limits::names()))?;
        let number = (number.parse()).map_err(|_| wrong("a whole number"))?;
        all.set(name, number).map_err(|other| wrong(&other))?;
    }
    Ok(all)
}

/// A line to stdout. A reader that has gone is no error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line to stderr.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Repairs to stderr, each once.
fn note(repairs: &[Repair]) {
    each_once("repaired", repairs);
}

/// To stderr, each once: what is no defect of a file, but has to be known.
fn remark(remarks: &[Repair]) {
    each_once("remark", remarks);
}

fn each_once(word: &str, all: &[Repair]) {
    let mut said: Vec<&Repair> = vec![];
    for one in all {
        if !said.contains(&one) {
            complain(&format!(
                "{word} {}: {} ({}). {}",
                one.code.id, one.code.cause, one.detail, one.code.hint
            ));
            said.push(one);
        }
    }
}

fn argument(what: &'static str, found: &str, expected: &str) -> Error {
    Error::new(&codes::ARGUMENT)
        .at(what)
        .expected(expected)
        .found(found)
}
