//! The fixed threshold of `oddflow detect`: the model's, or another quantile that the model keeps.

use crate::folder::Folder;

#[test]
fn rows_strictly_above_the_models_threshold_are_flagged() {
    let folder = Folder::new();
    let ran = folder.ok("detect conn.log -m home.model --db a.db -o rows.json --format json");
    let rows = crate::folder::json_lines(&folder.text("rows.json"));
    let alerts = folder.alerts("a.db");
    let threshold = alerts[0]["threshold"].as_f64().expect("a threshold");
    assert!(alerts.iter().all(|alert| alert["threshold"] == threshold));
    let above: Vec<_> =
        rows.iter().filter(|row| row["score"].as_f64().expect("a score") > threshold).collect();
    assert_eq!(above.len(), alerts.len());
    for (row, alert) in above.iter().zip(&alerts) {
        assert_eq!((&row["uid"], &row["score"]), (&alert["uid"], &alert["score"]));
    }
    for row in &rows {
        assert_eq!(row["flagged"], row["score"].as_f64().expect("a score") > threshold);
    }
    ran.says(&format!("{} rows flagged", alerts.len())).says("6,000 rows of 1 log scored");
}

/// The threshold is the 99th percentile of the scores of the latest 20% of the baseline, which were held out.
#[test]
fn the_threshold_is_a_percentile_of_the_held_out_part() {
    let folder = Folder::new();
    let rows = folder.ok("detect conn.log -m home.model -o - --format json").json();
    let mut held_out: Vec<f64> =
        rows[4800..].iter().map(|row| row["score"].as_f64().expect("a score")).collect();
    held_out.sort_by(f64::total_cmp);
    for quantile in [0.95, 0.99] {
        let database = format!("{quantile}.db");
        folder.ok(&format!("detect conn.log -m home.model --db {database} --quantile {quantile}"));
        let applied = folder.alerts(&database)[0]["threshold"].as_f64().expect("a threshold");
        let expected = crate::flag_top::quantile(&held_out, quantile);
        assert!((applied / expected - 1.0).abs() < 1e-6, "{quantile}: {applied}, not {expected}");
    }
}

#[test]
fn a_quantile_that_the_model_does_not_keep_is_refused_with_those_that_it_keeps() {
    let folder = Folder::new();
    folder
        .run("detect conn.log -m home.model --db a.db --quantile 0.987")
        .fails(2, &["0.987"])
        .says("0.99")
        .says("train with --quantile 0.987");
    assert!(!folder.path("a.db").exists());
}
