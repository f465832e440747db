//! Reads many logs in several threads and hands the results on in order.
//!
//! Rotated files are independent, so each worker decompresses and reads one; a large file is decompressed by whichever
//! worker is free and its chunks are read by all. What the workers made of the chunks reaches the caller in the order of
//! the files and of the lines, and at most a few chunks wait: memory doesn't grow with the logs.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::chunk::{Chunk, Position};
use crate::decompress;
use crate::error::ReadError;
use crate::files::{LogFile, LogHead};
use crate::layout::Layout;
use crate::options::ReadOptions;
use crate::problem::Problems;
use crate::stream::LogStream;

/// One log to be read, from a position on.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The log.
    pub log: LogFile,
    /// What its beginning told.
    pub head: LogHead,
    /// Where reading starts: zero, or the end of an earlier [`ChunkReport`](crate::ChunkReport).
    pub from: Position,
}

/// What the work on one chunk of a log gave.
#[derive(Clone, Copy, Debug)]
pub struct Part<T> {
    /// Whether the chunk was the last of its log.
    pub last: bool,
    /// What the work gave.
    pub value: T,
}

/// Chunks that may be under way or waiting for their turn, for each worker.
const AHEAD: usize = 3;

/// Reads the logs with `threads` workers. `work` runs in the workers, a chunk at a time; `take` runs in the caller's thread,
/// in order, and may stop early. A log that can't be opened any more is given to `take` as an error, in its place; every
/// other one gives at least one chunk, the last marked as such.
///
/// At most a few results a worker wait for their turn; the text of a chunk is gone when `work` returns, unless its result keeps it. A panic in `work` is
/// a panic of the caller.
pub fn read_parallel<T: Send>(
    plan: &[Planned],
    options: &ReadOptions,
    threads: usize,
    work: impl Fn(&Chunk) -> T + Sync,
    mut take: impl FnMut(usize, Result<Part<T>, ReadError>) -> ControlFlow<()>,
) {
    let threads = threads.max(1);
    let tasks = Tasks { plan, options, next_file: 0, streams: BTreeMap::new(), unpacking: 0 };
    let source = Source { tasks: Mutex::new(tasks), more: Condvar::new() };
    let (permit, permits) = bounded::<()>(threads * AHEAD);
    let (result, results) = bounded::<(Turn, Outcome<T>)>(threads * AHEAD);
    for _ in 0..threads * AHEAD {
        let _ = permit.send(());
    }
    thread::scope(|scope| {
        for _ in 0..threads {
            let (permits, result) = (permits.clone(), result.clone());
            let (source, work) = (&source, &work);
            scope.spawn(move || run_worker(source, work, &permits, &result));
        }
        drop((permits, result));
        let mut waiting = BTreeMap::new();
        let mut turn = Turn::default();
        'results: for (number, outcome) in results {
            waiting.insert(number, outcome);
            while let Some(outcome) = waiting.remove(&turn) {
                let file = turn.file;
                turn = match &outcome {
                    Outcome::Done(part) if !part.last => turn.next(),
                    _ => Turn { file: file + 1, part: 0 },
                };
                let flow = match outcome {
                    Outcome::Done(part) => take(file, Ok(part)),
                    Outcome::Failed(error) => take(file, Err(error)),
                    Outcome::Panicked(panic) => std::panic::resume_unwind(panic),
                    Outcome::Damaged => read_damaged(&plan[file], file, options, &work, &mut take),
                };
                if flow.is_break() {
                    break 'results;
                }
                let _ = permit.try_send(());
            }
        }
        // Workers that wait for a permit or to hand on a result find their channel closed and end.
        drop(permit);
    });
}

/// The place of a chunk among all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    file: usize,
    part: u64,
}

impl Turn {
    fn next(self) -> Self {
        Self { part: self.part + 1, ..self }
    }
}

enum Outcome<T> {
    Done(Part<T>),
    Failed(ReadError),
    Panicked(Box<dyn Any + Send>),
    /// A file that can't be decompressed in one piece; it is streamed when its turn comes.
    Damaged,
}

enum Task {
    Chunk(Chunk),
    /// A small file as it lies on disk, to be decompressed by the worker.
    Compressed(Vec<u8>),
    Failed(ReadError),
}

struct Tasks<'p> {
    plan: &'p [Planned],
    options: &'p ReadOptions,
    next_file: usize,
    /// Files that have been begun, with the part that comes next.
    streams: BTreeMap<usize, (u64, LogStream)>,
    /// Files that a worker is decompressing: they may become streams.
    unpacking: usize,
}

/// Where workers find what to do.
struct Source<'p> {
    tasks: Mutex<Tasks<'p>>,
    /// Told when a file has been decompressed.
    more: Condvar,
}

impl<'p> Source<'p> {
    fn lock(&self) -> MutexGuard<'_, Tasks<'p>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task; `None` when there will be none.
    fn next(&self) -> Option<(Turn, Task)> {
        let mut tasks = self.lock();
        loop {
            let next = tasks.next();
            // What another worker is decompressing may be more than one chunk.
            if next.is_some() || tasks.unpacking == 0 {
                return next;
            }
            tasks = self.more.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A file that is being decompressed, until this is dropped: in whatever way that ends.
struct Unpacking<'s, 'p>(&'s Source<'p>);

impl Drop for Unpacking<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().unpacking -= 1;
        self.0.more.notify_all();
    }
}

impl Tasks<'_> {
    /// The rest of a file that has been begun goes before the next file.
    fn next(&mut self) -> Option<(Turn, Task)> {
        while let Some(mut begun) = self.streams.first_entry() {
            let file = *begun.key();
            let (part, stream) = begun.get_mut();
            let turn = Turn { file, part: *part };
            *part += 1;
            let chunk = stream.next_chunk();
            if chunk.as_ref().is_none_or(|chunk| chunk.last) {
                begun.remove();
            }
            if let Some(chunk) = chunk {
                return Some((turn, Task::Chunk(chunk)));
            }
        }
        let file = self.next_file;
        let planned = self.plan.get(file)?;
        self.next_file += 1;
        let turn = Turn { file, part: 0 };
        let opened = small_compressed(&planned.log).and_then(|bytes| match bytes {
            Some(bytes) => {
                self.unpacking += 1;
                Ok(Some(Task::Compressed(bytes)))
            }
            None => {
                let log = LogStream::open(file, &planned.log, &planned.head, planned.from, self.options)?;
                Ok(self.begin(file, log).map(Task::Chunk))
            }
        });
        opened.unwrap_or_else(|error| Some(Task::Failed(error))).map(|task| (turn, task))
    }

    /// The first chunk of a file; the others are anyone's.
    fn begin(&mut self, file: usize, mut log: LogStream) -> Option<Chunk> {
        let chunk = log.next_chunk()?;
        if !chunk.last {
            self.streams.insert(file, (1, log));
        }
        Some(chunk)
    }
}

/// The bytes of a file that is compressed and small enough to be taken in one piece.
fn small_compressed(log: &LogFile) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(size) = log.size().filter(|&size| size <= decompress::WHOLE_FILE) else { return Ok(None) };
    let mut source = log.open()?;
    let mut bytes = Vec::with_capacity(size as usize + 1);
    let mut magic = [0; 4];
    let read = |error| log.unreadable(error);
    let mut seen = 0;
    while seen < magic.len() {
        match source.read(&mut magic[seen..]).map_err(read)? {
            0 => return Ok(None),
            length => seen += length,
        }
    }
    if !decompress::is_compressed(&magic) {
        return Ok(None);
    }
    bytes.extend(magic);
    source.read_to_end(&mut bytes).map_err(read)?;
    Ok(Some(bytes))
}

fn run_worker<T>(
    source: &Source<'_>,
    work: &(impl Fn(&Chunk) -> T + Sync),
    permits: &Receiver<()>,
    result: &Sender<(Turn, Outcome<T>)>,
) {
    while permits.recv().is_ok() {
        let Some((turn, task)) = source.next() else { return };
        // A turn that never came would keep the caller waiting for ever.
        let done = catch_unwind(AssertUnwindSafe(|| do_task(turn.file, task, work, source)));
        if result.send((turn, done.unwrap_or_else(Outcome::Panicked))).is_err() {
            return;
        }
    }
}

fn do_task<T>(file: usize, task: Task, work: &impl Fn(&Chunk) -> T, source: &Source<'_>) -> Outcome<T> {
    let done = |chunk: &Chunk| Outcome::Done(Part { last: chunk.last, value: work(chunk) });
    let compressed = match task {
        Task::Chunk(chunk) => return done(&chunk),
        Task::Failed(error) => return Outcome::Failed(error),
        Task::Compressed(compressed) => compressed,
    };
    let unpacking = Unpacking(source);
    let (planned, options) = {
        let tasks = source.lock();
        (&tasks.plan[file], tasks.options)
    };
    let text = decompress::whole(&compressed).filter(|text| text.len() as u64 <= options.largest_file);
    drop(compressed);
    let Some(text) = text else { return Outcome::Damaged };
    if !text.starts_with(&planned.head.beginning) {
        return Outcome::Failed(ReadError::Changed { name: planned.log.name().into() });
    }
    if text.len() <= options.chunk {
        drop(unpacking);
        return done(&whole_chunk(file, text, planned, options));
    }
    let log = LogStream::over_text(file, text, &planned.head.opening, planned.from, options);
    let chunk = log.map(|log| source.lock().begin(file, log));
    drop(unpacking);
    match chunk {
        Ok(Some(chunk)) => done(&chunk),
        Ok(None) => Outcome::Damaged,
        Err(error) => Outcome::Failed(planned.log.unreadable(error)),
    }
}

/// A whole file as one chunk.
fn whole_chunk(file: usize, bytes: Vec<u8>, planned: &Planned, options: &ReadOptions) -> Chunk {
    let opening = &planned.head.opening;
    let skip = opening.skip.min(bytes.len());
    let from = usize::try_from(planned.from.bytes).unwrap_or(usize::MAX).clamp(skip, bytes.len());
    let mut layout: Layout = opening.layout.clone();
    layout.advance(&bytes[skip..from], options.longest_line);
    Chunk {
        file,
        last: true,
        file_problems: Problems::default(),
        start: Position::default(),
        bytes: Arc::new(bytes),
        from,
        layout,
        hold_unfinished_line: false,
    }
}

fn read_damaged<T>(
    planned: &Planned,
    file: usize,
    options: &ReadOptions,
    work: &impl Fn(&Chunk) -> T,
    take: &mut impl FnMut(usize, Result<Part<T>, ReadError>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut stream = match LogStream::open(file, &planned.log, &planned.head, planned.from, options) {
        Ok(stream) => stream,
        Err(error) => return take(file, Err(error)),
    };
    while let Some(chunk) = stream.next_chunk() {
        take(file, Ok(Part { last: chunk.last, value: work(&chunk) }))?;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str) -> Planned {
        let options = ReadOptions::default();
        let log = LogFile::memory("conn.log", text.as_bytes().to_vec());
        Planned { head: log.conn_head(&options).unwrap(), log, from: Position::default() }
    }

    fn log(rows: usize) -> String {
        let row = "1.0\tC1\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n";
        format!(
            "#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n{}",
            row.repeat(rows)
        )
    }

    #[test]
    #[should_panic(expected = "on purpose")]
    fn a_panic_in_a_worker_reaches_the_caller() {
        let plan: Vec<_> = (0..50).map(|_| planned(&log(3))).collect();
        let work = |chunk: &Chunk| assert!(chunk.file != 0, "on purpose");
        read_parallel(&plan, &ReadOptions::default(), 2, work, |_, _| ControlFlow::Continue(()));
    }

    #[test]
    fn the_text_of_one_compressed_log_is_shared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conn.log.gz");
        std::fs::write(&path, gzip(&log(40_000))).unwrap();
        let options = ReadOptions::default();
        let log_file = LogFile::path(&path);
        let head = log_file.conn_head(&options).unwrap();
        let plan = [Planned { log: log_file, head, from: Position::default() }];
        // Nobody goes on before both have a chunk: with one worker alone this would never end.
        let both = std::sync::Barrier::new(2);
        let met = std::sync::atomic::AtomicUsize::new(0);
        let work = |chunk: &Chunk| {
            if met.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
                both.wait();
            }
            (chunk.start().bytes, chunk.len())
        };
        let mut end = 0;
        read_parallel(&plan, &options, 2, work, |_, part| {
            let (start, length) = part.unwrap().value;
            assert_eq!(start, end);
            end += length as u64;
            ControlFlow::Continue(())
        });
        assert_eq!(end, log(40_000).len() as u64);
    }

    #[test]
    fn a_log_that_was_replaced_meanwhile_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for (name, compressed) in [("conn.log", false), ("conn.log.gz", true)] {
            let path = folder.path().join(name);
            let write = |text: &str| {
                let bytes = if compressed { gzip(text) } else { text.as_bytes().to_vec() };
                std::fs::write(&path, bytes).unwrap();
            };
            write(&log(5));
            let options = ReadOptions::default();
            let log_file = LogFile::path(&path);
            let head = log_file.conn_head(&options).unwrap();
            let plan = [Planned { log: log_file, head, from: Position::default() }];
            let read = || {
                let mut outcome = Vec::new();
                read_parallel(&plan, &options, 1, Chunk::len, |_, part| {
                    outcome.push(part.map(|part| part.value).map_err(|error| error.to_string()));
                    ControlFlow::Continue(())
                });
                outcome
            };
            write(&log(9));
            assert!(read()[0].is_ok(), "a log may grow");
            write(&log(5).replace("C1", "C2"));
            assert!(read()[0].as_ref().is_err_and(|error| error.contains("another log")));
        }
    }

    fn gzip(text: &str) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }
}
