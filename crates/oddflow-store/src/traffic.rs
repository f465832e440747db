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

pub use answers::{
    Channel, ChannelQuery, ChannelSort, Channels, Correlation, Distribution, HostSort, HostTraffic,
    HostsTraffic, PortTraffic, ServiceTraffic, Traffic, TrafficExtent, TrafficPoint, TrafficQuery,
    TrafficTotals,
};

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// From when to when there is traffic; `None` where there is none. Of the query only sensor and model matter.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_extent(&self, _query: &TrafficQuery) -> Result<Option<TrafficExtent>, StoreError> {
        Ok(None)
    }

    /// Totals, series, hours of the week, at most `ports` responder ports, and distributions. `step` is in seconds; it is rounded up
    /// to whole half hours.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic(&self, _query: &TrafficQuery, _step: u32, _ports: usize) -> Result<Traffic, StoreError> {
        Ok(Traffic::default())
    }

    /// Services, the busiest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_services(
        &self,
        _query: &TrafficQuery,
        _limit: usize,
    ) -> Result<Vec<ServiceTraffic>, StoreError> {
        Ok(Vec::new())
    }

    /// Local hosts: `limit` of them behind the first `skip`.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_hosts(
        &self,
        _query: &TrafficQuery,
        _sort: HostSort,
        (_skip, _limit): (usize, usize),
    ) -> Result<HostsTraffic, StoreError> {
        Ok(HostsTraffic::default())
    }

    /// How much the numeric columns go together, of the days that the period touches; `None` where there are no rows with all of them set. The
    /// query's host doesn't matter: it is counted by service.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_correlation(&self, _query: &TrafficQuery) -> Result<Option<Correlation>, StoreError> {
        Ok(None)
    }

    /// The channels of a local host.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_channels(&self, _query: &ChannelQuery) -> Result<Channels, StoreError> {
        Ok(Channels::default())
    }
}
