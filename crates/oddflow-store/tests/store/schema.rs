//! The schema as it lies in the file: other programs read it too, so a change is to be seen.

use oddflow_store::Store;
use rusqlite::Connection;

#[test]
fn the_schema_is_the_reviewed_one() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    drop(Store::open(&path).expect("creates"));

    let connection = Connection::open(&path).expect("opens");
    let mut text = String::new();
    for pragma in ["application_id", "user_version", "page_size", "journal_mode", "auto_vacuum"] {
        let value: rusqlite::types::Value =
            connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).expect("pragma");
        text.push_str(&format!("{pragma}: {value:?}\n"));
    }
    let mut select =
        connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").expect("schema");
    let statements = select.query_map([], |row| row.get::<_, String>(0)).expect("schema");
    for statement in statements {
        text.push_str(&format!("\n{}\n", statement.expect("text")));
    }
    insta::assert_snapshot!(text);
}
