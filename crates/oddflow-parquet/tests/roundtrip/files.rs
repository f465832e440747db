//! How files are made up: row groups, compression, what they say of themselves.

use oddflow_parquet::{FeatureColumns, FeatureRows, FileKind, ROWS_A_GROUP, Writer};
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;
use zeek_log::{LogFile, LogStream, Position, ReadOptions};

use crate::export::{Value, export, metadata, rows, text, value};

fn many(count: usize) -> String {
    let mut log = "#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n".to_owned();
    for i in 0..count {
        log += &format!("{}.000001\tC{i}\tname{}.example\n", 1_300_000_000 + i, i % 7);
    }
    log
}

#[test]
fn row_groups_have_one_size_whatever_the_chunks_and_threads() {
    let log = many(2 * ROWS_A_GROUP + 1000);
    let exported = export(&log, "dns", 1 << 16, 1);
    let metadata = metadata(&exported.file);
    let groups: Vec<i64> = metadata.row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [ROWS_A_GROUP as i64, ROWS_A_GROUP as i64, 1000]);
    for column in metadata.row_groups()[0].columns() {
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{column:?}");
        assert!(column.statistics().is_some(), "{column:?}");
    }
    assert_eq!(
        exported.file,
        export(&log, "dns", 1 << 16, 4).file,
        "the same bytes for any number of threads"
    );
    let rows = rows(&exported.file);
    assert_eq!(rows.len(), 2 * ROWS_A_GROUP + 1000);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(*value(row, "ts"), Value::Time((1_300_000_000 + i as i64) * 1_000_000 + 1));
        assert_eq!(*value(row, "uid"), Value::Text(format!("C{i}")));
    }
}

#[test]
fn a_file_says_what_it_is() {
    let metadata = metadata(&export(&many(1), "dns", 1 << 20, 1).file);
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    let log = pairs.iter().find(|pair| pair.key == "oddflow.log").unwrap();
    assert_eq!(log.value.as_deref(), Some("dns"));
}

#[test]
fn a_log_without_rows_keeps_its_columns() {
    let file = export(&many(0), "dns", 1 << 20, 1).file;
    let metadata = metadata(&file);
    assert_eq!((metadata.file_metadata().num_rows(), metadata.num_row_groups()), (0, 0));
    assert_eq!(metadata.file_metadata().schema_descr().num_columns(), 3);
}

#[test]
fn features_stand_beside_time_and_uid() {
    let log = LogFile::memory(
        "conn.log",
        *b"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n\
           1.5\tC1\t192.0.2.1\t1\t192.0.2.2\t2\ttcp\n2.5\t-\t192.0.2.1\t1\t192.0.2.2\t2\ttcp\n",
    );
    let options = ReadOptions::default();
    let head = log.conn_head(&options).unwrap();
    let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).unwrap();
    let columns = FeatureColumns::new(["uid", "fan"]);
    let mut features = FeatureRows::new(&columns);
    let chunk = stream.next_chunk().unwrap();
    chunk.conn_rows(&options, |record, _| {
        features.push_connection(record);
        std::ops::ControlFlow::Continue(())
    });
    features.push_features([1.0_f32, 2.0].into_iter(), None);
    features.push_features([3.0_f32, 4.0].into_iter(), Some(&[false, true]));
    let mut writer = Writer::new(Vec::new(), &FileKind::features(&columns), 1).unwrap();
    writer.write(features.into_batch()).unwrap();
    let rows = rows(&writer.finish().unwrap().sink);
    let expected = [
        [
            ("ts", Value::Time(1_500_000)),
            ("uid", text("C1")),
            ("uid_feature", Value::Real(1.0)),
            ("fan", Value::Real(2.0)),
        ],
        [
            ("ts", Value::Time(2_500_000)),
            ("uid", Value::Null),
            ("uid_feature", Value::Real(3.0)),
            ("fan", Value::Null),
        ],
    ];
    assert_eq!(rows, expected.map(|row| row.map(|(name, value)| (name.to_owned(), value)).to_vec()));
}
