//! What makes features of connections: a recipe, mostly with a model.
//!
//! `classic` features are those that the model's network sees: standardised, with its levels. `behaviour` features are the recipe's
//! own numbers, before the model standardises them; the state that they come of begins where the model's baseline ended, or
//! fresh without a model. Other logs that could be joined by uid are not looked at.

use oddflow_detector::Model;
use oddflow_detector::behaviour::States;
use oddflow_features::Recipe;
use oddflow_features::behaviour::{Fields, FlowReader, LocalNetworks, State, WIDTH, column_name};
use oddflow_features::classic::ClassicEncoder;
use oddflow_parquet::FeatureColumns;

use crate::failure::Failure;

/// Key of the hashes of addresses where there is no model to say it.
const KEY: u64 = 0;

/// Where features come from.
pub(crate) struct Source {
    pub(super) maker: Maker,
    /// The model's id, where there is one.
    model: Option<String>,
}

/// What makes them.
pub(super) enum Maker {
    /// Each row by itself.
    Classic(Box<ClassicEncoder>),
    /// Rows in their order, through a state.
    Behaviour(Box<State>, FlowReader),
}

impl Source {
    /// The features that a model looks at.
    pub(crate) fn of_model(mut model: Model) -> Result<Self, Failure> {
        let id = model.id().to_owned();
        let maker = match &mut model {
            Model::Classic(model) => Maker::Classic(Box::new(model.encoder().clone())),
            Model::Behaviour(model) => {
                let States { state, .. } = model.take_states();
                let state = State::from_bytes(&state);
                let state = state.map_err(|error| Failure::unusable_model(&id, &error.to_string()))?;
                Maker::Behaviour(Box::new(state), model.reader(Fields::NONE))
            }
        };
        Ok(Self { maker, model: Some(id) })
    }

    /// The features of the behaviour recipe, for which everything is new at first.
    pub(crate) fn fresh_behaviour() -> Self {
        let reader =
            FlowReader { seed: FlowReader::key(KEY), local: LocalNetworks::default(), absent: Fields::NONE };
        Self { maker: Maker::Behaviour(Box::new(State::new()), reader), model: None }
    }

    pub(super) fn columns(&self) -> FeatureColumns {
        match &self.maker {
            Maker::Classic(encoder) => FeatureColumns::new(encoder.columns().iter().cloned()),
            Maker::Behaviour(..) => FeatureColumns::new((0..WIDTH).map(|column| apart(column_name(column)))),
        }
    }

    /// What the file says of its features, as keys and values.
    pub(super) fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = vec![("oddflow.log", "conn".to_owned())];
        match &self.maker {
            Maker::Classic(encoder) => {
                let json = |values: &[f64]| serde_json::json!(values).to_string();
                metadata.push(("oddflow.recipe", Recipe::Classic.name().into()));
                // So that natural values can be had again: value * scale + mean.
                metadata.push(("oddflow.mean", json(encoder.scaler().mean())));
                metadata.push(("oddflow.scale", json(encoder.scaler().scale())));
            }
            Maker::Behaviour(..) => metadata.push(("oddflow.recipe", Recipe::Behaviour.name().into())),
        }
        metadata.extend(self.model.clone().map(|id| ("oddflow.model", id)));
        metadata
    }
}

/// The name that a feature of `behaviour` has in a file. The letters of `history` are the originator's in upper case and the
/// responder's in lower case, and many readers of Parquet, such as DuckDB, know columns by name without regard to case.
fn apart(name: String) -> String {
    match name.strip_prefix("history=").and_then(|letter| letter.chars().next()) {
        Some(letter) if letter.is_ascii_uppercase() => format!("orig_{name}"),
        Some(letter) if letter.is_ascii_lowercase() => format!("resp_{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_of_features_differ_by_more_than_case() {
        let names: Vec<_> = (0..WIDTH).map(|column| apart(column_name(column))).collect();
        for name in ["orig_history=A", "resp_history=a", "history=^", "duration"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        let folded: HashSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(folded.len(), names.len());
    }
}
