//! A period's totals, series, hours of the week, ports and distributions, and its correlations.

use std::collections::{BTreeMap, HashMap};

use oddflow_rollups::{BINS, COLUMNS, Counts, HALF, HOUR, Hour, Moments, NUMERIC, PortKey, edges};
use rusqlite::params;

use super::answers::{
    Correlation, Distribution, PortTraffic, Traffic, TrafficPoint, TrafficQuery, TrafficTotals,
};
use super::damaged;
use super::period::Part;
use super::sources::Chosen;
use crate::error::StoreError;
use crate::rollups::ALL;
use crate::store::Store;

/// Seconds of a day.
const DAY: i64 = 24 * HOUR;

/// What a pass over the hours adds up to.
struct Sums {
    step: i64,
    series: BTreeMap<i64, Counts>,
    hour_of_week: [[u64; 24]; 7],
    ports: HashMap<PortKey, [u64; 3]>,
    other_ports: [u64; 3],
    bins: [u64; COLUMNS * BINS],
    /// Beginning of the first half hour, and end of the last one.
    span: Option<(i64, i64)>,
}

impl Sums {
    fn add(&mut self, part: Part, hour: &Hour) {
        let mut is_touched = false;
        // The first of January 1970 was a Thursday.
        let weekday = (part.day + 3).rem_euclid(7) as usize;
        for (half, counts) in hour.halves.iter().enumerate() {
            let Some(time) = part.time(hour.number, half) else { continue };
            is_touched = true;
            if counts.rows == 0 {
                continue;
            }
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time + HALF)));
            self.series.entry(time.div_euclid(self.step) * self.step).or_default().merge(counts);
            self.hour_of_week[weekday][usize::from(hour.number)] += counts.rows;
        }
        if is_touched {
            for port in hour.ports.counts() {
                add(self.ports.entry(port.key).or_default(), [port.rows, port.failures, port.bytes]);
            }
            add(&mut self.other_ports, hour.ports.others());
            hour.shape.add_to(&mut self.bins);
        }
    }

    fn ports(&self, most: usize) -> Vec<PortTraffic> {
        let mut ranked: Vec<(&PortKey, &[u64; 3])> = self.ports.iter().collect();
        ranked.sort_unstable_by(|a, b| b.1[0].cmp(&a.1[0]).then(a.0.cmp(b.0)));
        let mut others = self.other_ports;
        ranked.iter().skip(most).for_each(|(_, figures)| add(&mut others, **figures));
        let port = |(key, [rows, failures, bytes]): (&PortKey, &[u64; 3])| PortTraffic {
            port: Some(key.port),
            proto: if key.is_udp { "udp" } else { "tcp" }.to_owned(),
            rows: *rows,
            bytes: *bytes,
            failures: *failures,
        };
        let mut ports: Vec<PortTraffic> = ranked.into_iter().take(most).map(port).collect();
        let [rows, failures, bytes] = others;
        if rows > 0 {
            ports.push(PortTraffic { port: None, proto: String::new(), rows, bytes, failures });
        }
        ports
    }

    fn distributions(&self) -> Vec<Distribution> {
        let distribution = |(column, counts): (usize, &[u64])| {
            // Up to the last bin that was met.
            let length = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
            Distribution {
                column: NUMERIC[column].name,
                unit: NUMERIC[column].unit,
                edges: if length == 0 { Vec::new() } else { edges(column)[..=length].to_vec() },
                counts: counts[..length].to_vec(),
            }
        };
        self.bins.chunks(BINS).enumerate().map(distribution).collect()
    }
}

fn add(mine: &mut [u64; 3], others: [u64; 3]) {
    mine.iter_mut().zip(others).for_each(|(mine, other)| *mine = mine.saturating_add(other));
}

impl From<Counts> for TrafficTotals {
    fn from(counts: Counts) -> Self {
        let Counts { rows, failures, orig_bytes, resp_bytes, peak } = counts;
        Self { rows, orig_bytes, resp_bytes, failures, peak: f64::from(peak) }
    }
}

impl Store {
    /// Totals, series, hours of the week, at most `ports` responder ports, and distributions. `step` is in seconds; it is rounded up
    /// to whole half hours.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic(&self, query: &TrafficQuery, step: u32, ports: usize) -> Result<Traffic, StoreError> {
        let step = (i64::from(step).max(1) as u64).div_ceil(HALF as u64) as i64 * HALF;
        let mut sums = Sums {
            step,
            series: BTreeMap::new(),
            hour_of_week: [[0; 24]; 7],
            ports: HashMap::new(),
            other_ports: [0; 3],
            bins: [0; COLUMNS * BINS],
            span: None,
        };
        let mut read = || -> rusqlite::Result<(Option<i64>, Option<i64>)> {
            let chosen = Chosen::of(&self.connection, query)?;
            let mut select = self.connection.prepare_cached(
                "SELECT h.hours FROM traffic_day d JOIN traffic_hours h ON h.id = d.hours_id
                WHERE d.source_id = ?1 AND d.day = ?2 AND d.service_id = ?3 AND d.host_id = ?4",
            )?;
            for source in &chosen.sources {
                for day in chosen.days(&self.connection, source.id)? {
                    let part = chosen.period.part(day);
                    for (service, host) in chosen
                        .services
                        .iter()
                        .flat_map(|service| chosen.hosts.iter().map(move |host| (service, host)))
                    {
                        let mut rows = select.query(params![source.id, day, service, host])?;
                        let Some(row) = rows.next()? else { continue };
                        let hours =
                            oddflow_rollups::decode_hours(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?;
                        hours.iter().for_each(|hour| sums.add(part, hour));
                    }
                }
            }
            Ok(chosen.period.bounds())
        };
        let bounds = read().map_err(|e| self.error(e))?;
        let span = sums.span.unwrap_or_default();
        let mut totals = Counts::default();
        sums.series.values().for_each(|counts| totals.merge(counts));
        let point =
            |(time, counts): (&i64, &Counts)| TrafficPoint { time: *time as f64, totals: (*counts).into() };
        Ok(Traffic {
            from: bounds.0.unwrap_or(span.0) as f64,
            to: bounds.1.unwrap_or(span.1) as f64,
            step: step as u32,
            totals: totals.into(),
            series: sums.series.iter().map(point).collect(),
            hour_of_week: sums.hour_of_week,
            ports: sums.ports(ports),
            distributions: sums.distributions(),
        })
    }

    /// How much the numeric columns go together, of the days that the period touches; `None` where there are no rows with all of them set. The
    /// query's host doesn't matter: it is counted by service.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_correlation(&self, query: &TrafficQuery) -> Result<Option<Correlation>, StoreError> {
        let mut moments = Moments::default();
        let mut read = || -> rusqlite::Result<()> {
            let chosen = Chosen::of(&self.connection, &TrafficQuery { host: None, ..query.clone() })?;
            let mut select = self.connection.prepare_cached(
                "SELECT h.moments FROM traffic_day d JOIN traffic_hours h ON h.id = d.hours_id
                WHERE d.source_id = ?1 AND d.day = ?2 AND d.service_id = ?3 AND d.host_id = ?4",
            )?;
            for source in &chosen.sources {
                for day in chosen.days(&self.connection, source.id)? {
                    for service in &chosen.services {
                        let mut rows = select.query(params![source.id, day, service, ALL])?;
                        let Some(row) = rows.next()? else { continue };
                        moments.merge(&Moments::decode(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?);
                    }
                }
            }
            Ok(())
        };
        read().map_err(|e| self.error(e))?;
        let values = || moments.correlations().iter().map(|row| row.to_vec()).collect();
        Ok((moments.rows() > 0).then(|| Correlation {
            columns: NUMERIC.iter().map(|column| column.name).collect(),
            values: values(),
            rows: moments.rows(),
        }))
    }
}

/// The beginning of a day, in seconds since 1970.
pub(super) fn start(day: i64) -> i64 {
    day.saturating_mul(DAY)
}
