//! `oddflow explore`: see a network in its logs.

use oddflow_detector::Model;
use oddflow_explore::{Network, Options};
use oddflow_features::behaviour::Network as LocalNetwork;
use oddflow_store::Store;

use crate::arguments::{ExploreArguments, Moment};
use crate::exploration::{self, Asked, Choice, Subject, draw, explore, find_alerts, summary};
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt;
use crate::output::{Output, note};

pub(crate) fn run(arguments: &ExploreArguments) -> Result<(), Failure> {
    let on_clock = |moment: Moment| moment.on(&arguments.tz);
    let (from, to) = (arguments.from.map(on_clock), arguments.to.map(on_clock));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Failure::usage(
            "--from is not before --to",
            "Give a time in --to that lies after --from.",
        ));
    }
    let companions = &arguments.companions;
    if arguments.model.is_none() && (companions.conn_only || !companions.with.is_empty()) {
        return Err(Failure::usage(
            "--with and --conn-only say what a model reads beside conn logs, and there is no model",
            "Name one with -m FILE, or leave them out.",
        ));
    }
    let subject = arguments.model.as_deref().map(Model::read).transpose()?.map(Subject::from);
    let store = arguments.db.as_deref().map(Store::open_read_only).transpose()?;
    let input = Input::find(&arguments.input, false)?;
    if let Some(folder) = &arguments.output {
        exploration::make(folder)?;
    }
    interrupt::listen();
    let options = Options {
        zone: arguments.tz.clone(),
        host: arguments.host,
        top: usize::from(arguments.top),
        local: arguments.local_net.iter().filter_map(network).collect(),
    };
    let threads = input.threads;
    let asked =
        Asked { options: &options, from, to, subject: subject.as_ref(), companions, only: None, watch: None };
    let mut explored = explore(input, &asked)?;
    explored.problems.tell();
    if let (Some(store), Some(scores)) = (&store, &mut explored.statistics.scores) {
        find_alerts(store, scores)?;
    }
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

/// A network as `oddflow-explore` knows it: it knows nothing of features.
fn network(named: &LocalNetwork) -> Option<Network> {
    let text = named.to_string();
    let (address, length) = text.split_once('/')?;
    Some(Network { address: address.parse().ok()?, length: length.parse().ok()? })
}
