//! Which model `--model` means: a folder, a network beside its manifest, or a name in ./models.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::argument;
use crate::{
    base::{Error, Limits, Result, source_codes},
    model::{manifest::Manifest, prepare::Preparation},
};

/// A manifest and its network.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) manifest: Manifest,
    pub(super) network: Vec<u8>,
    pub(super) float: bool,
}

impl Model {
    /// Finds and reads it. A network without a manifest is refused: nobody says what it is for.
    pub(super) fn find(asked: &Path, float: bool, limits: &Limits) -> Result<Self> {
        let (folder, file) = place(asked).ok_or_else(|| {
            argument(
                "--model",
                &asked.to_string_lossy(),
                "a folder with manifest.json, an .onnx file beside one, or a name in ./models",
            )
        })?;
        let manifest = Manifest::read(&read(&folder.join("manifest.json"), 16 << 20)?)?;
        let float = match &file {
            None => float,
            Some(name) if *name == manifest.file.name => false,
            Some(name)
                if manifest
                    .file_float
                    .as_ref()
                    .is_some_and(|f| f.name == *name) =>
            {
                true
            }
            Some(name) => {
                return Err(argument(
                    "--model",
                    name,
                    "a network that manifest.json beside it names",
                ));
            }
        };
        let network = read(
            &folder.join(&manifest.network(float)?.name),
            limits.model_bytes,
        )?;
        manifest.check_file(&network, float, limits)?;
        Ok(Self {
            manifest,
            network,
            float,
        })
    }

    /// True when its input is a whole stack.
    pub(super) fn takes_volume(&self) -> bool {
        Preparation::by_name(&self.manifest.input.preparation)
            .is_some_and(Preparation::takes_volume)
    }
}

/// The folder, and the network's name where one was named.
fn place(asked: &Path) -> Option<(PathBuf, Option<String>)> {
    let named = Path::new("models").join(asked);
    if let Some(folder) = [asked, named.as_path()]
        .into_iter()
        .find(|p| p.join("manifest.json").is_file())
    {
        return Some((folder.to_path_buf(), None));
    }
    let folder = asked.parent().filter(|_| asked.is_file())?;
    let name = asked.file_name()?.to_string_lossy().into_owned();
    folder
        .join("manifest.json")
        .is_file()
        .then(|| (folder.to_path_buf(), Some(name)))
}

/// Bytes of a file, refused beyond `most` before they are read.
fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| {
        Error::new(&source_codes::UNREADABLE)
            .at("the model")
            .found(error.kind())
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > most {
        return Err(Error::new(&crate::model::codes::TOO_LARGE)
            .expected(format!("at most {most} bytes"))
            .found(length));
    }
    fs::read(path).map_err(unreadable)
}
