//! Scores in a thread of their own, while the state goes on with the next rows; and what all rows come to, with their scores.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use oddflow_detector::behaviour::{Scored, Scorer, Tracked, Workspace};

use super::counting::Uncounted;
use super::rows::Rows;

/// Chunks that may be under way.
const AHEAD: usize = 2;

/// Rows that have gone through the state.
pub(super) struct TrackedRows {
    pub(super) rows: Rows,
    /// Number of its first row.
    pub(super) first_row: u64,
    pub(super) tracked: Tracked,
    /// The score of each row, once it comes back.
    pub(super) scores: Vec<Scored>,
    /// What they are counted with; `None` where they are not.
    pub(super) counting: Option<Uncounted>,
}

/// The thread; it ends when this is dropped.
pub(super) struct Scoring {
    to: Option<SyncSender<TrackedRows>>,
    from: Receiver<TrackedRows>,
    under_way: usize,
    thread: Option<JoinHandle<()>>,
    /// What can be used again.
    spare: VecDeque<(Tracked, Vec<Scored>)>,
}

impl Scoring {
    pub(super) fn start(scorer: Scorer) -> Self {
        let (to, chunks) = sync_channel::<TrackedRows>(AHEAD);
        let (done, from) = sync_channel(AHEAD);
        let thread = std::thread::spawn(move || {
            let (mut workspace, mut places) = (Workspace::default(), Vec::new());
            for mut chunk in chunks {
                scorer.score_rows(chunk.rows.flows(), &chunk.tracked, &mut workspace, &mut chunk.scores);
                if let Some(counting) = &mut chunk.counting {
                    counting.count(&chunk.rows, &chunk.scores, &mut places);
                }
                if done.send(chunk).is_err() {
                    return;
                }
            }
        });
        Self { to: Some(to), from, under_way: 0, thread: Some(thread), spare: VecDeque::new() }
    }

    /// Room for a chunk.
    pub(super) fn room(&mut self) -> (Tracked, Vec<Scored>) {
        self.spare.pop_front().unwrap_or_default()
    }

    /// Takes the room of a chunk back.
    pub(super) fn give_back(&mut self, tracked: Tracked, mut scores: Vec<Scored>) {
        scores.clear();
        self.spare.push_back((tracked, scores));
    }

    /// Hands over a chunk. At most [`AHEAD`] may be under way.
    pub(super) fn send(&mut self, chunk: TrackedRows) {
        let sent = self.to.as_ref().is_some_and(|to| to.send(chunk).is_ok());
        if !sent {
            self.end();
        }
        self.under_way += 1;
    }

    /// Whether no more chunk may be handed over.
    pub(super) fn is_full(&self) -> bool {
        self.under_way >= AHEAD
    }

    /// Waits for the next chunk, in their order; `None` where none is under way.
    pub(super) fn next(&mut self) -> Option<TrackedRows> {
        self.under_way = self.under_way.checked_sub(1)?;
        let chunk = self.from.recv().ok();
        if chunk.is_none() {
            self.end();
        }
        chunk
    }

    /// Waits for the thread; a panic there is one here.
    fn end(&mut self) {
        self.to = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}
