//! What all traffic comes to, read from the hourly rollups: totals, series, rankings, distributions, correlations and channels.
//!
//! Times are ends of connections, in seconds since 1970, UTC. A period is cut at full half hours: it begins with the half hour that
//! `from` lies in and ends before the one that begins at or after `to`. Distributions and ports are those of the hours that it
//! touches; distinct peers and correlations those of the days that it touches.
//!
//! **Whose rows.** A row is counted by each model that reads it in its turn. A query takes the rows of the models that are or were
//! active, which are different rows; where no model ever was, those of the model that read last of each sensor. [`TrafficQuery::model`]
//! asks for one by name. A model on trial counts nothing.
//!
//! **Which hosts.** Each local host of a connection has its row counted, so one between two local hosts is counted for both; all totals
//! count it once. Hosts beyond [`oddflow_rollups::MOST_HOSTS`] a day are counted together.

mod answers;
mod channels;
mod period;
mod rankings;
mod series;
mod sources;

pub use answers::{
    Channel, ChannelQuery, ChannelSort, Channels, Correlation, Distribution, HostSort, HostTraffic,
    HostsTraffic, PortTraffic, ServiceTraffic, Traffic, TrafficExtent, TrafficPoint, TrafficQuery,
    TrafficTotals,
};

use crate::error::StoreError;
use crate::store::Store;
use sources::sources;

impl Store {
    /// From when to when there is traffic; `None` where there is none. Of the query only sensor and model matter.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_extent(&self, query: &TrafficQuery) -> Result<Option<TrafficExtent>, StoreError> {
        let mut extent: Option<TrafficExtent> = None;
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self.connection.prepare_cached(
                "SELECT min(day), coalesce(sum(rows), 0) FROM traffic_day
                WHERE source_id = ?1 AND service_id = 0 AND host_id = 0",
            )?;
            for source in sources(&self.connection, (query.model.as_deref(), query.sensor.as_deref()))? {
                let (day, rows): (Option<i64>, u64) =
                    select.query_row([source.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let Some(since) = day.map(|day| series::start(day) as f64) else { continue };
                let known = extent.unwrap_or(TrafficExtent { since, newest: source.newest, rows: 0 });
                extent = Some(TrafficExtent {
                    since: known.since.min(since),
                    newest: known.newest.max(source.newest),
                    rows: known.rows + rows,
                });
            }
            Ok(())
        };
        read().map_err(|e| self.error(e))?;
        Ok(extent)
    }
}

/// What was counted can't be read.
fn damaged() -> rusqlite::Error {
    let reason = "what was counted of a day's traffic can't be read";
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, reason.into())
}
