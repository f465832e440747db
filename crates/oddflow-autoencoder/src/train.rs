//! Training: epochs over shuffled batches, early stop, the best weights kept. Without validation rows all epochs are
//! trained and the last weights kept.
//!
//! Every batch is cut into [`SLICES`] slices whose gradients are summed in a fixed order; threads only compute slices. Each
//! thread holds its own copy of the parameters and of Adam's moments and takes the same step, so that all that passes
//! between threads is the gradients, in two sets of slots used in turn, and one barrier a batch is enough.
//!
//! Invariant: network, options and data give the same bytes on a machine, whatever the number of threads.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;

use crate::adam::{Adam, Moments};
use crate::barrier::{Barrier, BreakOnPanic, Broken};
use crate::gradient::{Gradient, Slice, Workspace};
use crate::layout::Layout;
use crate::network::{Network, all_finite};
use crate::options::{Part, TrainError, TrainingOptions};
use crate::random::{Purpose, Random};
use crate::score::Scorer;
use crate::simd::{Kernel, ROWS};

/// Parts of a batch, and of the validation rows. Fixed, because the order of summation shows in the last bits.
const SLICES: usize = 4;

/// Rows between two reports of progress: some milliseconds of work.
const PROGRESS_ROWS: usize = 1 << 15;

/// Validation rows scored at a time.
const VALIDATION_BLOCK: usize = 256;

/// What a run tells its observer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// So many training rows of the epoch are done. Comes about every 32,768 rows.
    Progress {
        /// From 1.
        epoch: usize,
        /// Rows done in this epoch.
        rows: usize,
    },
    /// An epoch has ended.
    Epoch(&'a EpochReport),
}

/// The figures of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// From 1.
    pub epoch: usize,
    /// Mean over rows and columns of the squared error, or of the mixed loss's parts, each batch before its step: a running
    /// mean over the epoch, as Keras has it.
    pub training_loss: f64,
    /// The same mean over the validation rows after the epoch; none without such rows.
    pub validation_loss: Option<f64>,
    /// Whether these are the weights to keep so far: the validation loss is the lowest yet, or there is none.
    pub improved: bool,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs asked for are done.
    AllEpochs,
    /// The validation loss no longer fell.
    NoImprovement,
    /// The observer wanted it.
    Stopped,
}

/// What a run gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The network after its best epoch, or after its last one where there are no validation rows.
    pub network: Network,
    /// Every finished epoch, in order; at least one.
    pub epochs: Vec<EpochReport>,
    /// The epoch whose weights these are, from 1.
    pub best_epoch: usize,
    /// Why it ended.
    pub end: End,
}

/// Trains a network to reproduce its input.
///
/// `training` and `validation` are row-major matrices with the network's width. Only validation may be empty, and only
/// without patience: then all epochs are trained and the last weights kept. The observer is
/// called on this thread and stops the run by returning `Break`: with the best network so far, or, before the first epoch
/// has ended, with [`TrainError::Stopped`]. Besides the matrices given it takes 4 bytes a training row
/// and thread, and some copies of the network.
///
/// # Errors
/// Options out of range, empty or ragged matrices, values that aren't finite, a loss that isn't.
pub fn train(
    network: &Network,
    training: &[f32],
    validation: &[f32],
    options: &TrainingOptions,
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Training, TrainError> {
    train_with(Kernel::best(), network, training, validation, options, observer)
}

pub(crate) fn train_with(
    kernel: Kernel,
    network: &Network,
    training: &[f32],
    validation: &[f32],
    options: &TrainingOptions,
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Training, TrainError> {
    options.check()?;
    check_matrix(Part::Training, training, network.width())?;
    if !validation.is_empty() || options.patience.is_some() {
        check_matrix(Part::Validation, validation, network.width())?;
    }
    let rows = training.len() / network.width();
    let rows = u32::try_from(rows).map_err(|_| TrainError::TooManyRows(rows))?;

    let layout = Layout::new(&network.widths());
    let threads = options.threads.min(SLICES);
    let slot = || RwLock::new(Gradient::new(&layout));
    let run = Run {
        kernel,
        training,
        validation,
        options,
        threads,
        slots: std::array::from_fn(|_| std::array::from_fn(|_| slot())),
        validation_sums: Default::default(),
        barrier: Barrier::new(threads),
        stop_at: AtomicU64::new(u64::MAX),
        layout,
    };
    let run = &run;
    let work = move |id, observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>| {
        let _guard = BreakOnPanic(&run.barrier);
        Worker::new(run, id, network, rows).run(observer)
    };
    thread::scope(|scope| {
        for id in 1..threads {
            // Whatever ends this thread ends the first one in the same way, which reports it.
            let work = move || drop(work(id, &mut |_| ControlFlow::Continue(())));
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, work) {
                run.barrier.break_up();
                return Err(TrainError::Thread(error));
            }
        }
        work(0, observer)
    })
}

fn check_matrix(part: Part, values: &[f32], width: usize) -> Result<(), TrainError> {
    if values.is_empty() {
        return Err(TrainError::Empty(part));
    }
    if !values.len().is_multiple_of(width) {
        return Err(TrainError::Shape { part, values: values.len(), width });
    }
    if !all_finite(values)
        && let Some(at) = values.iter().position(|x| !x.is_finite())
    {
        return Err(TrainError::NotFinite { part, row: at / width, column: at % width, value: values[at] });
    }
    Ok(())
}

/// What the threads of a run share.
struct Run<'a> {
    kernel: Kernel,
    training: &'a [f32],
    validation: &'a [f32],
    options: &'a TrainingOptions,
    threads: usize,
    layout: Layout,
    /// Gradients of a batch's slices; batches use the two sets in turn.
    slots: [[RwLock<Gradient>; SLICES]; 2],
    validation_sums: [RwLock<f64>; SLICES],
    barrier: Barrier,
    /// The meeting at which all threads leave.
    stop_at: AtomicU64,
}

/// One thread of a run.
struct Worker<'a> {
    run: &'a Run<'a>,
    id: usize,
    scorer: Scorer,
    moments: Moments,
    work: Workspace,
    random: Random,
    order: Vec<u32>,
    /// Steps taken, in all epochs.
    steps: u64,
    /// Meetings at the barrier so far, the same for all threads.
    meetings: u64,
}

/// Why a worker leaves early.
enum Leave {
    Stopped,
    Failed(TrainError),
}

impl From<Broken> for Leave {
    fn from(_: Broken) -> Leave {
        // Another thread has panicked; its panic is passed on when the threads are joined.
        Leave::Stopped
    }
}

impl<'a> Worker<'a> {
    fn new(run: &'a Run<'a>, id: usize, network: &Network, rows: u32) -> Worker<'a> {
        let parameters = run.layout.pack(network);
        let mut work = Workspace::new(&run.layout);
        work.transpose(&run.layout, parameters.lanes());
        Worker {
            run,
            id,
            scorer: Scorer::from_packed(run.layout.clone(), parameters, run.options.loss, run.kernel),
            moments: Moments::new(&run.layout),
            work,
            random: Random::new(run.options.seed, Purpose::Order),
            order: (0..rows).collect(),
            steps: 0,
            meetings: 0,
        }
    }

    fn run(mut self, observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>) -> Result<Training, TrainError> {
        let mut progress = Progress::new(self.run.options.patience);
        let mut best = self.scorer.parameters().clone();
        let end = loop {
            let epoch = progress.epochs.len() + 1;
            let losses =
                self.epoch(epoch, observer).and_then(|training| Ok((training, self.validate(epoch)?)));
            let (training_loss, validation_loss) = match losses {
                Ok(losses) => losses,
                Err(Leave::Stopped) => break End::Stopped,
                Err(Leave::Failed(error)) => return Err(error),
            };
            let report = progress.add(training_loss, validation_loss);
            if report.improved {
                best.clone_from(self.scorer.parameters());
            }
            let wish = if self.id == 0 { observer(Event::Epoch(&report)) } else { ControlFlow::Continue(()) };
            if progress.exhausted() {
                break End::NoImprovement;
            }
            if epoch == self.run.options.epochs {
                break End::AllEpochs;
            }
            if wish.is_break() {
                self.run.stop_at.store(self.meetings, Ordering::Relaxed);
                let _ = self.meet();
                break End::Stopped;
            }
        };
        let Progress { epochs, best: best_epoch, .. } = progress;
        if epochs.is_empty() {
            return Err(TrainError::Stopped);
        }
        let widths = self.run.widths();
        // Steps of finite size can't make a weight infinite without the loss becoming so first.
        let network = Network::from_layers(&widths, self.run.layout.unpack(&best))
            .map_err(|_| diverged(epochs.len(), Part::Training, f64::INFINITY))?;
        Ok(Training { network, epochs, best_epoch, end })
    }

    /// Trains on every row once, or on every row that fills a batch; returns the training loss.
    fn epoch(
        &mut self,
        epoch: usize,
        observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<f64, Leave> {
        let batch = self.run.options.batch;
        let used = self.run.options.remainder.rows(self.order.len(), batch);
        self.random.shuffle(&mut self.order);
        let order = std::mem::take(&mut self.order);
        let mut sum = 0.0;
        let mut reported = 0;
        let mut wish = ControlFlow::Continue(());
        for first in (0..used).step_by(batch) {
            let rows = first..used.min(first.saturating_add(batch));
            if wish.is_continue() {
                self.compute_slices(&order, rows.clone());
            } else {
                self.run.stop_at.store(self.meetings, Ordering::Relaxed);
            }
            self.meet()?;
            sum += self.step(rows.len());
            if !sum.is_finite() {
                let loss = sum / (rows.end * self.scorer.width()) as f64;
                return Err(Leave::Failed(diverged(epoch, Part::Training, loss)));
            }
            if self.id == 0 && rows.end - reported >= PROGRESS_ROWS {
                reported = rows.end;
                wish = observer(Event::Progress { epoch, rows: rows.end });
            }
        }
        self.order = order;
        Ok(sum / (used * self.scorer.width()) as f64)
    }

    /// Computes this thread's slices of a batch, given as places in the order.
    fn compute_slices(&mut self, order: &[u32], batch: Range<usize>) {
        let length = batch.len().div_ceil(SLICES).next_multiple_of(ROWS);
        let own = self.own_slices();
        for slice in own.clone() {
            let first = batch.end.min(batch.start + slice * length);
            let end = batch.end.min(first + length);
            let next = if slice + 1 < own.end { end } else { batch.end + own.start * length };
            let mut gradient = self.slot(slice).write().unwrap_or_else(PoisonError::into_inner);
            let slice = Slice {
                layout: &self.run.layout,
                parameters: self.scorer.parameters().lanes(),
                mixed: self.scorer.mixed(),
                data: self.run.training,
                rows: &order[first..end],
                ahead: &order[order.len().min(next)..order.len().min(next + length)],
                work: &mut self.work,
                gradient: &mut gradient,
            };
            slice.compute(self.run.kernel);
        }
    }

    /// The slices of every batch, and of the validation rows, that this thread computes.
    fn own_slices(&self) -> Range<usize> {
        self.id * SLICES / self.run.threads..(self.id + 1) * SLICES / self.run.threads
    }

    /// Takes the step that all slices of a batch ask for; returns their loss.
    fn step(&mut self, rows: usize) -> f64 {
        let set = (self.meetings - 1) % 2;
        let slots = &self.run.slots[set as usize];
        let slots = slots.each_ref().map(|slot| slot.read().unwrap_or_else(PoisonError::into_inner));
        self.steps += 1;
        let scale = 2.0 / (rows * self.scorer.width()) as f64;
        let TrainingOptions { adam, schedule, .. } = self.run.options;
        let adam = Adam { rate: schedule.rate(adam.rate, self.steps, self.run.steps()), ..*adam };
        self.moments.step(
            self.run.kernel,
            &self.run.layout,
            adam,
            self.scorer.parameters_mut(),
            slots.each_ref().map(|slot| &slot.values),
            scale,
        );
        self.work.transpose(&self.run.layout, self.scorer.parameters().lanes());
        slots.iter().map(|slot| slot.loss).sum()
    }

    /// Scores the validation rows; returns their loss, if there are any.
    fn validate(&mut self, epoch: usize) -> Result<Option<f64>, Leave> {
        if self.run.validation.is_empty() {
            return Ok(None);
        }
        let width = self.scorer.width();
        let rows = self.run.validation.len() / width;
        let mut errors = [0.0; VALIDATION_BLOCK];
        for id in self.own_slices() {
            let slice = &self.run.validation[rows * id / SLICES * width..rows * (id + 1) / SLICES * width];
            let mut sum = 0.0;
            for block in slice.chunks(VALIDATION_BLOCK * width) {
                let errors = &mut errors[..block.len() / width];
                self.scorer.errors(block, errors);
                sum += errors.iter().map(|e| f64::from(*e)).sum::<f64>();
            }
            *self.run.validation_sums[id].write().unwrap_or_else(PoisonError::into_inner) = sum;
        }
        self.meet()?;
        let sums = self.run.validation_sums.each_ref();
        let sum: f64 = sums.map(|sum| *sum.read().unwrap_or_else(PoisonError::into_inner)).iter().sum();
        let loss = sum / rows as f64 / self.scorer.error_columns() as f64;
        if loss.is_finite() {
            Ok(Some(loss))
        } else {
            Err(Leave::Failed(diverged(epoch, Part::Validation, loss)))
        }
    }

    /// The slot that a slice of the batch at hand writes to.
    fn slot(&self, slice: usize) -> &'a RwLock<Gradient> {
        &self.run.slots[(self.meetings % 2) as usize][slice]
    }

    /// Waits for all threads; leaves with them if a stop is due.
    fn meet(&mut self) -> Result<(), Leave> {
        let meeting = self.meetings;
        self.meetings += 1;
        self.run.barrier.wait()?;
        // The first thread sets the number before it comes to that meeting, so all threads see the same here.
        if self.run.stop_at.load(Ordering::Relaxed) <= meeting { Err(Leave::Stopped) } else { Ok(()) }
    }
}

impl Run<'_> {
    /// Steps of the whole run if no epoch is spared.
    fn steps(&self) -> u64 {
        let TrainingOptions { batch, remainder, epochs, .. } = *self.options;
        let rows = self.training.len() / self.layout.layers[0].inputs;
        let batches = remainder.rows(rows, batch).div_ceil(batch);
        (batches as u64).saturating_mul(epochs as u64)
    }

    fn widths(&self) -> Vec<usize> {
        let layers = &self.layout.layers;
        let mut widths = vec![layers[0].inputs];
        widths.extend(layers.iter().map(|layer| layer.outputs));
        widths
    }
}

fn diverged(epoch: usize, part: Part, loss: f64) -> TrainError {
    TrainError::Diverged { epoch, part, loss }
}

/// The finished epochs and what follows from them.
struct Progress {
    epochs: Vec<EpochReport>,
    /// The best epoch, from 1; 0 while there is none.
    best: usize,
    patience: Option<usize>,
}

impl Progress {
    fn new(patience: Option<usize>) -> Progress {
        Progress { epochs: Vec::new(), best: 0, patience }
    }

    fn add(&mut self, training_loss: f64, validation_loss: Option<f64>) -> EpochReport {
        let epoch = self.epochs.len() + 1;
        let best = self.best.checked_sub(1).and_then(|best| self.epochs[best].validation_loss);
        let improved = best.zip(validation_loss).is_none_or(|(best, loss)| loss < best);
        if improved {
            self.best = epoch;
        }
        let report = EpochReport { epoch, training_loss, validation_loss, improved };
        self.epochs.push(report);
        report
    }

    /// Whether patience is over: epochs since the best have reached it.
    fn exhausted(&self) -> bool {
        let since = self.epochs.len() - self.best;
        self.patience.is_some_and(|patience| since > 0 && since >= patience)
    }
}
