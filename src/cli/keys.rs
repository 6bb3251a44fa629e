//! `keys`: the key images that Key Object Selection Documents name, or such a document about the images that are given.

use std::path::PathBuf;

use dicom_dictionary_std::tags;
use serde_json::json;

use super::{analyze_save, argument, complain, output, say, source};
use crate::{
    base::{Limits, Phi, Result},
    export::key_object,
    study::{Catalogue, FrameRef},
};

/// What was asked for.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files, folders, ZIP archives
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write a document that marks the images among PATHS, which belong to one study
    #[arg(long, value_name = "FILE.dcm")]
    out: Option<PathBuf>,
    /// Of images with several frames only these, from 1
    #[arg(long = "frame", value_delimiter = ',', requires = "out")]
    frames: Vec<u32>,
    /// What the document says of them
    #[arg(long, requires = "out", default_value = "")]
    words: String,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// True when every file was read.
pub(super) fn run(asked: &Arguments, limits: &Limits) -> Result<bool> {
    let mut catalogue = Catalogue::default();
    let mut files = vec![];
    for path in &asked.paths {
        source::walk(path, &mut |file| {
            files.push(file.to_path_buf());
            match source::open(file, limits) {
                Ok(source) => catalogue.add(&source, limits),
                Err(error) => {
                    let name = Phi::new(file.to_string_lossy().into_owned());
                    catalogue.errors.push((name, error));
                }
            }
        });
    }
    catalogue.arrange();
    for (_, error) in &catalogue.errors {
        complain(&error.to_string());
    }
    match &asked.out {
        Some(out) => {
            let frames = chosen(&catalogue, &asked.frames)?;
            let bytes = key_object::write(
                &catalogue.instances,
                &frames,
                &asked.words,
                &analyze_save::stamp(),
            )?;
            // No file that was read is written over.
            for file in &files {
                output::refuse_same(out, file)?;
            }
            output::save(&bytes, out, out.parent().unwrap_or(out))?;
        }
        None => list(&catalogue, asked.json),
    }
    Ok(catalogue.errors.is_empty())
}

/// The frames of all images, or those of `only` (from 1) of images that have several.
fn chosen(catalogue: &Catalogue, only: &[u32]) -> Result<Vec<FrameRef>> {
    let mut all = vec![];
    for (at, instance) in catalogue.instances.iter().enumerate() {
        if !instance.has_pixels() {
            continue;
        }
        let count = instance.number_of_frames();
        if count == 1 || only.is_empty() {
            all.extend((0..count).map(|frame| FrameRef {
                instance: at,
                frame,
            }));
            continue;
        }
        for &frame in only {
            if !(1..=count).contains(&frame) {
                return Err(argument(
                    "--frame",
                    &frame.to_string(),
                    &format!("1 to {count}"),
                ));
            }
            all.push(FrameRef {
                instance: at,
                frame: frame - 1,
            });
        }
    }
    Ok(all)
}

fn list(catalogue: &Catalogue, as_json: bool) {
    let mut documents = vec![];
    for document in catalogue.instances.iter().filter_map(key_object::read) {
        let images = document.images.iter().map(|(uid, frames)| {
            let has =
                |i: &&crate::dicom::Instance| i.text(tags::SOP_INSTANCE_UID).as_ref() == Some(uid);
            let file = catalogue
                .instances
                .iter()
                .find(has)
                .map(|i| i.source.name().to_owned());
            let frames: Vec<u32> = frames.iter().map(|frame| frame + 1).collect();
            json!({"sop_instance_uid": uid, "frames": frames, "file": file})
        });
        documents.push(json!({"words": document.words, "images": images.collect::<Vec<_>>()}));
    }
    if as_json {
        say(&json!({"documents": documents}).to_string());
        return;
    }
    for document in &documents {
        say(&format!(
            "document  {}",
            document["words"].as_str().unwrap_or_default()
        ));
        for image in document["images"].as_array().into_iter().flatten() {
            let frames = image["frames"].as_array().into_iter().flatten();
            let frames: Vec<String> = frames.map(ToString::to_string).collect();
            let whole = if frames.is_empty() {
                "all frames".to_owned()
            } else {
                format!("frame {}", frames.join(", "))
            };
            let file = image["file"].as_str().unwrap_or("not among these files");
            say(&format!(
                "  {}  {whole}  {file}",
                image["sop_instance_uid"].as_str().unwrap_or_default()
            ));
        }
    }
}
