//! New incidents, told in the service's own log.

use oddflow_store::{IncidentQuery, IncidentSort, IncidentState, Store, StoreError};
use tracing::info;

/// Tells of the last `count` incidents of a sensor that were raised.
pub(super) fn tell(store: &Store, (model, sensor): (&str, &str), count: u64) -> Result<(), StoreError> {
    let query = IncidentQuery {
        state: Some(IncidentState::Raised),
        suppressed: Some(false),
        model: Some(model.into()),
        sensor: Some(sensor.into()),
        sort: IncidentSort::Newest,
        limit: Some(count),
        ..IncidentQuery::default()
    };
    for incident in store.incidents(&query)?.iter().rev() {
        info!(
            incident = incident.id,
            severity = incident.severity.name(),
            host = incident.host,
            sensor = (!sensor.is_empty()).then_some(sensor),
            "{}",
            incident.title
        );
    }
    Ok(())
}
