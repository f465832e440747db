//! Records for the tests of this folder.

use oddflow_features::classic::{ClassicEncoder, Fitter, Levels, RawRow};
use zeek_log::ConnRecord;

/// A record that has only what every record has.
pub(crate) fn bare() -> ConnRecord<'static> {
    ConnRecord::bare(0.0, ([0; 4], 0), ([0; 4], 0), "tcp")
}

/// The encoder that some records define.
pub(crate) fn fitted<'a>(records: impl IntoIterator<Item = ConnRecord<'a>>) -> ClassicEncoder {
    let mut levels = Levels::new();
    let mut fitter = Fitter::new();
    for record in records {
        fitter.add(&RawRow::new(&record, &mut levels));
    }
    fitter.finish(&levels).expect("there are records")
}

pub(crate) fn encoded(encoder: &ClassicEncoder, record: &ConnRecord<'_>) -> Vec<f32> {
    let mut row = vec![f32::NAN; encoder.width()];
    encoder.encode(record, &mut row);
    row
}
