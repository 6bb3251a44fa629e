//! Which model `--model` means: a folder, a network beside its manifest, a MONAI bundle with its network as ONNX, or a name in ./models.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::argument;
use crate::{
    base::{Error, Limits, Result, source_codes},
    model::{
        bundle, codes,
        inspect::{self, Inspection},
        manifest::Manifest,
    },
};

/// A manifest and its network.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) manifest: Manifest,
    pub(super) network: Vec<u8>,
    pub(super) float: bool,
}

impl Model {
    /// Finds and reads it, and the model that says where the organ lies: `field`, or what the manifest names where that lies beside it. A
    /// network without a manifest is refused: nobody says what it is for.
    pub(super) fn find(
        asked: &Path,
        field: Option<&Path>,
        float: bool,
        limits: &Limits,
    ) -> Result<Self> {
        let (mut model, folder) = match Bundle::at(asked) {
            Some(files) => (files.model(limits)?, asked.to_path_buf()),
            None => Self::beside_manifest(asked, float, limits)?,
        };
        let named = model.manifest.explain.field.as_ref();
        let beside = named.map(|name| folder.join("..").join(name));
        let beside = beside.filter(|folder| folder.join("manifest.json").is_file());
        if let Some(place) = field.map(Path::to_path_buf).or(beside) {
            let (other, _) = Self::beside_manifest(&place, false, limits)?;
            (model.manifest).field_with(other.manifest, other.network, limits)?;
        }
        Ok(model)
    }

    /// A network beside its manifest, and their folder.
    fn beside_manifest(asked: &Path, float: bool, limits: &Limits) -> Result<(Self, PathBuf)> {
        let (folder, file) = place(asked).ok_or_else(|| {
            argument(
                "--model",
                &asked.to_string_lossy(),
                "a folder with manifest.json, an .onnx file beside one (`inspect` writes most of it), a MONAI bundle with models/model.onnx, or a name in ./models",
            )
        })?;
        let mut manifest = Manifest::read(&read(&folder.join("manifest.json"), 16 << 20)?)?;
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
        if let Some(name) = manifest.input.crop_model.clone() {
            // A model that crops by another one's labels: that one lies beside it.
            let beside = folder.join("..").join(name);
            let other = Manifest::read(&read(&beside.join("manifest.json"), 16 << 20)?)?;
            let bytes = read(&beside.join(&other.float_file().name), limits.model_bytes)?;
            manifest.crop_with(other, bytes, limits)?;
        }
        let model = Self {
            manifest,
            network,
            float,
        };
        Ok((model, folder))
    }

    /// True when its input is a whole stack.
    pub(super) fn takes_volume(&self) -> bool {
        self.manifest.takes_volume()
    }
}

/// A MONAI bundle's files.
struct Bundle {
    folder: PathBuf,
}

impl Bundle {
    const NETWORK: &str = "model.onnx";

    fn at(folder: &Path) -> Option<Self> {
        let metadata = folder.join("configs/metadata.json");
        let network = folder.join("models").join(Self::NETWORK);
        (metadata.is_file() && network.is_file()).then(|| Self {
            folder: folder.to_path_buf(),
        })
    }

    fn network(&self, limits: &Limits) -> Result<Vec<u8>> {
        read(
            &self.folder.join("models").join(Self::NETWORK),
            limits.model_bytes,
        )
    }

    fn inspected(&self, network: &[u8], limits: &Limits) -> Result<Inspection> {
        let most = bundle::MOST_BYTES as u64;
        let metadata = read(&self.folder.join("configs/metadata.json"), most)?;
        let inference = self.folder.join("configs/inference.json");
        let inference = (inference.is_file().then(|| read(&inference, most))).transpose()?;
        bundle::read(
            &metadata,
            inference.as_deref(),
            network,
            Self::NETWORK,
            limits,
        )
    }

    /// The model, if the bundle says all that a manifest has to.
    fn model(&self, limits: &Limits) -> Result<Model> {
        let network = self.network(limits)?;
        let inspection = self.inspected(&network, limits)?;
        if let Some(gap) = inspection.gaps.first() {
            return Err(Error::new(&codes::MANIFEST)
                .at(format!("{} (of a MONAI bundle)", gap.field))
                .expected(&gap.expected)
                .found(if gap.found.is_empty() {
                    "nothing"
                } else {
                    &gap.found
                }));
        }
        let manifest = Manifest::read(inspection.manifest.as_bytes())?;
        Ok(Model {
            manifest,
            network,
            float: false,
        })
    }
}

/// What a file or a MONAI bundle is.
pub(super) fn inspected(asked: &Path, limits: &Limits) -> Result<Inspection> {
    if let Some(files) = Bundle::at(asked) {
        return files.inspected(&files.network(limits)?, limits);
    }
    if !asked.is_file() {
        return Err(argument(
            "FILE",
            &asked.to_string_lossy(),
            "an .onnx file, or a MONAI bundle with configs/metadata.json and models/model.onnx",
        ));
    }
    let name = asked.file_name().unwrap_or_default().to_string_lossy();
    inspect::inspect(&read(asked, limits.model_bytes)?, &name, limits)
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
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(format!("at most {most} bytes"))
            .found(length));
    }
    fs::read(path).map_err(unreadable)
}
