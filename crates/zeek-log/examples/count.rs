//! Reads conn logs and prints how many rows they hold: `cargo run --release -p zeek-log --example count -- LOGS...`

use std::ops::ControlFlow;

use zeek_log::{Part, Planned, Position, ReadOptions, find_logs, read_parallel};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = ReadOptions::default();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let mut plan = Vec::new();
    for log in find_logs(&arguments, "conn")? {
        plan.push(Planned { head: log.conn_head(&options)?, log, from: Position::default() });
    }
    let (mut rows, mut bytes, mut unreadable) = (0, 0, 0);
    let threads = std::thread::available_parallelism()?.get();
    let work = |chunk: &zeek_log::Chunk| {
        let mut sent = 0;
        let report = chunk.conn_rows(&options, |record, _| {
            sent += record.orig_bytes.unwrap_or(0);
            ControlFlow::Continue(())
        });
        (report, sent)
    };
    read_parallel(&plan, &options, threads, work, |_, read| {
        if let Ok(Part { value: (report, sent), .. }) = read {
            rows += report.rows;
            unreadable += report.problems.total();
            bytes += sent;
        }
        ControlFlow::Continue(())
    });
    #[allow(clippy::print_stdout, reason = "an example prints")]
    {
        println!("{rows} rows, {unreadable} unreadable, {bytes} bytes sent");
    }
    Ok(())
}
