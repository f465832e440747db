//! The file that is written: under another name beside its place until it is whole, so that a run which fails or is stopped
//! leaves what was there.

use std::io;
use std::path::{Path, PathBuf};

use oddflow_parquet::{Batch, FileKind, WriteError, Writer};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A file to come.
pub(crate) struct Destination {
    path: PathBuf,
    file: NamedTempFile,
}

/// A file that is being written.
pub(crate) struct Writing {
    path: PathBuf,
    writer: Writer<NamedTempFile>,
}

/// A file that was written.
pub(crate) struct Whole {
    pub(crate) rows: u64,
    pub(crate) row_groups: usize,
    pub(crate) bytes: u64,
}

impl Destination {
    /// Refuses what is no place for a file, before anything is read.
    pub(crate) fn check(path: &Path) -> Result<(), Failure> {
        let is_file = path.metadata().map_or(true, |metadata| metadata.is_file());
        if path != Path::new("-") && is_file {
            return Ok(());
        }
        let what = if path == Path::new("-") {
            "standard output can't take Parquet".into()
        } else {
            format!("{} can't take Parquet: it is no file", path.display())
        };
        Err(Failure::usage(
            what,
            "Name a file with --parquet: readers begin at its end, so that it must be one that can be read from there.",
        ))
    }

    /// Begins a file beside its place.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".oddflow-export");
        // A temporary file is its owner's alone; an export is as readable as any file that the owner makes.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.into(), file })
    }

    /// Begins to write.
    pub(crate) fn write(self, kind: &FileKind, threads: usize) -> Result<Writing, Failure> {
        let Self { path, file } = self;
        let kind = kind.clone().with("oddflow.version", env!("CARGO_PKG_VERSION"));
        let writer = Writer::new(file, &kind, threads).map_err(|error| refused(&path, error))?;
        Ok(Writing { path, writer })
    }
}

impl Writing {
    /// Adds rows behind those before.
    pub(crate) fn add(&mut self, batch: Batch) -> Result<(), Failure> {
        self.writer.write(batch).map_err(|error| refused(&self.path, error))
    }

    /// Ends the file and puts it in its place.
    pub(crate) fn finish(self) -> Result<Whole, Failure> {
        let Self { path, writer } = self;
        let written = writer.finish().map_err(|error| refused(&path, error))?;
        let place = || -> io::Result<u64> {
            let file = written.sink.as_file();
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            written.sink.persist(&path).map_err(|error| error.error)?;
            Ok(bytes)
        };
        let bytes = place().map_err(|error| failed(&path, &error))?;
        Ok(Whole { rows: written.rows, row_groups: written.row_groups, bytes })
    }
}

fn refused(path: &Path, error: WriteError) -> Failure {
    failed(path, &error.into_io())
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::output(&path.display().to_string(), error)
}
