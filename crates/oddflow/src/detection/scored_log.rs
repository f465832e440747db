//! Every scored row as a Zeek log: the columns of its input, untouched, and behind them `score`, `flagged` and `model_id`.

use std::io;
use std::ops::ControlFlow;

use zeek_log::write::{Format, Value, Writer};
use zeek_log::{Chunk, ConnRecord, Position, ReadOptions, Row, Schema};

use crate::failure::Failure;
use crate::output::Output;

/// The columns that are added, with their Zeek types.
const ADDED: [(&str, &str); 3] = [("score", "double"), ("flagged", "bool"), ("model_id", "string")];

/// Rows of one set of columns, as text without a header.
pub(super) struct ScoredPart {
    schema: Schema,
    text: Vec<u8>,
}

/// Writes rows as text, in any thread.
pub(super) struct ScoredRows {
    format: Format,
    model_id: String,
}

impl ScoredRows {
    /// The rows of a chunk at the given positions.
    pub(super) fn write(
        &self,
        chunk: &Chunk,
        options: &ReadOptions,
        positions: &[Position],
        scores: &[f32],
        flagged: &dyn Fn(usize) -> bool,
    ) -> Vec<ScoredPart> {
        let mut parts: Vec<ScoredPart> = Vec::new();
        let mut writer: Option<(Schema, usize, Writer<Vec<u8>>)> = None;
        let mut i = 0;
        chunk.conn_rows(options, |record, row| {
            match positions.get(i) {
                None => return ControlFlow::Break(()),
                // A row that was left out.
                Some(position) if *position != row.position() => return ControlFlow::Continue(()),
                Some(_) => {}
            }
            let (score, is_flagged) = (f64::from(scores[i]), flagged(i));
            i += 1;
            if writer.as_ref().is_none_or(|(input, _, _)| input != row.schema()) {
                parts.extend(writer.take().and_then(finish));
                writer = self.begin(row.schema());
            }
            if let Some((_, _, writer)) = &mut writer {
                // Writing to memory doesn't fail.
                let _ = self.row(writer, record, row, score, is_flagged);
            }
            ControlFlow::Continue(())
        });
        parts.extend(writer.and_then(finish));
        parts
    }

    /// A writer to memory, and the length of the header that it starts with.
    fn begin(&self, input: &Schema) -> Option<(Schema, usize, Writer<Vec<u8>>)> {
        let schema = scored_schema(input);
        let header = Writer::new(Vec::new(), &schema, self.format, None)
            .and_then(|writer| writer.finish(None))
            .ok()?;
        let writer = Writer::new(Vec::new(), &schema, self.format, None).ok()?;
        Some((input.clone(), header.len(), writer))
    }

    fn row(
        &self,
        writer: &mut Writer<Vec<u8>>,
        record: &ConnRecord<'_>,
        row: &Row<'_>,
        score: f64,
        flagged: bool,
    ) -> io::Result<()> {
        let columns = &row.schema().columns;
        let texts: Vec<_> = (0..columns.len()).map(|column| row.text(column)).collect();
        let mut values: Vec<Value<'_>> =
            texts.iter().map(|text| text.as_deref().map_or(Value::Unset, Value::Field)).collect();
        if row.is_json()
            && let Some(ts) = row.schema().position("ts")
        {
            // JSON may have milliseconds or a date here; a column of type time has seconds.
            values[ts] = Value::Time(record.ts);
        }
        values.extend([Value::Double(score), Value::Bool(flagged), Value::Text(&self.model_id)]);
        writer.row(&values)
    }
}

fn finish((input, header, writer): (Schema, usize, Writer<Vec<u8>>)) -> Option<ScoredPart> {
    let mut text = writer.finish(None).ok()?;
    text.drain(..header);
    Some(ScoredPart { schema: scored_schema(&input), text })
}

/// The columns of a scored log. JSON doesn't say what type a value has, so conn's own columns take Zeek's.
fn scored_schema(input: &Schema) -> Schema {
    let mut schema = input.clone();
    let known = Schema::conn();
    for column in &mut schema.columns {
        if column.kind.is_empty() {
            let name = match column.name.as_str() {
                name if name.starts_with("id_") => name.replacen('_', ".", 1),
                name => name.to_owned(),
            };
            column.kind = known.position(&name).map_or("string".into(), |i| known.columns[i].kind.clone());
        }
    }
    if schema.path.is_empty() {
        schema.path = "conn".into();
    }
    schema.columns.extend(Schema::new("", &ADDED).columns);
    schema
}

/// The scored log as a whole, in the caller's thread.
pub(crate) struct ScoredLog {
    output: Output,
    format: Format,
    model_id: String,
    schema: Option<Schema>,
}

impl ScoredLog {
    /// Begins a log on an output.
    pub(crate) fn new(output: Output, format: Format, model_id: &str) -> Self {
        Self { output, format, model_id: model_id.into(), schema: None }
    }

    pub(super) fn rows(&self) -> ScoredRows {
        ScoredRows { format: self.format, model_id: self.model_id.clone() }
    }

    /// Appends rows, with a new header where the columns change.
    pub(super) fn append(&mut self, parts: &[ScoredPart]) -> Result<(), Failure> {
        for part in parts {
            if self.schema.as_ref() != Some(&part.schema) {
                let header = || Writer::new(Vec::new(), &part.schema, self.format, None)?.finish(None);
                self.output.with(|output| output.write_all(&header()?))?;
                self.schema = Some(part.schema.clone());
            }
            self.output.with(|output| output.write_all(&part.text))?;
        }
        Ok(())
    }

    /// Hands on what is buffered, so that no row is known to the store and missing here.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.output.with(|output| output.flush())
    }

    /// Hands on what is buffered.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.output.finish()
    }
}
