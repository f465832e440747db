//! Incidents for detectors that know no kinds of behaviour: rows of the same local host, direction and transport within 24
//! hours of the first. The score of an incident is that of its highest row, and nothing for how many there are.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::SimpleRow;
use crate::figures::{DAY, Incident};

/// Rows that an incident shows.
const TOP: usize = 3;

/// Groups rows, given in any order with the score of each; the incidents come in the order of their first rows. Of equal
/// scores the earlier row is shown. An incident is raised at the end of its first row above the threshold; without a
/// threshold none is.
///
/// # Panics
/// When there are fewer scores than rows.
#[must_use]
pub fn group(rows: &[SimpleRow], scores: &[f64], threshold: Option<f64>) -> Vec<Incident> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| rows[a].end.total_cmp(&rows[b].end));
    // For each key the incident that is open, and when it began.
    let mut open: HashMap<(IpAddr, u8), (usize, f64), FixedState> = HashMap::default();
    let mut incidents: Vec<Incident> = Vec::new();
    for i in order {
        let row = &rows[i];
        let (current, began) =
            open.entry((row.local_host, row.class)).or_insert((usize::MAX, f64::NEG_INFINITY));
        if row.end - *began > DAY {
            (*current, *began) = (incidents.len(), row.end);
            incidents.push(Incident { score: f64::NEG_INFINITY, top: Vec::new(), raised: None });
        }
        let incident = &mut incidents[*current];
        let place =
            incident.top.iter().position(|&other| scores[i] > scores[other]).unwrap_or(incident.top.len());
        if place < TOP {
            incident.top.insert(place, i);
            incident.top.truncate(TOP);
        }
        incident.score = incident.score.max(scores[i]);
        if incident.raised.is_none() && threshold.is_some_and(|threshold| scores[i] > threshold) {
            incident.raised = Some(row.end);
        }
    }
    incidents
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::strange;

    fn at(hours: f64) -> SimpleRow {
        SimpleRow { end: hours * 3600.0, ..strange() }
    }

    fn of_class(hours: f64, class: u8) -> SimpleRow {
        SimpleRow { class, ..at(hours) }
    }

    #[test]
    fn a_day_from_the_first_row() {
        let rows = [at(24.0), at(0.0), at(12.0), at(24.1)];
        let incidents = group(&rows, &[4.0, 1.0, 3.0, 9.0], Some(2.0));
        let expected = [
            Incident { score: 4.0, top: vec![0, 2, 1], raised: Some(12.0 * 3600.0) },
            Incident { score: 9.0, top: vec![3], raised: Some(24.1 * 3600.0) },
        ];
        assert_eq!(incidents, expected);
    }

    #[test]
    fn hosts_and_classes_are_apart() {
        let rows = [at(0.0), of_class(1.0, 1), SimpleRow { local_host: strange().resp_h, ..at(2.0) }];
        let incidents = group(&rows, &[1.0, 1.0, 1.0], None);
        assert_eq!(incidents.len(), 3);
        assert!(incidents.iter().all(|incident| incident.raised.is_none()));
        assert!(group(&[], &[], Some(0.0)).is_empty());
    }

    proptest! {
        /// Against the definition: collect the rows of each group, then sort them.
        #[test]
        fn groups_equal_the_naive_ones(
            of in proptest::collection::vec((0u32..100, 0u8..3, 0u8..6), 0..80),
        ) {
            let rows: Vec<_> = of.iter().map(|&(hour, class, _)| of_class(f64::from(hour), class)).collect();
            let scores: Vec<_> = of.iter().map(|&(_, _, score)| f64::from(score)).collect();
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by(|&a, &b| rows[a].end.total_cmp(&rows[b].end));
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for &i in &order {
                let same = |group: &&mut Vec<usize>| rows[group[0]].class == rows[i].class;
                match groups.iter_mut().rfind(same) {
                    Some(group) if rows[i].end - rows[group[0]].end <= DAY => group.push(i),
                    _ => groups.push(vec![i]),
                }
            }
            let expected: Vec<Incident> = groups
                .into_iter()
                .map(|group| {
                    let raised = group.iter().find(|&&i| scores[i] > 4.0).map(|&i| rows[i].end);
                    let mut top = group;
                    top.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
                    top.truncate(TOP);
                    Incident { score: scores[top[0]], top, raised }
                })
                .collect();
            prop_assert_eq!(group(&rows, &scores, Some(4.0)), expected);
        }
    }
}
