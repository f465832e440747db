//! Speed of scoring and of a training epoch, on the `classic` recipe's 55-32-16-32-55.
//!
//! `cargo bench -p oddflow-autoencoder`. Rows a second are printed as elements a second. Scoring is measured on one core
//! with rows in the cache and with rows from memory; an epoch has 870,114 rows in batches of 512, shuffled, without
//! validation.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oddflow_autoencoder::{Event, Network, TrainingOptions, train};

const WIDTHS: [usize; 5] = [55, 32, 16, 32, 55];
const ROWS: usize = 870_114;

/// Values between -1 and 1 in no simple order.
fn matrix(rows: usize) -> Vec<f32> {
    (0..rows * WIDTHS[0]).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect()
}

fn scoring(criterion: &mut Criterion) {
    let network = Network::glorot(&WIDTHS, 1).expect("widths of an autoencoder");
    let scorer = network.scorer();
    let rows = matrix(ROWS);
    let mut group = criterion.benchmark_group(format!("errors {}", oddflow_autoencoder::instruction_set()));
    for (name, count) in [("in cache", 1024), ("from memory", ROWS)] {
        let mut errors = vec![0.0; count];
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| scorer.errors(black_box(&rows[..count * WIDTHS[0]]), &mut errors));
        });
    }
    group.finish();
}

fn epoch(criterion: &mut Criterion) {
    let network = Network::glorot(&WIDTHS, 1).expect("widths of an autoencoder");
    let rows = matrix(ROWS);
    let mut group = criterion.benchmark_group("epoch");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    for threads in [1, 2] {
        group.bench_function(format!("threads {threads}"), |bencher| {
            bencher.iter_custom(|epochs| epochs_take(&network, &rows, threads, epochs));
        });
    }
    group.finish();
}

/// The time of so many epochs, after a first one that warms up.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn epochs_take(network: &Network, rows: &[f32], threads: usize, epochs: u64) -> Duration {
    let options = TrainingOptions {
        epochs: epochs as usize + 1,
        patience: None,
        threads,
        ..TrainingOptions::default()
    };
    let mut begin = Instant::now();
    let mut end = begin;
    train(network, rows, &rows[..WIDTHS[0]], &options, &mut |event| {
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
