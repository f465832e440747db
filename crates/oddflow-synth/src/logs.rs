//! Zeek's own tree of logs: `YYYY-MM-DD/conn.HH:00:00-HH:00:00.log.gz`, or one file a log.
//!
//! A thread makes the rows, one writes `conn.log` and the labels, one the other logs. Each file is written by one
//! thread in one order, so the bytes don't depend on how the threads run.

mod file;
mod rows;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use zeek_log::write::Format;

use self::file::{Labels, LogFile};
use crate::event::Body;
use crate::settings::{Error, Settings};
use crate::summary::Summary;
use crate::timeline::{Batch, Sink, generate};

/// Slices of time that may wait for a writer.
const WAITING: usize = 3;

/// How the logs are laid out on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A file an hour, gzipped, in a folder a day: what zeekctl's archive looks like.
    Hourly,
    /// One plain file a log.
    Single,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What was generated.
    pub summary: Summary,
    /// Files written, the labels among them.
    pub files: u64,
    /// Their size in bytes on disk.
    pub bytes: u64,
}

/// Generates everything and writes `conn`, `dns`, `http` and `ssl` logs below `out`, and with attacks `labels.tsv`
/// (`uid`, `type`, `campaign`; a connection that isn't listed is benign).
///
/// `progress` is told, after each slice of time, how many rows of `conn.log` there are so far. Files that are there
/// already are overwritten.
///
/// # Errors
/// [`Error::Settings`] where a setting is out of range, [`Error::Write`] where a file can't be written. What was
/// written until then stays.
pub fn write_logs(
    settings: &Settings,
    out: &Path,
    layout: Layout,
    format: Format,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, Error> {
    settings.check()?;
    std::fs::create_dir_all(out).map_err(|source| Error::Write { path: out.into(), source })?;
    thread::scope(|scope| {
        let (to_conn, from_conn) = sync_channel(WAITING);
        let (to_others, from_others) = sync_channel(WAITING);
        let conn = scope.spawn(move || write_conn(settings, out, layout, format, &from_conn));
        let others = scope.spawn(move || write_others(settings, out, layout, format, &from_others));
        let mut hand_out = HandOut { writers: [to_conn, to_others], rows: 0, progress };
        let generated = generate(settings, &mut hand_out);
        // The channels close here, and with them the writers end.
        drop(hand_out);
        let panicked = |path: &Path| Error::Write {
            path: path.into(),
            source: io::Error::other("the writing thread ended without a word"),
        };
        // A writer's error says more than that of the hand-out, which only finds nobody listening.
        let (files, bytes) = conn.join().map_err(|_| panicked(out))??;
        let (other_files, other_bytes) = others.join().map_err(|_| panicked(out))??;
        Ok(Written { summary: generated?, files: files + other_files, bytes: bytes + other_bytes })
    })
}

/// Gives each slice to every writer.
struct HandOut<'a> {
    writers: [SyncSender<Arc<Batch>>; 2],
    rows: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Sink for HandOut<'_> {
    fn take(&mut self, batch: Batch) -> io::Result<()> {
        self.rows += batch.flows.len() as u64;
        let batch = Arc::new(batch);
        for writer in &self.writers {
            writer.send(Arc::clone(&batch)).map_err(|_| io::Error::other("a writer has stopped"))?;
        }
        (self.progress)(self.rows);
        Ok(())
    }
}

fn write_conn(
    settings: &Settings,
    out: &Path,
    layout: Layout,
    format: Format,
    batches: &Receiver<Arc<Batch>>,
) -> Result<(u64, u64), Error> {
    let mut conn = LogFile::new(zeek_log::Schema::conn(), settings, out, layout, format);
    let mut labels = if settings.attacks { Some(Labels::create(out)?) } else { None };
    for batch in batches {
        for flow in &batch.flows {
            conn.write(batch.begin, |log| log.conn(&flow.record()))?;
            if let (Some(labels), Some(campaign)) = (&mut labels, flow.campaign) {
                labels.write(flow.uid, campaign)?;
            }
        }
    }
    let (mut files, mut bytes) = conn.finish()?;
    if let Some(labels) = labels {
        bytes += labels.finish()?;
        files += 1;
    }
    Ok((files, bytes))
}

fn write_others(
    settings: &Settings,
    out: &Path,
    layout: Layout,
    format: Format,
    batches: &Receiver<Arc<Batch>>,
) -> Result<(u64, u64), Error> {
    let open = |schema| LogFile::new(schema, settings, out, layout, format);
    let (mut dns, mut http, mut ssl) =
        (open(rows::dns_schema()), open(rows::http_schema()), open(rows::ssl_schema()));
    let mut texts = rows::Texts::default();
    for batch in batches {
        for event in &batch.events {
            let texts = &mut texts;
            match &event.body {
                Body::Dns(body) => dns.write(batch.begin, |log| rows::dns(log, event, body, texts))?,
                Body::Http(body) => http.write(batch.begin, |log| rows::http(log, event, body))?,
                Body::Ssl(body) => ssl.write(batch.begin, |log| rows::ssl(log, event, body))?,
            }
        }
    }
    let mut total = (0, 0);
    for log in [dns, http, ssl] {
        let (files, bytes) = log.finish()?;
        total = (total.0 + files, total.1 + bytes);
    }
    Ok(total)
}
