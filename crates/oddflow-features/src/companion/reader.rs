//! Rows of the companion logs by column name: which columns there are, and what is made of their cells.

use std::borrow::Cow;

use zeek_log::{Row, Schema, value};

use super::dns::DnsFacts;
use super::domain;
use super::files::{EXECUTABLE, FileFacts};
use super::http::HttpFacts;
use super::kind::Kind;
use super::parse;
use super::row::{CompanionRow, Facts, known, uid_hash};
use super::smb::{REFUSALS, SmbCommandFacts, SmbFileFacts, SmbMappingFacts};
use super::ssh::{MOST_ATTEMPTS, SshFacts};
use super::tls::TlsFacts;
use crate::behaviour::hash;

/// Reads the rows of one companion log.
#[derive(Clone, Debug)]
pub struct CompanionReader {
    kind: Kind,
    seed: u64,
    /// What the positions were resolved for: JSON shows its columns little by little, and a header may change.
    names: Vec<String>,
    places: Places,
    /// Text in another form, kept to cost no allocation.
    scratch: String,
}

/// Where the columns are.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    ts: Option<usize>,
    uid: Option<usize>,
    source: Option<usize>,
    destination: Option<usize>,
    /// The log that a JSON row says it belongs to.
    path: Option<usize>,
    /// In the order of [`columns`].
    facts: [Option<usize>; MOST],
}

/// Most columns that facts are made of, in any log.
const MOST: usize = 7;

/// The columns that facts are made of; any name of a column is as good as the others.
fn columns(kind: Kind) -> &'static [&'static [&'static str]] {
    match kind {
        Kind::Dns => &[&["query"], &["qtype_name", "qtype"], &["rcode_name"], &["rcode"]],
        Kind::Http => &[&["user_agent"], &["host"], &["method"], &["resp_mime_types"], &["status_code"]],
        Kind::Ssl => &[
            &["server_name"],
            &["version"],
            &["ja4"],
            &["ja3"],
            &["validation_status"],
            &["subject"],
            &["issuer"],
        ],
        // Before Zeek 2.4 the outcome was a word.
        Kind::Ssh => &[&["auth_success", "status"], &["auth_attempts"], &["client"]],
        Kind::Files => &[&["mime_type"], &["source"], &["is_orig"], &["rx_hosts"]],
        Kind::SmbFiles => &[&["action"], &["path"], &["name"]],
        Kind::SmbMapping => &[&["path"]],
        Kind::SmbCmd => &[&["status"]],
    }
}

impl Places {
    fn of(kind: Kind, schema: &Schema) -> Self {
        let place = |names: &[&str]| names.iter().find_map(|name| schema.position(name));
        let mut places = Self {
            ts: place(&["ts"]),
            // Zeek before 5.1 writes a set of uids to files.log.
            uid: place(&["uid", "conn_uids"]),
            source: place(&["id.orig_h", "id_orig_h"]),
            destination: place(&["id.resp_h", "id_resp_h"]),
            path: place(&["_path", "@stream"]),
            facts: [None; MOST],
        };
        for (at, names) in places.facts.iter_mut().zip(columns(kind)) {
            *at = place(names);
        }
        places
    }
}

impl CompanionReader {
    /// A reader of a log with these columns. `seed` is the key of the hashes: that of the
    /// [`FlowReader`](crate::behaviour::FlowReader) of the same run.
    #[must_use]
    pub fn new(kind: Kind, seed: u64, schema: &Schema) -> Self {
        let mut reader =
            Self { kind, seed, names: Vec::new(), places: Places::default(), scratch: String::new() };
        reader.bind(schema);
        reader
    }

    /// The log that it reads.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The columns that a log should have and hasn't: what is made of them is off. JSON leaves out what is unset, so that
    /// nothing is known to be absent there. Only one of `ja4` and `ja3` is needed.
    #[must_use]
    pub fn absent(kind: Kind, schema: &Schema, is_json: bool) -> Vec<&'static str> {
        if is_json {
            return Vec::new();
        }
        let has = |name: &str| schema.position(name).is_some();
        let needless = |name: &str| match name {
            "ja3" => has("ja4"),
            "ja4" => has("ja3"),
            "rcode" => has("rcode_name"),
            "rcode_name" => has("rcode"),
            "rx_hosts" => has("id.orig_h"),
            "is_orig" => !has("id.orig_h") && has("rx_hosts"),
            _ => false,
        };
        columns(kind)
            .iter()
            .filter(|names| !names.iter().any(|name| has(name)) && !needless(names[0]))
            .map(|names| names[0])
            .collect()
    }

    /// What a row tells; `None` where it lacks a time or a uid, or belongs to another log, as in mixed JSON.
    pub fn read(&mut self, row: &Row<'_>) -> Option<CompanionRow> {
        let schema = row.schema();
        let columns = &schema.columns;
        if columns.len() != self.names.len()
            || columns.iter().zip(&self.names).any(|(c, name)| c.name != *name)
        {
            self.bind(schema);
        }
        let places = self.places;
        if let Some(path) = places.path.and_then(|place| row.text(place))
            && path != self.kind.path()
        {
            return None;
        }
        let uid = uid_hash(self.seed, parse::first(&row.text(places.uid?)?));
        let ts = value::time(row.text(places.ts?)?.as_bytes())?;
        if uid == 0 {
            return None;
        }
        let host =
            |place: Option<usize>| place.and_then(|place| row.text(place)).map_or(0, |text| self.host(&text));
        let (source, destination) = (host(places.source), host(places.destination));
        let cells = Cells { row, places: &places.facts, is_json: row.is_json() };
        let facts = match self.kind {
            Kind::Dns => Facts::Dns(self.dns(&cells)),
            Kind::Http => Facts::Http(self.http(&cells)),
            Kind::Ssl => Facts::Tls(self.tls(&cells)),
            Kind::Ssh => Facts::Ssh(self.ssh(&cells)),
            Kind::Files => Facts::File(self.file(&cells, source, destination)),
            Kind::SmbFiles => Facts::SmbFile(self.smb_file(&cells)),
            Kind::SmbMapping => {
                Facts::SmbMapping(SmbMappingFacts { share: self.lowered(cells.text(0).as_deref()) })
            }
            Kind::SmbCmd => Facts::SmbCommand(SmbCommandFacts {
                is_refused: cells
                    .text(0)
                    .is_some_and(|status| REFUSALS.iter().any(|word| status.contains(word))),
            }),
        };
        Some(CompanionRow { ts, uid, source, destination, facts })
    }

    fn bind(&mut self, schema: &Schema) {
        self.names = schema.columns.iter().map(|column| column.name.clone()).collect();
        self.places = Places::of(self.kind, schema);
    }

    fn text(&self, text: &str) -> u64 {
        known(hash::text(self.seed, text))
    }

    /// The hash of text that is known and not empty.
    fn known(&self, text: Option<&str>) -> u64 {
        text.filter(|text| !text.is_empty()).map_or(0, |text| self.text(text))
    }

    /// The same, whichever case it is in.
    fn lowered(&mut self, text: Option<&str>) -> u64 {
        let seed = self.seed;
        text.filter(|text| !text.is_empty())
            .map_or(0, |text| known(hash::text(seed, parse::lower(text, &mut self.scratch))))
    }

    /// The hash of an address as the flows have it.
    fn host(&self, text: &str) -> u64 {
        value::address(text.as_bytes()).map_or(0, |address| known(hash::address(self.seed, address)))
    }

    fn dns(&mut self, cells: &Cells<'_>) -> DnsFacts {
        let seed = self.seed;
        let mut facts = DnsFacts {
            query_type: self.known(cells.text(1).as_deref()),
            nxdomain: match (cells.text(2).as_deref(), cells.text(3).as_deref()) {
                (None, None) => None,
                (Some(name), _) => Some(name == "NXDOMAIN"),
                // RFC 1035, 4.1.1: a name error.
                (None, Some(code)) => Some(code == "3"),
            },
            ..DnsFacts::default()
        };
        let Some(query) = cells.text(0) else { return facts };
        let query = parse::lower(&query, &mut self.scratch);
        if let Some(name) = domain::registered(query) {
            facts.name = known(hash::text(seed, query));
            facts.domain = known(hash::text(seed, name.domain));
            facts.length = query.len().min(u16::MAX.into()) as u16;
            facts.below = domain::carried(name.below).min(u16::MAX.into()) as u16;
            facts.information = domain::information(name.below);
        }
        facts
    }

    fn http(&mut self, cells: &Cells<'_>) -> HttpFacts {
        let seed = self.seed;
        let method = self.known(cells.text(2).as_deref());
        let mut facts = HttpFacts {
            method,
            mime: self.known(cells.text(3).as_deref().map(parse::first)),
            is_error: cells
                .text(4)
                .as_deref()
                .and_then(|text| value::count(text.as_bytes()))
                .is_some_and(|status| (400..500).contains(&status)),
            ..HttpFacts::default()
        };
        // A request without an agent has none; an answer without its request may have had any.
        if cells.has(0) && method != 0 {
            let agent = cells.text(0).unwrap_or_default();
            facts.agent = known(hash::text(seed, parse::without_digits(&agent, &mut self.scratch)));
        }
        if let Some(host) = cells.text(1) {
            let host = domain::without_port(parse::lower(&host, &mut self.scratch));
            facts.is_address = domain::is_address(host);
            facts.domain = domain::registered(host).map_or(0, |name| known(hash::text(seed, name.domain)));
        }
        facts
    }

    fn tls(&mut self, cells: &Cells<'_>) -> TlsFacts {
        let seed = self.seed;
        let issuer = cells.text(6);
        let invalid = match cells.text(4) {
            Some(status) if status == "ok" => 0,
            Some(status) => self.text(&status),
            // Where Zeek validates nothing, what signs itself shows all the same.
            None if issuer.is_some() && issuer == cells.text(5) => self.text("self signed certificate"),
            None => 0,
        };
        let name = cells.text(0).filter(|name| !name.is_empty());
        let domain = name.as_deref().and_then(|name| {
            let name = domain::registered(parse::lower(name, &mut self.scratch))?;
            Some(known(hash::text(seed, name.domain)))
        });
        TlsFacts {
            domain: domain.unwrap_or(0),
            // Without the server's answer there is no version, and perhaps no hello was seen at all.
            has_no_name: cells.has(0) && name.is_none() && cells.text(1).is_some(),
            client: self.known(cells.text(2).or_else(|| cells.text(3)).as_deref()),
            invalid,
            issuer: self.known(issuer.as_deref()),
        }
    }

    fn ssh(&self, cells: &Cells<'_>) -> SshFacts {
        SshFacts {
            success: cells.text(0).as_deref().and_then(parse::flag),
            attempts: cells
                .text(1)
                .as_deref()
                .and_then(|text| value::count(text.as_bytes()))
                .unwrap_or(0)
                .min(MOST_ATTEMPTS) as f32,
            client: self.known(cells.text(2).as_deref()),
        }
    }

    fn file(&self, cells: &Cells<'_>, source: u64, destination: u64) -> FileFacts {
        let mime = cells.text(0);
        let receiver = match cells.text(2).as_deref().and_then(parse::flag) {
            Some(true) => destination,
            Some(false) => source,
            None => 0,
        };
        FileFacts {
            receiver: if receiver == 0 {
                cells.text(3).map_or(0, |hosts| self.host(parse::first(&hosts)))
            } else {
                receiver
            },
            mime: self.known(mime.as_deref()),
            protocol: self.known(cells.text(1).as_deref()),
            is_executable: mime.is_some_and(|mime| EXECUTABLE.contains(&&*mime)),
        }
    }

    fn smb_file(&mut self, cells: &Cells<'_>) -> SmbFileFacts {
        let name = self.lowered(cells.text(2).as_deref());
        let path = self.lowered(cells.text(1).as_deref());
        let action = cells.text(0);
        SmbFileFacts {
            // What is opened without a name is the share itself.
            file: if name == 0 { 0 } else { known(hash::join(path, name)) },
            is_change: action.is_some_and(|action| {
                ["WRITE", "RENAME", "DELETE"].iter().any(|change| action.ends_with(change))
            }),
        }
    }
}

/// The cells of a row that facts are made of.
struct Cells<'a> {
    row: &'a Row<'a>,
    places: &'a [Option<usize>; MOST],
    is_json: bool,
}

impl<'a> Cells<'a> {
    fn text(&self, nth: usize) -> Option<Cow<'a, str>> {
        self.row.text(self.places[nth]?)
    }

    /// Whether the log has the column. JSON has all: what it leaves out is unset.
    fn has(&self, nth: usize) -> bool {
        self.is_json || self.places[nth].is_some()
    }
}
