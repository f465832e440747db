//! What a person wants to know of a model before it takes the place of another, fact by fact.

use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_detector::classic::Model as ClassicModel;
use oddflow_detector::{Manifest, Model, quantile_label};
use oddflow_features::behaviour::Field;
use serde_json::{Value, json};

use crate::text::{self, a_day, counted, number, span, thousands};

/// A fact of a model.
pub(crate) struct Fact {
    /// Its name, in JSON as in the table.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) text: String,
    /// For programs.
    pub(crate) value: Value,
}

/// All facts of a model, in the order in which they are read.
pub(crate) fn facts(model: &Model) -> Vec<Fact> {
    let mut facts = Facts(Vec::new());
    facts.text("id", model.id());
    facts.text("recipe", model.recipe().name());
    facts.text("tool", model.tool());
    facts.baseline(model.manifest());
    match model {
        Model::Behaviour(model) => facts.behaviour(model),
        Model::Classic(model) => facts.classic(model),
    }
    let widths = model.network().widths();
    let text: Vec<String> = widths.iter().map(ToString::to_string).collect();
    facts.add("network", text.join("-"), json!(widths));
    facts.0
}

struct Facts(Vec<Fact>);

impl Facts {
    fn add(&mut self, name: &'static str, text: impl Into<String>, value: Value) {
        self.0.push(Fact { name, text: text.into(), value });
    }

    fn text(&mut self, name: &'static str, text: &str) {
        self.add(name, text, json!(text));
    }

    fn count(&mut self, name: &'static str, count: u64) {
        self.add(name, thousands(count), json!(count));
    }

    fn number(&mut self, name: &'static str, value: f64) {
        self.add(name, number(value), json!(value));
    }

    /// Words of a set, in their order.
    fn words(&mut self, name: &'static str, words: &[String], none: &str) {
        let text = if words.is_empty() { none.into() } else { words.join(", ") };
        self.add(name, text, json!(words));
    }

    fn baseline(&mut self, manifest: &Manifest) {
        let when = manifest.span();
        self.add("baseline", span(when), json!(when));
        let days = when.map(|(first, last)| (last - first) / 86_400.0);
        self.number("baseline_days", days.unwrap_or_default());
        self.count("logs", manifest.files.len() as u64);
        self.count("rows_read", manifest.rows_read);
        self.count("rows_unreadable", manifest.rows_unreadable);
    }

    fn behaviour(&mut self, model: &BehaviourModel) {
        let training = model.training();
        let [excluded, trimmed] = training.left_out;
        self.count("rows_excluded", excluded);
        self.count("rows_trimmed", trimmed);
        let [warm_up, fitted, calibrated] = training.rows;
        self.count("rows_warm_up", warm_up as u64);
        self.count("rows_fitted", fitted as u64);
        self.count("rows_calibrated", calibrated as u64);
        self.count("rows_sampled", training.sample as u64);
        self.count("seed", training.seed);
        self.number("loss", training.losses.last().copied().unwrap_or_default());
        let (budget, calibration) = (model.budget(), model.calibration_incidents());
        self.add("budget", a_day(budget), json!(budget));
        self.number("threshold", f64::from(calibration.threshold(budget)));
        self.number("live_threshold", f64::from(calibration.live_threshold(budget)));
        let forecast = model.forecast(budget);
        let words = forecast.map_or_else(
            || "none: the calibration slice is too short".into(),
            |forecast| text::forecast(&forecast),
        );
        self.add("forecast", words, json!(forecast));
        self.number("calibration_days", calibration.days);
        let (median, high) = model.error_quantiles();
        self.number("error_median", f64::from(median));
        self.number("error_99th", f64::from(high));
        for (name, rank) in [("highest_incident", 0), ("tenth_incident", 9), ("hundredth_incident", 99)] {
            let score = calibration.scores.get(rank).map(|score| f64::from(*score));
            self.add(name, score.map_or_else(|| "none".into(), number), json!(score));
        }
        let absent: Vec<String> = model.absent().iter().map(Field::name).map(Into::into).collect();
        self.words("columns_lacking", &absent, "none");
        let beside = model.has_companions();
        self.add("other_logs", if beside { "yes" } else { "no" }, json!(beside));
        let local: Vec<String> = model.local().0.iter().map(ToString::to_string).collect();
        self.words("local_networks", &local, "as Zeek says, else private addresses");
        self.count("classes", model.classes() as u64);
        self.count("hosts", model.hosts().len() as u64);
        let names = model.has_addresses();
        self.add("addresses", if names { "kept" } else { "left out" }, json!(names));
    }

    fn classic(&mut self, model: &ClassicModel) {
        let training = model.training();
        let [learned, validated, tested] = training.rows;
        self.count("rows_training", learned as u64);
        self.count("rows_validation", validated as u64);
        self.count("rows_test", tested as u64);
        self.text("split", training.split.name());
        self.count("seed", training.seed);
        self.number("loss", training.losses.training);
        self.number("loss_test", training.losses.test);
        self.number("over_fit", training.losses.over_fit());
        let quantile = model.default_quantile();
        self.add("quantile", quantile_label(quantile), json!(quantile));
        self.number("threshold", model.threshold(quantile).unwrap_or_default());
        let kept = model.thresholds();
        let words: Vec<String> = kept
            .iter()
            .map(|(quantile, error)| format!("{}: {}", quantile_label(*quantile), number(*error)))
            .collect();
        self.add("thresholds", words.join(", "), json!(kept));
        self.words("columns", model.encoder().columns(), "none");
    }
}

/// What only a look at both says: hosts that both know, and columns that only one has.
pub(crate) fn compared(a: &Model, b: &Model) -> Vec<(&'static str, String, Value)> {
    match (a, b) {
        (Model::Behaviour(a), Model::Behaviour(b)) if a.key() == b.key() => {
            let shared = a.hosts().shared(b.hosts());
            let (only_a, only_b) = (a.hosts().len() - shared, b.hosts().len() - shared);
            let text = format!(
                "{} in both, {} only in A, {} only in B",
                counted(shared as u64, "host"),
                thousands(only_a as u64),
                thousands(only_b as u64)
            );
            vec![("hosts", text, json!({ "both": shared, "only_a": only_a, "only_b": only_b }))]
        }
        (Model::Behaviour(_), Model::Behaviour(_)) => {
            vec![("hosts", "can't be compared: the seeds differ".into(), Value::Null)]
        }
        (Model::Classic(a), Model::Classic(b)) => {
            let only = |a: &ClassicModel, b: &ClassicModel| -> Vec<String> {
                let known = b.encoder().columns();
                a.encoder().columns().iter().filter(|column| !known.contains(column)).cloned().collect()
            };
            let (only_a, only_b) = (only(a, b), only(b, a));
            let words = |columns: &[String]| match columns {
                [] => "none".into(),
                columns => columns.join(", "),
            };
            let text = format!("only in A: {}; only in B: {}", words(&only_a), words(&only_b));
            vec![("columns", text, json!({ "only_a": only_a, "only_b": only_b }))]
        }
        _ => vec![(
            "recipe",
            "they look at different things: their scores can't be compared".into(),
            Value::Null,
        )],
    }
}
