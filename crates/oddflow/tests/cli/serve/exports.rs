//! Lists as files.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::client::Server;
use super::found;
use super::lists::ids;
use crate::fixtures;
use crate::folder::Folder;

#[test]
fn an_export_has_what_the_list_has() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let lines = server.get("incidents/export?state=all&format=json");
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert!(lines.header("content-disposition").is_some_and(|is| is.contains("incidents.jsonl")));
    let exported: Vec<Value> =
        lines.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::from(exported), server.json("incidents?state=all&limit=500")["items"]);
    let csv = server.get("alerts/export?state=all&format=csv").body;
    assert_eq!(csv, folder.ok("alerts export --db a.db --csv").out, "as the command line has it");
    let open = server.get("incidents/export?format=csv&severity=critical").body;
    let listed = server.json("incidents?severity=critical&limit=500");
    assert_eq!(open.lines().count(), 1 + ids(&listed).len());
    server.get("incidents/export?format=pdf").is_problem(400);
}

/// An export that is begun and not read on.
fn begun(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).expect("it listens");
    let request = "GET /api/v1/alerts/export?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("a request");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

#[test]
fn exports_that_nobody_reads_hold_up_nobody_else() {
    let folder = Folder::new();
    let (header, rows) = fixtures::parts(fixtures::log());
    // More than the system takes in ahead of who reads.
    folder.write("many.log", header + &rows.concat().repeat(10));
    folder.ok("detect many.log -m home.model --db a.db --flag-top 99%");
    let server = Server::start(&folder, "--db a.db");
    let mut slow = vec![begun(&server), begun(&server)];
    server.get("incidents/export").is_problem(503);
    assert_eq!(server.json("alerts?limit=500")["items"].as_array().map(Vec::len), Some(500));
    // Who hangs up makes room.
    drop(slow.pop());
    let has_room = || server.get("incidents/export").status == 200;
    let is_freed = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        has_room()
    });
    assert!(is_freed, "who hung up still has its place");
    assert!(server.stop());
}
