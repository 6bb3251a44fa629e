//! Files of this machine as byte sources; folders walked; stdin.

use std::{
    cell::RefCell,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    rc::Rc,
};

use dicom_dictionary_std::tags;

use crate::{
    base::{ByteSource, Error, Limits, MemorySource, Repair, Result, source_codes},
    dicom::{Instance, archive},
    tone::{
        self,
        suv::{self, Facts},
    },
};

/// A file that is read where it lies.
#[derive(Debug)]
pub struct FileSource {
    name: String,
    length: u64,
    file: RefCell<File>,
}

impl FileSource {
    /// Opens a file.
    ///
    /// # Errors
    /// `IO-001` when it cannot be opened or is no regular file.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable =
            |error: std::io::Error| Error::new(&source_codes::UNREADABLE).found(error.kind());
        let file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(Error::new(&source_codes::UNREADABLE).expected("a regular file"));
        }
        Ok(Self {
            name: path.to_string_lossy().replace('\\', "/"),
            length: about.len(),
            file: RefCell::new(file),
        })
    }
}

impl ByteSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }
    fn len(&self) -> u64 {
        self.length
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(Error::new(&source_codes::BEYOND_END).found(self.length));
        }
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(buffer))
            .map_err(|error| Error::new(&source_codes::UNREADABLE).found(error.kind()))
    }
}

/// A file, or stdin for `-`.
///
/// # Errors
/// `IO-001` when it cannot be read.
pub fn open(path: &Path, limits: &Limits) -> Result<Rc<dyn ByteSource>> {
    if path != Path::new("-") {
        return Ok(Rc::new(FileSource::open(path)?));
    }
    let mut bytes = vec![];
    std::io::stdin()
        .lock()
        .take(limits.file_bytes)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(&source_codes::UNREADABLE).found(error.kind()))?;
    Ok(Rc::new(MemorySource::new("stdin", bytes)))
}

/// Calls `each` for every file at or below `path`, folders in the order of names. Links to folders are not followed.
pub fn walk(path: &Path, each: &mut dyn FnMut(&Path)) {
    let mut waiting = vec![path.to_path_buf()];
    while let Some(place) = waiting.pop() {
        let linked = place != path && place.is_symlink() && place.is_dir();
        if place.is_dir() && !linked {
            let mut inside: Vec<_> = std::fs::read_dir(&place)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            inside.sort_unstable_by(|a, b| b.cmp(a));
            waiting.append(&mut inside);
        } else if !linked {
            each(&place);
        }
    }
}

/// Seconds of the earliest acquisition of a PET series, as [`Facts::of`] takes it, from the heads of the files beside `path` (of the other
/// entries, where it is an archive); with a remark where no other image of the series is there. Nothing is read where the uptake counts
/// from the series' own time.
pub fn earliest(
    path: &Path,
    instance: &Instance,
    limits: &Limits,
) -> (Option<f64>, Option<Repair>) {
    let own = suv::acquired(instance);
    let is_pet = instance.text(tags::MODALITY).as_deref() == Some("PT");
    if !is_pet || !Facts::of(instance, 0, None).counts_from_acquisition() {
        return (None, None);
    }
    // A defect of another file is not this one's.
    let limits = Limits {
        strict: false,
        ..limits.clone()
    };
    let uid = |of: &Instance, tag| of.text(tag);
    let (series, image) = (
        uid(instance, tags::SERIES_INSTANCE_UID),
        uid(instance, tags::SOP_INSTANCE_UID),
    );
    let (mut first, mut others) = (own, 0_usize);
    let mut look = |source: &Rc<dyn ByteSource>| {
        let Ok(other) = Instance::read(source, &limits) else {
            return;
        };
        if uid(&other, tags::SERIES_INSTANCE_UID) == series
            && uid(&other, tags::SOP_INSTANCE_UID) != image
        {
            others += 1;
            let ends = first.into_iter().chain(suv::acquired(&other));
            first = ends.min_by(f64::total_cmp);
        }
    };
    let entries = open(path, &limits).and_then(|source| archive::expand(&source, &limits));
    if let Ok(Some(entries)) = entries {
        for entry in entries.into_iter().flatten() {
            look(&entry);
        }
    } else if path != Path::new("-") {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let files = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
        for file in files.into_iter().flatten().flatten() {
            // A pipe would not answer.
            let path = Some(file.path()).filter(|path| path.is_file());
            if let Some(Ok(source)) = path.map(|path| FileSource::open(&path)) {
                look(&(Rc::new(source) as _));
            }
        }
    }
    let alone = (series.is_none() || others == 0).then(|| {
        Repair::new(
            &tone::codes::SERIES_PARTIAL,
            "no other image beside the file",
        )
    });
    (first, alone)
}

/// The instance in a file; of an archive, the first that is readable.
///
/// # Errors
/// What reading the file gives.
pub fn instance(path: &Path, limits: &Limits) -> Result<Instance> {
    let source = open(path, limits)?;
    let Some(entries) = archive::expand(&source, limits)? else {
        return Instance::read(&source, limits);
    };
    let mut last = Error::new(&source_codes::UNREADABLE).expected("an instance in the archive");
    for entry in entries {
        match entry
            .map_err(|(_, error)| error)
            .and_then(|inner| Instance::read(&inner, limits))
        {
            Ok(instance) => return Ok(instance),
            Err(error) => last = error,
        }
    }
    Err(last)
}
