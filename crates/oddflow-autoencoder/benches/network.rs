//! Speed of scoring and of a training epoch: the `classic` recipe's 55-32-16-32-55 by squared error, the `behaviour` recipe's
//! 155-48-12-48-155 by the mixed loss.
//!
//! `cargo bench -p oddflow-autoencoder`. Rows a second are printed as elements a second. Scoring is measured on one core
//! with rows in the cache and with rows from memory. An epoch goes through shuffled rows without looking at validation
//! rows: 870,114 in batches of 512, and 40,000 in batches of 256.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oddflow_autoencoder::{Event, Loss, Network, TrainingOptions, train};

/// A network and what it is measured with.
struct Case {
    name: &'static str,
    widths: [usize; 5],
    loss: Loss,
    /// Rows scored from memory.
    rows: usize,
    /// Rows of an epoch, and of a batch.
    epoch: (usize, usize),
}

const CASES: [Case; 2] = [
    Case {
        name: "classic",
        widths: [55, 32, 16, 32, 55],
        loss: Loss::Squared,
        rows: 870_114,
        epoch: (870_114, 512),
    },
    Case {
        name: "behaviour",
        widths: [155, 48, 12, 48, 155],
        loss: Loss::Mixed { numeric: 51, clip: 3.0 },
        rows: 300_000,
        epoch: (40_000, 256),
    },
];

impl Case {
    fn network(&self) -> Network {
        Network::he(&self.widths, 1, 0.3).expect("widths of an autoencoder")
    }

    /// Numbers between -1 and 1, and tokens of which one in seven is set, in no simple order.
    fn matrix(&self, rows: usize) -> Vec<f32> {
        let numeric = match self.loss {
            Loss::Squared => self.widths[0],
            Loss::Mixed { numeric, .. } => numeric,
        };
        let value = |i: usize| {
            let mixed = (i as u32).wrapping_mul(0x9E37_79B9).rotate_left(15).wrapping_mul(0x85EB_CA6B) >> 16;
            if i % self.widths[0] < numeric {
                mixed as f32 / 32768.0 - 1.0
            } else {
                f32::from(mixed.is_multiple_of(7))
            }
        };
        (0..rows * self.widths[0]).map(value).collect()
    }
}

fn scoring(criterion: &mut Criterion) {
    for case in CASES {
        let (scorer, width) = (case.network().scorer_with(case.loss), case.widths[0]);
        let rows = case.matrix(case.rows);
        let name = format!("{} errors {}", case.name, oddflow_autoencoder::instruction_set());
        let mut group = criterion.benchmark_group(name);
        for (name, count) in [("in cache", 1024), ("from memory", case.rows)] {
            let mut errors = vec![0.0; count];
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(name, |bencher| {
                bencher.iter(|| scorer.errors(black_box(&rows[..count * width]), &mut errors));
            });
        }
        group.finish();
    }
}

fn epoch(criterion: &mut Criterion) {
    for case in CASES {
        let rows = case.matrix(case.epoch.0);
        let mut group = criterion.benchmark_group(format!("{} epoch", case.name));
        group.sample_size(10).throughput(Throughput::Elements(case.epoch.0 as u64));
        for threads in [1, 2] {
            group.bench_function(format!("threads {threads}"), |bencher| {
                bencher.iter_custom(|epochs| epochs_take(&case, &rows, threads, epochs));
            });
        }
        group.finish();
    }
}

/// The time of so many epochs, after a first one that warms up.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn epochs_take(case: &Case, rows: &[f32], threads: usize, epochs: u64) -> Duration {
    let options = TrainingOptions {
        batch: case.epoch.1,
        epochs: epochs as usize + 1,
        patience: None,
        loss: case.loss,
        threads,
        ..TrainingOptions::default()
    };
    let mut begin = Instant::now();
    let mut end = begin;
    train(&case.network(), rows, &[], &options, &mut |event| {
        if let Event::Epoch(report) = event {
            end = Instant::now();
            if report.epoch == 1 {
                begin = end;
            }
        }
        ControlFlow::Continue(())
    })
    .expect("finite rows");
    end - begin
}

criterion_group!(benches, scoring, epoch);
criterion_main!(benches);
