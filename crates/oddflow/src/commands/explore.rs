//! `oddflow explore`: see a network in its logs.

use oddflow_explore::Options;

use crate::arguments::ExploreArguments;
use crate::exploration::{self, Choice, draw, explore, summary};
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt;
use crate::output::{Output, note};

pub(crate) fn run(arguments: &ExploreArguments) -> Result<(), Failure> {
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from >= to
    {
        return Err(Failure::usage(
            "--from is not before --to",
            "Give a time in --to that lies after --from.",
        ));
    }
    let input = Input::find(&arguments.input, false)?;
    if let Some(folder) = &arguments.output {
        exploration::make(folder)?;
    }
    interrupt::listen();
    let options =
        Options { zone: arguments.tz.clone(), host: arguments.host, top: usize::from(arguments.top) };
    let threads = input.threads;
    let explored = explore(input, &options, (arguments.from, arguments.to))?;
    explored.problems.tell();
    let statistics = &explored.statistics;
    if let Some(host) = statistics.host.as_ref().filter(|host| host.rows == 0) {
        note(format_args!("{} is part of no connection here", host.address));
    }
    let mut output = Output::stdout();
    if arguments.json {
        output.with(|writer| {
            serde_json::to_writer(&mut *writer, statistics)?;
            writeln!(writer)
        })?;
    } else if arguments.output.is_none() {
        summary(statistics, &mut output)?;
        note("-o DIR writes a report with figures");
    }
    if let Some(folder) = &arguments.output {
        let drawn = draw(statistics, Choice { pies: arguments.pies });
        let report = exploration::write(folder, statistics, &drawn, threads)?;
        note(format_args!("report   {}", report.display()));
    }
    output.finish()?;
    explored.problems.check()
}
