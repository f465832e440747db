//! One log on disk: the file of the hour, opened at its first row and closed when the hour is over.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use zeek_log::Schema;
use zeek_log::write::{Format, Output, Writer};

use super::Layout;
use crate::attacks;
use crate::flow::{Micros, Uid};
use crate::rhythm::HOUR;
use crate::settings::{Error, Settings};
use crate::timeline::campaign_name;

/// Fast, and still a third of the size: the logs are for trying things out, not for keeping.
const GZIP_LEVEL: u32 = 2;

/// The writer that rows go to.
pub(super) type Log = Writer<Output<BufWriter<File>>>;

/// One log.
pub(super) struct LogFile {
    schema: Schema,
    format: Format,
    layout: Layout,
    out: PathBuf,
    span: (Micros, Micros),
    current: Option<Current>,
    files: u64,
    bytes: u64,
}

struct Current {
    path: PathBuf,
    log: Log,
    /// The end of the time that the file covers.
    closes: Micros,
}

impl LogFile {
    pub(super) fn new(
        schema: Schema,
        settings: &Settings,
        out: &Path,
        layout: Layout,
        format: Format,
    ) -> Self {
        let span = settings.span();
        Self { schema, format, layout, out: out.into(), span, current: None, files: 0, bytes: 0 }
    }

    /// Writes a row into the file of a moment. Moments never go back.
    pub(super) fn write(
        &mut self,
        at: Micros,
        row: impl FnOnce(&mut Log) -> io::Result<()>,
    ) -> Result<(), Error> {
        if self.current.as_ref().is_none_or(|current| at >= current.closes) {
            self.close()?;
            self.current = Some(self.open(at)?);
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        row(&mut current.log).map_err(|source| Error::Write { path: current.path.clone(), source })
    }

    fn open(&self, at: Micros) -> Result<Current, Error> {
        let (begin, end) = self.span;
        let (opened, closes) = match self.layout {
            Layout::Single => (begin, end),
            Layout::Hourly => {
                let hour = at.div_euclid(HOUR) * HOUR;
                (hour.max(begin), (hour + HOUR).min(end))
            }
        };
        let path = match self.layout {
            Layout::Single => self.out.join(format!("{}.log", self.schema.path)),
            Layout::Hourly => {
                let name = format!(
                    "{}.{}-{}.log.gz",
                    self.schema.path,
                    format_time(opened, "%H:%M:%S"),
                    format_time(closes, "%H:%M:%S")
                );
                self.out.join(format_time(opened, "%Y-%m-%d")).join(name)
            }
        };
        let begun = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = BufWriter::new(File::create(&path)?);
            let output = match self.layout {
                Layout::Single => Output::Plain(file),
                Layout::Hourly => Output::gzip(file, GZIP_LEVEL),
            };
            Writer::new(output, &self.schema, self.format, timestamp(opened))
        };
        match begun() {
            Ok(log) => Ok(Current { path, log, closes }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(Current { path, log, closes }) = self.current.take() else { return Ok(()) };
        let size = || log.finish(timestamp(closes))?.finish()?.get_ref().metadata();
        match size() {
            Ok(size) => {
                self.files += 1;
                self.bytes += size.len();
                Ok(())
            }
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    /// Closes the last file; returns the number of files and their size.
    pub(super) fn finish(mut self) -> Result<(u64, u64), Error> {
        self.close()?;
        Ok((self.files, self.bytes))
    }
}

fn timestamp(at: Micros) -> Option<Timestamp> {
    Timestamp::from_microsecond(at).ok()
}

fn format_time(at: Micros, format: &str) -> String {
    timestamp(at).map_or_else(String::new, |at| at.to_zoned(TimeZone::UTC).strftime(format).to_string())
}

/// `labels.tsv`.
pub(super) struct Labels {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Labels {
    pub(super) fn create(out: &Path) -> Result<Self, Error> {
        let path = out.join("labels.tsv");
        let begun = || {
            let mut file = BufWriter::new(File::create(&path)?);
            file.write_all(b"uid\ttype\tcampaign\n")?;
            Ok(file)
        };
        match begun() {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    pub(super) fn write(&mut self, uid: Uid, campaign: u16) -> Result<(), Error> {
        let kind = attacks::kind(usize::from(campaign));
        let name = campaign_name(usize::from(campaign), kind);
        writeln!(self.file, "{}\t{kind}\t{name}", uid.as_str())
            .map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    pub(super) fn finish(mut self) -> Result<u64, Error> {
        let size = self.file.flush().and_then(|()| self.file.get_ref().metadata());
        size.map(|size| size.len()).map_err(|source| Error::Write { path: self.path, source })
    }
}
