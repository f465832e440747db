//! The rows of a recipe as columns: time and uid of each connection, then its features, one `float32` column each.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array};
use arrow_schema::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use zeek_log::ConnRecord;
use zeek_log::write::Value;

use crate::buffer::Buffer;
use crate::column_type::{ColumnType, Scalar};
use crate::writer::Batch;

/// Columns before the features.
const LEADING: [&str; 2] = ["ts", "uid"];

/// The columns of a recipe's rows.
#[derive(Clone, Debug)]
pub struct FeatureColumns {
    pub(crate) schema: SchemaRef,
    features: usize,
}

impl FeatureColumns {
    /// `ts` and `uid`, and behind them a column for each feature, in this order. A feature whose name is taken by one of those
    /// two has `_feature` behind it.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut fields = vec![
            Field::new(LEADING[0], ColumnType::single(Scalar::Time).arrow(), true),
            Field::new(LEADING[1], ColumnType::TEXT.arrow(), true),
        ];
        fields.extend(names.into_iter().map(|name| {
            let name = name.into();
            let is_taken = LEADING.contains(&name.as_str());
            Field::new(if is_taken { name + "_feature" } else { name }, DataType::Float32, true)
        }));
        Self { features: fields.len() - LEADING.len(), schema: Arc::new(ArrowSchema::new(fields)) }
    }

    /// How many features a row has.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }
}

/// The rows of a recipe for a run of connections.
#[derive(Debug)]
pub struct FeatureRows {
    schema: SchemaRef,
    ts: Buffer,
    uid: Buffer,
    features: Vec<Feature>,
}

/// The values of one feature.
#[derive(Clone, Debug, Default)]
struct Feature {
    values: Vec<f32>,
    /// Which of them are known; empty while all are.
    known: Vec<bool>,
}

impl FeatureRows {
    /// No rows yet.
    #[must_use]
    pub fn new(columns: &FeatureColumns) -> Self {
        Self {
            schema: Arc::clone(&columns.schema),
            ts: Buffer::new(ColumnType::single(Scalar::Time)),
            uid: Buffer::new(ColumnType::TEXT),
            features: vec![Feature::default(); columns.features],
        }
    }

    /// Adds a connection. Its features come by [`FeatureRows::push_features`], then or later, in the order of the connections.
    pub fn push_connection(&mut self, record: &ConnRecord<'_>) {
        let uid = record.uid.map_or(Value::Unset, Value::Text);
        let pushed = self.ts.push(Value::Time(record.ts)).and_then(|()| self.uid.push(uid));
        pushed.expect("uids are far shorter than a column can hold, in a chunk of the reader's");
    }

    /// Adds the features of the next connection. `unknown` says of each whether the log lacked what it is made of: it is unset
    /// then.
    ///
    /// # Panics
    /// They are not as many as the columns.
    pub fn push_features(&mut self, values: impl ExactSizeIterator<Item = f32>, unknown: Option<&[bool]>) {
        assert_eq!(values.len(), self.features.len(), "a value for each feature");
        for (at, (value, feature)) in values.zip(&mut self.features).enumerate() {
            let is_unknown = unknown.is_some_and(|unknown| unknown[at]);
            if is_unknown || !feature.known.is_empty() {
                feature.known.resize(feature.values.len(), true);
                feature.known.push(!is_unknown);
            }
            feature.values.push(value);
        }
    }

    /// The rows as columns.
    ///
    /// # Panics
    /// There are not as many rows of features as connections.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        let rows = self.ts.len();
        let mut columns = vec![self.ts.into_array(), self.uid.into_array()];
        columns.extend(self.features.into_iter().map(|Feature { values, known }| -> ArrayRef {
            let nulls = (!known.is_empty()).then(|| known.into());
            Arc::new(Float32Array::new(values.into(), nulls))
        }));
        Batch::new(self.schema, columns, rows)
    }
}
