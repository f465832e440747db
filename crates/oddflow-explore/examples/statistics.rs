//! Prints the statistics of conn logs as JSON: `cargo run --release -p oddflow-explore --example statistics -- LOGS...`

use std::ops::ControlFlow;

use oddflow_explore::{Exploration, Health, Options, Partial, ReadProblem};
use zeek_log::{Part, Planned, Position, Problems, ReadOptions, find_logs, read_parallel};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let read_options = ReadOptions::default();
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let mut options = Options::default();
    if arguments.first().is_some_and(|first| first == "--host") {
        let host = arguments.drain(..2).next_back();
        options.host = Some(host.ok_or("an address")?.to_str().ok_or("an address")?.parse()?);
    }
    let mut plan = Vec::new();
    for log in find_logs(&arguments, "conn")? {
        plan.push(Planned { head: log.conn_head(&read_options)?, log, from: Position::default() });
    }
    let work = |chunk: &zeek_log::Chunk| {
        let mut partial = Partial::default();
        let report = chunk.conn_rows(&read_options, |record, _| {
            partial.add(record);
            ControlFlow::Continue(())
        });
        (partial.settled(), report)
    };
    let mut exploration = Exploration::new(&options);
    let mut problems = Problems::default();
    let threads = std::thread::available_parallelism()?.get();
    read_parallel(&plan, &read_options, threads, work, |_, read| {
        if let Ok(Part { value: (partial, report), .. }) = read {
            problems.merge(&report.problems);
            exploration.merge(partial);
        }
        ControlFlow::Continue(())
    });
    let found = problems.sorted().into_iter();
    let problems = found.map(|one| ReadProblem { kind: one.kind.name().into(), count: one.count }).collect();
    let health = Health { files: plan.len() as u64, problems, ..Health::default() };
    serde_json::to_writer(std::io::stdout().lock(), &exploration.finish(&health))?;
    Ok(())
}
