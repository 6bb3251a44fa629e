//! `deidentify`: copies without identity (PS3.15 annex E), streamed from file to file.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use clap::Args;

use super::{argument, codes, complain, output, source};
use crate::{
    base::{ByteSource, Error, Limits, Result, source_codes},
    dicom::archive,
    export::deidentify::{CHOICES, Options, Report, Run},
};

/// Arguments of `deidentify`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, folders, ZIP archives, or `-` for stdin
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Folder of the copies: PATIENT/STUDY/SERIES/INSTANCE.dcm, of pseudonyms
    #[arg(long)]
    out: PathBuf,
    /// Options of PS3.15 annex E beside the Basic Profile
    #[arg(long, visible_alias = "profile-options", value_delimiter = ',', value_name = "OPTION", value_parser = clap::builder::PossibleValuesParser::new(CHOICES.iter().map(|c| c.name)))]
    options: Vec<String>,
    /// What was done, by attribute and without any value: a .json, .csv or .txt file
    #[arg(long)]
    report: Option<PathBuf>,
    /// A file of at least 32 secret bytes: runs with the same one give the same UIDs, pseudonyms and dates. Absent: random
    #[arg(long)]
    key_file: Option<PathBuf>,
    /// Leave pictures out that show, or may show, text about the patient in their pixels
    #[arg(long)]
    leave_out_burned_in: bool,
}

/// True when nothing failed.
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let names = arguments.options.iter().map(String::as_str);
    let options = Options::named(names)
        .map_err(|found| argument("--options", &found, "one of the two, or none"))?;
    let report = arguments.report.as_deref().map(form).transpose()?;
    let key = match &arguments.key_file {
        Some(file) => key_of(file)?,
        None => random()?,
    };
    std::fs::create_dir_all(&arguments.out)
        .map_err(|e| Error::new(&codes::NOT_WRITTEN).found(e.kind()))?;
    let mut work = Work {
        run: Run::new(options, key),
        arguments,
        limits,
        files: 0,
        whole: true,
    };
    for path in &arguments.paths {
        // Copies that lie below what is read are not read.
        let mut each = |file: &Path| {
            if !is_inside(file, &arguments.out) {
                work.file(file);
            }
        };
        source::walk(path, &mut each);
    }
    if std::io::stderr().is_terminal() && work.files > 0 {
        let _ = writeln!(std::io::stderr());
    }
    let done = work.run.report();
    for said in &done.remarks {
        complain(&format!(
            "remark {} ({} files): {}",
            said.code, said.files, said.text
        ));
    }
    complain(&format!(
        "{} files copied, {} left out",
        done.copied,
        done.left_out.iter().map(|said| said.files).sum::<u64>()
    ));
    if let (Some(path), Some(form)) = (&arguments.report, report) {
        let text = form(&done);
        let input = arguments
            .paths
            .first()
            .map_or(Path::new(""), PathBuf::as_path);
        output::save(text.as_bytes(), path, input)?;
    }
    Ok(work.whole)
}

struct Work<'a> {
    run: Run,
    arguments: &'a Arguments,
    limits: &'a Limits,
    files: u64,
    whole: bool,
}

impl Work<'_> {
    fn file(&mut self, path: &Path) {
        let opened = source::open(path, self.limits)
            .and_then(|source| Ok((archive::expand(&source, self.limits)?, source)));
        match opened {
            Ok((None, source)) => self.one(path, &source),
            Ok((Some(entries), _)) => {
                for entry in entries {
                    match entry {
                        Ok(source) => self.one(path, &source),
                        Err((_, error)) => self.fail(path, &error),
                    }
                }
            }
            Err(error) => self.fail(path, &error),
        }
    }

    fn fail(&mut self, path: &Path, error: &Error) {
        self.run.leave_out(error);
        self.say_failed(path, error);
    }

    fn say_failed(&mut self, path: &Path, error: &Error) {
        // A directory is never copied: that is no failure.
        self.whole &= error.code() == &crate::export::codes::NOT_COPIED;
        // The door's own user gave the path; nothing of the file is said.
        complain(&format!("left out {}: {error}", path.display()));
    }

    fn one(&mut self, path: &Path, source: &Rc<dyn ByteSource>) {
        self.files += 1;
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r{} files", self.files);
        }
        let copy = match self.run.copy(source, self.limits) {
            Ok(copy) => copy,
            Err(error) => return self.say_failed(path, &error),
        };
        if self.arguments.leave_out_burned_in && copy.may_show_names() {
            let error = self.run.refuse(&copy);
            complain(&format!("left out {}: {error}", path.display()));
            return;
        }
        let place = self.arguments.out.join(&copy.name);
        let written = (|| {
            if let Some(folder) = place.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|e| Error::new(&codes::NOT_WRITTEN).found(e.kind()))?;
            }
            let mut output = output::Output::open(&place, path)?;
            copy.stream(&mut |bytes| output.write(bytes))?;
            output.finish()
        })();
        if let Err(error) = written {
            self.run.refuse(&copy);
            self.say_failed(path, &error);
        }
    }
}

/// The report's form by the end of its name.
fn form(path: &Path) -> Result<fn(&Report) -> String> {
    let end = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    match end.to_ascii_lowercase().as_str() {
        "json" => Ok(Report::json),
        "csv" => Ok(Report::csv),
        "txt" => Ok(Report::text),
        other => Err(argument("--report", other, ".json, .csv or .txt")),
    }
}

fn is_inside(file: &Path, folder: &Path) -> bool {
    matches!((file.canonicalize(), folder.canonicalize()), (Ok(file), Ok(folder)) if file.starts_with(&folder))
}

/// A secret of a file's bytes, hashed.
fn key_of(path: &Path) -> Result<[u8; 32]> {
    use sha2::Digest;
    let bytes = std::fs::read(path).map_err(|e| {
        Error::new(&source_codes::UNREADABLE)
            .at("--key-file")
            .found(e.kind())
    })?;
    if bytes.len() < 32 {
        let found = format!("{} bytes", bytes.len());
        return Err(argument("--key-file", &found, "at least 32 bytes"));
    }
    Ok(sha2::Sha256::digest(&bytes).into())
}

/// A secret that no other run has. Without a source of randomness there is none: a guess could be found out.
fn random() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_none| Error::new(&codes::NO_RANDOM))?;
    Ok(key)
}
