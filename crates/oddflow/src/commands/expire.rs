//! `oddflow incidents expire`: what is old goes.

use oddflow_store::Expired;

use super::suppress::{now, open};
use crate::arguments::ExpireArguments;
use crate::failure::Failure;
use crate::output::note;
use crate::retention::{self, STEP};
use crate::text::{counted, time};

pub(super) fn expire(arguments: &ExpireArguments) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    // A row of a clock that ran wild must not make everything old.
    let Some(newest) = store.newest_row()?.map(|newest| newest.min(now())) else {
        note("nothing was read into this database");
        return Ok(());
    };
    let before = retention::before(newest, arguments.days);
    let mut all = Expired::default();
    loop {
        let step = store.expire(before, STEP)?;
        add(&mut all, &step);
        if step.is_done {
            break;
        }
    }
    if let Some(days) = arguments.log_days {
        // Where else they may lie only the service knows, which follows them.
        let lies = &mut retention::is_there;
        retention::expire_logs(&mut store, retention::before(newest, days), usize::MAX, lies)?
            .iter()
            .for_each(|step| add(&mut all, step));
    }
    let mut given = 0;
    loop {
        match retention::shrink(&mut store)? {
            0 => break,
            bytes => given += bytes,
        }
    }
    note(format_args!(
        "{} and {} of before {} UTC removed, {} of notices, {}, {}, {} forgotten",
        counted(all.incidents, "incident"),
        counted(all.alerts, "alert"),
        time(before),
        counted(all.notices, "dead letter"),
        counted(all.traffic, "rollup"),
        counted(all.channels, "channel"),
        counted(all.logs, "log")
    ));
    note(format_args!("{} given back", counted(given / (1 << 10), "kibibyte")));
    Ok(())
}

fn add(all: &mut Expired, step: &Expired) {
    all.incidents += step.incidents;
    all.alerts += step.alerts;
    all.notices += step.notices;
    all.days += step.days;
    all.traffic += step.traffic;
    all.channels += step.channels;
    all.logs += step.logs;
}
