//! Batches in order to a Parquet file: row groups of one size, their columns encoded in several threads.
//!
//! Invariant: the bytes of the file depend on the rows and on how they were cut to batches, never on the number of threads.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use crate::error::WriteError;
use crate::features::FeatureColumns;
use crate::table::Table;

/// Rows of a row group: as many as one of DuckDB's own has, 60 vectors of 2,048 rows. DuckDB, polars and pyarrow each give a
/// row group to a thread and skip those that their statistics rule out, so groups should be many; columns compress well from
/// some 100,000 rows on, so they needn't be larger. A group is also what is held while writing.
pub const ROWS_A_GROUP: usize = 122_880;

/// Bytes of a row group in memory, from which on it is written though it has fewer rows: some ten times what rows of Zeek's own
/// logs take. Texts of a log may be of any length.
const BYTES_A_GROUP: usize = 256 << 20;

/// Level of zstd, its own default: higher ones gain little for their time.
const ZSTD_LEVEL: i32 = 3;

/// Columns whose values hardly repeat: a dictionary of them would be built and thrown away.
const UNIQUE: [&str; 3] = ["uid", "fuid", "community_id"];

/// What a file holds: its columns, and what it says of itself.
#[derive(Clone, Debug)]
pub struct FileKind {
    schema: SchemaRef,
    metadata: Vec<KeyValue>,
}

impl FileKind {
    /// A file of a log's rows.
    #[must_use]
    pub fn table(table: &Table) -> Self {
        Self { schema: table.arrow(), metadata: Vec::new() }
    }

    /// A file of a recipe's rows.
    #[must_use]
    pub fn features(columns: &FeatureColumns) -> Self {
        Self { schema: columns.schema.clone(), metadata: Vec::new() }
    }

    /// Something that the file says of itself, as key and value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.push(KeyValue::new(key.to_owned(), value.into()));
        self
    }

    fn properties(&self) -> Result<WriterProperties, ParquetError> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_max_row_group_row_count(Some(ROWS_A_GROUP))
            // Those of a row group are what readers skip by; those of pages would only make the footer larger.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(self.metadata.clone()));
        for field in self.schema.fields() {
            let path = || ColumnPath::new(vec![field.name().clone()]);
            if matches!(field.data_type(), DataType::Timestamp(..)) {
                // Times hardly repeat, and those of neighbouring rows differ by little.
                properties = properties
                    .set_column_dictionary_enabled(path(), false)
                    .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED);
            } else if UNIQUE.contains(&field.name().as_str()) {
                properties = properties.set_column_dictionary_enabled(path(), false);
            }
        }
        Ok(properties.build())
    }
}

/// Rows as columns.
#[derive(Debug)]
pub struct Batch(RecordBatch);

impl Batch {
    pub(crate) fn new(schema: SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Self {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options);
        Self(batch.expect("columns are made for their schema, a value for each row"))
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.0.num_rows()
    }
}

/// What was written.
#[derive(Debug)]
pub struct Written<W> {
    /// What was written to.
    pub sink: W,
    /// Rows of the file.
    pub rows: u64,
    /// Its row groups.
    pub row_groups: usize,
}

/// Writes a file, which is whole only when [finished](Writer::finish).
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    threads: usize,
    /// What goes into the next row groups, in order, with its bytes.
    waiting: VecDeque<(RecordBatch, usize)>,
    waiting_rows: usize,
    waiting_bytes: usize,
    bytes_a_group: usize,
    rows: u64,
    row_groups: usize,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file. Columns are encoded by so many threads.
    ///
    /// # Errors
    /// When the beginning of the file can't be written.
    pub fn new(sink: W, kind: &FileKind, threads: usize) -> Result<Self, WriteError> {
        let writer = ArrowWriter::try_new(sink, kind.schema.clone(), Some(kind.properties()?))?;
        let (file, columns) = writer.into_serialized_writer()?;
        Ok(Self {
            file,
            columns,
            schema: kind.schema.clone(),
            threads: threads.max(1),
            waiting: VecDeque::new(),
            waiting_rows: 0,
            waiting_bytes: 0,
            bytes_a_group: BYTES_A_GROUP,
            rows: 0,
            row_groups: 0,
        })
    }

    /// Adds rows behind those before.
    ///
    /// # Errors
    /// When a row group can't be written.
    pub fn write(&mut self, batch: Batch) -> Result<(), WriteError> {
        let bytes = batch.0.get_array_memory_size();
        self.waiting_rows += batch.rows();
        self.waiting_bytes += bytes;
        self.waiting.push_back((batch.0, bytes));
        while self.waiting_rows >= ROWS_A_GROUP
            || (self.waiting_rows > 0 && self.waiting_bytes >= self.bytes_a_group)
        {
            self.write_group(self.waiting_rows.min(ROWS_A_GROUP))?;
        }
        Ok(())
    }

    /// Writes what is left, and the footer.
    ///
    /// # Errors
    /// When that can't be written.
    pub fn finish(mut self) -> Result<Written<W>, WriteError> {
        if self.waiting_rows > 0 {
            self.write_group(self.waiting_rows)?;
        }
        let Self { rows, row_groups, .. } = self;
        Ok(Written { sink: self.file.into_inner()?, rows, row_groups })
    }

    /// The first so many of the rows that wait become a row group.
    fn write_group(&mut self, rows: usize) -> Result<(), WriteError> {
        let batches = self.take_waiting(rows);
        let encoded = self.encode(&batches)?;
        let mut group = self.file.next_row_group()?;
        for chunk in encoded {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.rows += rows as u64;
        self.row_groups += 1;
        Ok(())
    }

    fn take_waiting(&mut self, rows: usize) -> Vec<RecordBatch> {
        let mut batches = Vec::new();
        let mut missing = rows;
        while missing > 0
            && let Some((batch, bytes)) = self.waiting.pop_front()
        {
            let taken = batch.num_rows().min(missing);
            let left = batch.num_rows() - taken;
            self.waiting_bytes -= bytes;
            if left > 0 {
                let bytes = bytes / batch.num_rows() * left;
                self.waiting_bytes += bytes;
                self.waiting.push_front((batch.slice(taken, left), bytes));
            }
            batches.push(batch.slice(0, taken));
            missing -= taken;
        }
        self.waiting_rows -= rows;
        batches
    }

    /// Encodes and compresses the columns of a row group. A free thread takes the next column.
    fn encode(&self, batches: &[RecordBatch]) -> Result<Vec<ArrowColumnChunk>, WriteError> {
        let writers = self.columns.create_column_writers(self.row_groups)?;
        // A column has one writer: lists are of plain values.
        let columns: Vec<Mutex<Option<ArrowColumnWriter>>> =
            writers.into_iter().map(|writer| Mutex::new(Some(writer))).collect();
        let (schema, next) = (&self.schema, AtomicUsize::new(0));
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(column) = columns.get(at) else { return done };
                let writer = column.lock().ok().and_then(|mut writer| writer.take());
                let writer = writer.expect("each column is taken once");
                done.push((at, encode_column(writer, schema, at, batches)));
            }
        };
        let mut encoded = thread::scope(|scope| {
            let workers: Vec<_> = (1..self.threads.min(columns.len())).map(|_| scope.spawn(work)).collect();
            let mut encoded = work();
            for worker in workers {
                encoded.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            encoded
        });
        encoded.sort_by_key(|(at, _)| *at);
        Ok(encoded.into_iter().map(|(_, chunk)| chunk).collect::<Result<_, _>>()?)
    }
}

fn encode_column(
    mut writer: ArrowColumnWriter,
    schema: &SchemaRef,
    at: usize,
    batches: &[RecordBatch],
) -> Result<ArrowColumnChunk, ParquetError> {
    for batch in batches {
        for leaf in compute_leaves(schema.field(at), batch.column(at))? {
            writer.write(&leaf)?;
        }
    }
    writer.close()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;
    use arrow_schema::{Field, Schema};

    use super::*;

    #[test]
    fn endless_texts_close_a_row_group_early() {
        let schema = Arc::new(Schema::new(vec![Field::new("uid", DataType::Utf8, false)]));
        let kind = FileKind { schema: schema.clone(), metadata: Vec::new() };
        let mut writer = Writer::new(Vec::new(), &kind, 1).expect("memory takes it");
        writer.bytes_a_group = 1 << 20;
        for _ in 0..10 {
            let texts: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(60_000); 10]));
            writer.write(Batch::new(schema.clone(), vec![texts], 10)).expect("memory takes it");
            assert!(writer.waiting_bytes < writer.bytes_a_group);
        }
        let written = writer.finish().expect("memory takes it");
        assert_eq!((written.rows, written.row_groups), (100, 5));
    }
}
