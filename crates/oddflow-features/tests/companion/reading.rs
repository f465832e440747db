//! Columns by name: absent ones are off, JSON and old layouts are read, and no content stops the reader.

use oddflow_features::companion::{CompanionReader, CompanionState, Kind};
use proptest::prelude::*;
use zeek_log::{LogFile, Schema};

use crate::logs::{SEED, log, read, uid, value};

#[test]
fn the_order_of_columns_is_the_headers() {
    let one = log("dns", "ts uid id.orig_h id.resp_h query", &["1 C1 10.0.0.5 10.0.0.1 www.example.com"]);
    let other = log(
        "dns",
        "query id.resp_h uid colour id.orig_h ts",
        &["www.example.com 10.0.0.1 C1 red 10.0.0.5 1"],
    );
    assert_eq!(read(Kind::Dns, &one), read(Kind::Dns, &other));
    assert_eq!(read(Kind::Dns, &one)[0].uid, uid("C1"));
    assert_eq!(read(Kind::Dns, &one)[0].kind(), Kind::Dns);
}

#[test]
fn json_reads_like_tsv() {
    let tsv = log(
        "http",
        "ts uid id.orig_h id.resp_h method host user_agent status_code",
        &[
            "1 C1 10.0.0.5 192.0.2.1 GET a.example.com - 404",
            "2 C2 10.0.0.5 192.0.2.1 GET a.example.com Agent 200",
        ],
    );
    let json = LogFile::memory(
        "http.log",
        concat!(
            r#"{"ts":1.0,"uid":"C1","id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.1","method":"GET","host":"a.example.com","status_code":404}"#,
            "\n",
            r#"{"ts":"1970-01-01T00:00:02.000000Z","uid":"C2","id":{"orig_h":"10.0.0.5","resp_h":"192.0.2.1"},"user_agent":"Agent","method":"GET","host":"A.example.com:80","status_code":200,"_path":"http"}"#,
            "\n",
            r#"{"ts":3.0,"uid":"C3","_path":"dns","query":"www.example.com"}"#,
            "\n",
        )
        .as_bytes()
        .to_vec(),
    );
    assert_eq!(read(Kind::Http, &tsv), read(Kind::Http, &json));
}

#[test]
fn absent_columns_are_named_and_off() {
    let schema = |columns: &[&str]| {
        Schema::new("ssl", &columns.iter().map(|name| (*name, "string")).collect::<Vec<_>>())
    };
    let short = schema(&["ts", "uid", "version", "ja4"]);
    assert_eq!(
        CompanionReader::absent(Kind::Ssl, &short, false),
        ["server_name", "validation_status", "subject", "issuer"]
    );
    assert!(CompanionReader::absent(Kind::Ssl, &short, true).is_empty());
    let mut state = CompanionState::new();
    let rows = read(Kind::Ssl, &log("ssl", "ts uid version ja4", &["1 C1 TLSv12 t13d1516h2"]));
    state.take(&rows[0]);
    let features = state.connection(uid("C1"), 2.0);
    assert_eq!(value(&features, "tls_no_name"), 0.0, "nobody knows whether there was a name");
    assert!(value(&features, "tls_new_client") > 0.0);
}

#[test]
fn files_of_old_and_new_layouts_have_the_same_receiver() {
    let old = log(
        "files",
        "ts fuid tx_hosts rx_hosts conn_uids source mime_type is_orig",
        &["1 F1 192.0.2.1 10.0.0.5 C1,C2 HTTP text/html F"],
    );
    let new = log(
        "files",
        "ts fuid uid id.orig_h id.resp_h source mime_type is_orig",
        &["1 F1 C1 10.0.0.5 192.0.2.1 HTTP text/html F"],
    );
    let features = |log| {
        let mut state = CompanionState::new();
        let rows = read(Kind::Files, log);
        state.take(&rows[0]);
        state.take(&rows[0]);
        state.connection(uid("C1"), 1.0)
    };
    assert!(!features(&old).is_zero());
    assert_eq!(features(&old), features(&new));
}

#[test]
fn rows_without_time_or_uid_are_passed_over() {
    let log = log(
        "dns",
        "ts uid query",
        &["- C1 a.example.com", "1 - a.example.com", "XXX C1 a.example.com", "1 C1"],
    );
    assert_eq!(read(Kind::Dns, &log).len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cell_is_fine(cells in prop::collection::vec("\\PC{0,30}|[a-z.:/0-9\\\\]{0,300}", 8)) {
        let cell = |i: usize| cells[i].replace([' ', '\t', '\n'], "");
        let columns = "ts uid id.orig_h query user_agent host method server_name version status auth_success client mime_type path name";
        for kind in Kind::ALL {
            let cells: Vec<String> = (0..13).map(|i| cell(i % 8)).collect();
            let rows = [format!("1 C1 {}", cells.join(" ")), format!("{} C1 {}", cell(0), cells.join(" "))];
            let rows = read(kind, &log(kind.path(), columns, &[&rows[0], &rows[1]]));
            let mut state = CompanionState::new();
            for row in rows {
                state.take(&row);
            }
            for value in state.connection(uid("C1"), 1.0).values {
                prop_assert!(value.is_finite() && value >= 0.0);
            }
        }
    }

    #[test]
    fn the_seed_is_the_key(other in 8_u64..) {
        let log = log("ssh", "ts uid id.orig_h id.resp_h client", &["1 C1 10.0.0.5 10.0.0.2 x"]);
        let mut rows = Vec::new();
        crate::logs::each_row(&log, |row| {
            rows.push(CompanionReader::new(Kind::Ssh, SEED, row.schema()).read(row));
            rows.push(CompanionReader::new(Kind::Ssh, other, row.schema()).read(row));
        });
        prop_assert_ne!(rows[0].map(|row| row.uid), rows[1].map(|row| row.uid));
    }
}
