//! An alarm as bytes, so that a run can stop and go on: little-endian numbers one after the other.

use std::collections::VecDeque;

use oddflow_features::behaviour::TrafficClass;

use super::budget::{Alarm, Budget, Candidate, Open, Raised};
use super::families::Family;
use super::floods::MANY;
use super::incidents::{Group, Key};

/// Version of the layout, and the one before, which had no floods.
const FORMAT: u32 = 2;
const WITHOUT_FLOODS: u32 = 1;

/// Bytes that are no alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved incidents are damaged or of another version")]
pub struct BadAlarm;

impl Alarm {
    /// The alarm as bytes; the same alarm gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let put = &mut out;
        put.extend(FORMAT.to_le_bytes());
        put.extend(self.next.to_le_bytes());
        put.extend(self.day.to_le_bytes());
        put.extend(self.raised_today.to_le_bytes());
        put.extend(self.swept.to_le_bytes());
        put.extend(self.now.to_le_bytes());
        put.extend((self.candidates.len() as u64).to_le_bytes());
        for Candidate { group, since, score } in &self.candidates {
            put.extend(group.to_le_bytes());
            put.extend(since.to_le_bytes());
            put.extend(score.to_le_bytes());
        }
        let mut open: Vec<&Open> = self.open.values().collect();
        open.sort_unstable_by_key(|open| open.group.number);
        put.extend((open.len() as u64).to_le_bytes());
        for Open { group, raised } in open {
            put.extend(group.number.to_le_bytes());
            put.extend(group.key.host.to_le_bytes());
            put.push(group.key.family as u8);
            put.push(group.key.class.index() as u8);
            put.push(match raised {
                None => 0,
                Some(Raised::Within) => 1,
                Some(Raised::OverBudget) => 2,
            });
            put.extend(group.first.to_le_bytes());
            put.extend(group.last.to_le_bytes());
            put.extend(group.rows.to_le_bytes());
            put.push(group.top.len() as u8);
            for (score, number) in &group.top {
                put.extend(score.to_le_bytes());
                put.extend(number.to_le_bytes());
            }
            let mut near: Vec<f32> = group.near().collect();
            near.sort_unstable_by(f32::total_cmp);
            put.extend((near.len() as u32).to_le_bytes());
            near.iter().for_each(|score| put.extend(score.to_le_bytes()));
        }
        let times = self.floods.times();
        put.extend((times.len() as u64).to_le_bytes());
        for (family, class, times) in times {
            put.push(family as u8);
            put.push(class as u8);
            put.push(times.len() as u8);
            times.iter().for_each(|time| put.extend(time.to_le_bytes()));
        }
        out
    }

    /// The alarm that [`to_bytes`](Self::to_bytes) wrote, with a budget that may be another one.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn from_bytes(bytes: &[u8], budget: Budget) -> Result<Self, BadAlarm> {
        let mut from = From(bytes);
        let format = u32::from_le_bytes(from.take()?);
        if ![FORMAT, WITHOUT_FLOODS].contains(&format) {
            return Err(BadAlarm);
        }
        let mut alarm = Self::new(budget);
        alarm.next = from.u64()?;
        alarm.day = i64::from_le_bytes(from.take()?);
        alarm.raised_today = from.u64()?;
        alarm.swept = from.f64()?;
        alarm.now = from.f64()?;
        for _ in 0..from.u64()? {
            alarm.candidates.push(Candidate { group: from.u64()?, since: from.f64()?, score: from.f32()? });
        }
        for _ in 0..from.u64()? {
            let (number, host) = (from.u64()?, from.u64()?);
            let (family, class) = from.kind()?;
            let raised = match from.u8()? {
                0 => None,
                1 => Some(Raised::Within),
                2 => Some(Raised::OverBudget),
                _ => return Err(BadAlarm),
            };
            let key = Key { host, family, class };
            let mut group = Group::new(number, key, from.f64()?);
            group.last = from.f64()?;
            group.rows = from.u64()?;
            for _ in 0..from.u8()? {
                group.top.push((from.f32()?, from.u64()?));
            }
            let near =
                (0..u32::from_le_bytes(from.take()?)).map(|_| from.f32()).collect::<Result<Vec<_>, _>>()?;
            group.set_near(near);
            alarm.open.insert(key, Open { group, raised });
        }
        if format != WITHOUT_FLOODS {
            for _ in 0..from.u64()? {
                let (family, class) = from.kind()?;
                let times = (0..from.u8()?).map(|_| from.f64()).collect::<Result<VecDeque<_>, _>>()?;
                if times.len() > MANY {
                    return Err(BadAlarm);
                }
                alarm.floods.put(family, class, times);
            }
        }
        if from.0.is_empty() { Ok(alarm) } else { Err(BadAlarm) }
    }
}

/// Bytes that are still to be read.
struct From<'a>(&'a [u8]);

impl From<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadAlarm> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(BadAlarm)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn u8(&mut self) -> Result<u8, BadAlarm> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn kind(&mut self) -> Result<(Family, TrafficClass), BadAlarm> {
        let family = *Family::ALL.get(usize::from(self.u8()?)).ok_or(BadAlarm)?;
        Ok((family, TrafficClass::from_index(usize::from(self.u8()?)).ok_or(BadAlarm)?))
    }

    fn u64(&mut self) -> Result<u64, BadAlarm> {
        self.take().map(u64::from_le_bytes)
    }

    fn f64(&mut self) -> Result<f64, BadAlarm> {
        self.take().map(f64::from_le_bytes)
    }

    fn f32(&mut self) -> Result<f32, BadAlarm> {
        self.take().map(f32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn budget() -> Budget {
        Budget { per_day: 3.0, threshold: 4.0 }
    }

    proptest! {
        #[test]
        fn an_alarm_goes_on_as_if_it_had_not_stopped(
            rows in prop::collection::vec((0_u64..4, 0_usize..6, 0_u8..60, 0_u32..4), 1..200),
            stop: prop::sample::Index,
        ) {
            let stop = stop.index(rows.len());
            let (mut whole, mut parts) = (Alarm::new(budget()), Alarm::new(budget()));
            let mut end = 0.0;
            for (number, (host, family, score, hours)) in (0..).zip(rows) {
                if number as usize == stop {
                    parts = Alarm::from_bytes(&parts.to_bytes(), budget()).unwrap();
                }
                end += f64::from(hours) * 3600.0;
                let class = TrafficClass::from_index(0).unwrap();
                let key = Key { host, family: Family::ALL[family], class };
                let score = f32::from(score) / 6.0;
                prop_assert_eq!(whole.add(number, end, key, score), parts.add(number, end, key, score));
            }
            prop_assert_eq!(whole.to_bytes(), parts.to_bytes());
        }

        #[test]
        fn a_flood_that_was_cut_goes_on_as_one(stop in 0_u64..400, classes in 1_usize..3) {
            let (mut whole, mut parts) = (Alarm::new(budget()), Alarm::new(budget()));
            for number in 0..400 {
                if number == stop {
                    parts = Alarm::from_bytes(&parts.to_bytes(), budget()).unwrap();
                }
                let class = TrafficClass::from_index(number as usize % classes).unwrap();
                let key = Key { host: number % 150, family: Family::Fan, class };
                let row = (number, number as f64 * 15.0, key, 5.0 + (number % 7) as f32);
                let placed = whole.add(row.0, row.1, row.2, row.3);
                prop_assert_eq!(placed, parts.add(row.0, row.1, row.2, row.3));
            }
            prop_assert_eq!(whole.to_bytes(), parts.to_bytes());
            prop_assert!(whole.open.keys().any(Key::is_of_many));
        }

        #[test]
        fn the_cap_of_a_day_is_hard(rows in prop::collection::vec((0_u64..40, 0_u8..60, 0_u32..3), 1..300)) {
            let mut alarm = Alarm::new(budget());
            let mut by_day = std::collections::BTreeMap::<i64, u64>::new();
            let mut end = 0.0;
            for (number, (host, score, hours)) in (0..).zip(rows) {
                end += f64::from(hours) * 3600.0;
                let class = TrafficClass::from_index(0).unwrap();
                let key = Key { host, family: Family::Fan, class };
                let placed = alarm.add(number, end, key, f32::from(score) / 6.0);
                if placed.is_new && placed.raised == Some(Raised::Within) {
                    *by_day.entry((end / 86_400.0) as i64).or_default() += 1;
                }
            }
            prop_assert!(by_day.values().all(|raised| *raised <= 3), "{by_day:?}");
        }
    }
}
