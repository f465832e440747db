//! The words that a rule may use: families, classes, and the columns that explain a row.

use std::sync::LazyLock;

use oddflow_detector::behaviour::Family;
use oddflow_features::behaviour::{CLASSES, TrafficClass, WIDTH, column_name};
use oddflow_features::companion;
use zeek_filter::{FilterError, FindingFilter, Words};

/// The expression of a rule.
pub(crate) fn expression(text: &str) -> Result<FindingFilter, FilterError> {
    static FEATURES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let own = (0..WIDTH).map(column_name);
        let companions = companion::COLUMNS.iter().map(|column| column.name.to_owned());
        own.chain(companions).map(|name| name.to_ascii_lowercase()).collect()
    });
    let features: Vec<&str> = FEATURES.iter().map(String::as_str).collect();
    let classes: Vec<&str> =
        (0..CLASSES).filter_map(TrafficClass::from_index).map(TrafficClass::name).collect();
    let words = Words { families: &Family::ALL.map(Family::name), classes: &classes, features: &features };
    FindingFilter::parse(text, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_known() {
        for text in
            ["family == fan", "class == \"outbound tcp\"", "feature == orig_bytes", "domain == example.com"]
        {
            expression(text).unwrap_or_else(|error| panic!("{error}"));
        }
        for column in 0..WIDTH {
            let text = format!("feature == \"{}\"", column_name(column));
            expression(&text).unwrap_or_else(|error| panic!("{error}"));
        }
        assert!(expression("family == fna").is_err() && expression("vlan == 3").is_err());
    }
}
