//! Which of the highest rows are alerts of a database, and so can be looked at there.

use std::ops::ControlFlow;

use oddflow_explore::Scores;
use oddflow_store::{AlertQuery, Network, Store, StoreError};

/// Enters the numbers of the alerts and incidents that a database has for the highest rows.
pub(crate) fn find_alerts(store: &Store, scores: &mut Scores) -> Result<(), StoreError> {
    scores.database = Some(store.file().into());
    for row in &mut scores.highest {
        let query = AlertQuery {
            from: Some(row.ts),
            to: Some(row.ts.next_up()),
            host: Some(Network::host(row.orig_h)),
            model: Some(scores.model.clone()),
            ..AlertQuery::default()
        };
        store.alerts(&query, &mut |alert| {
            // A log may lie elsewhere by now; a row keeps its line.
            let is_it = alert.uid == row.uid && alert.line == row.line && alert.resp_p == Some(row.resp_p);
            if !is_it {
                return ControlFlow::Continue(());
            }
            row.alert = Some(alert.id);
            row.incident = alert.incident;
            ControlFlow::Break(())
        })?;
    }
    Ok(())
}
