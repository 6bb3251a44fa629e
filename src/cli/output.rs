//! Output in one step: written beside its place, then renamed. Inputs are never overwritten.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use super::codes;
use crate::base::{Error, Result};

/// Where a command writes.
pub(super) enum Output {
    Stdout,
    File {
        writer: BufWriter<File>,
        part: PathBuf,
        place: PathBuf,
        kept: bool,
    },
}

fn refused(error: &std::io::Error) -> Error {
    Error::new(&codes::NOT_WRITTEN).found(error.kind())
}

impl Output {
    /// Opens `out` (`-`: stdout). Refused where it is `input`.
    pub(super) fn open(out: &Path, input: &Path) -> Result<Self> {
        if out == Path::new("-") {
            return Ok(Self::Stdout);
        }
        refuse_same(out, input)?;
        let name = out
            .file_name()
            .ok_or_else(|| Error::new(&codes::NOT_WRITTEN))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let part = out.with_file_name(hidden);
        let file = File::create_new(&part).map_err(|error| refused(&error))?;
        Ok(Self::File {
            writer: BufWriter::new(file),
            part,
            place: out.to_path_buf(),
            kept: false,
        })
    }

    /// Appends.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => std::io::stdout().lock().write_all(bytes),
            Self::File { writer, .. } => writer.write_all(bytes),
        }
        .map_err(|error| refused(&error))
    }

    /// Puts the file in its place.
    pub(super) fn finish(mut self) -> Result<()> {
        match &mut self {
            Self::Stdout => std::io::stdout().lock().flush(),
            Self::File {
                writer,
                part,
                place,
                kept,
            } => writer
                .flush()
                .and_then(|()| std::fs::rename(&*part, &*place))
                .inspect(|()| *kept = true),
        }
        .map_err(|error| refused(&error))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Self::File {
            part, kept: false, ..
        } = self
        {
            let _ = std::fs::remove_file(part);
        }
    }
}

/// Refuses an output that is an input too.
pub(super) fn refuse_same(out: &Path, input: &Path) -> Result<()> {
    match (out.canonicalize(), input.canonicalize()) {
        (Ok(a), Ok(b)) if a == b => Err(Error::new(&codes::OVERWRITES_INPUT)),
        _ => Ok(()),
    }
}

/// Writes `bytes` in one step.
pub(super) fn save(bytes: &[u8], out: &Path, input: &Path) -> Result<()> {
    let mut output = Output::open(out, input)?;
    output.write(bytes)?;
    output.finish()
}
