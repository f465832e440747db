-- Models, the ledger of what was read, and alerts.

PRAGMA application_id = 1868850278; -- 'oddf'

CREATE TABLE model (
    id             TEXT PRIMARY KEY,           -- hash of its content, hexadecimal
    recipe         TEXT NOT NULL,
    tool_version   TEXT NOT NULL,
    summary        TEXT NOT NULL,              -- JSON: what it was trained on
    threshold      REAL NOT NULL,              -- the default one
    state_revision INTEGER NOT NULL DEFAULT 0, -- how often the state was written
    state          BLOB NOT NULL               -- what its recipe carries from row to row
) STRICT;

-- One row for each log that a model has read. Counts are of the whole log so far.
CREATE TABLE log (
    id              INTEGER PRIMARY KEY,
    model_id        TEXT NOT NULL REFERENCES model (id),
    path            TEXT NOT NULL,             -- the kind of log, as in '#path'
    opened          TEXT NOT NULL,             -- the text of '#open', or empty
    first_uid       TEXT NOT NULL,             -- uid of the first row, or a hash of the first line
    file            TEXT NOT NULL,             -- the name under which it was seen last
    bytes           INTEGER NOT NULL DEFAULT 0,  -- uncompressed
    lines           INTEGER NOT NULL DEFAULT 0,
    rows            INTEGER NOT NULL DEFAULT 0,
    rows_scored     INTEGER NOT NULL DEFAULT 0,
    rows_flagged    INTEGER NOT NULL DEFAULT 0,
    unreadable_rows INTEGER NOT NULL DEFAULT 0,
    unreadable      TEXT NOT NULL DEFAULT '{}',  -- JSON: kind -> count
    first_ts        REAL,
    last_ts         REAL,
    threshold       REAL,                      -- the one that was applied last
    UNIQUE (model_id, path, opened, first_uid)
) STRICT;

-- One row for each flagged row of a log, in the order in which they were stored.
CREATE TABLE alert (
    id            INTEGER PRIMARY KEY,
    log_id        INTEGER NOT NULL REFERENCES log (id),
    line          INTEGER NOT NULL,
    ts            REAL NOT NULL,
    uid           TEXT NOT NULL,
    orig_h        TEXT NOT NULL,
    orig_p        INTEGER,
    resp_h        TEXT NOT NULL,
    resp_p        INTEGER,
    proto         TEXT,
    service       TEXT,
    conn_state    TEXT,
    duration      REAL,
    orig_bytes    INTEGER,
    resp_bytes    INTEGER,
    orig_pkts     INTEGER,
    resp_pkts     INTEGER,
    history       TEXT,
    local_orig    INTEGER,
    local_resp    INTEGER,
    score         REAL NOT NULL,
    threshold     REAL NOT NULL,
    contributions TEXT NOT NULL,               -- JSON: [[name, value, expected, share], ...]
    UNIQUE (log_id, line)
) STRICT;

-- What alerts are searched by. These tables hold the alerts up to number search.last_alert; the newer
-- ones are found by reading them. They are indexes in all but name: as indexes they would be written
-- to at random places with every small transaction, which makes storing alerts many times slower.
CREATE TABLE search (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    last_alert INTEGER NOT NULL
) STRICT;
INSERT INTO search VALUES (1, 0);

CREATE TABLE alert_by_score (
    score    REAL NOT NULL,
    alert_id INTEGER NOT NULL,
    PRIMARY KEY (score DESC, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_time (
    ts       REAL NOT NULL,
    alert_id INTEGER NOT NULL,
    PRIMARY KEY (ts, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_host (
    host     BLOB NOT NULL,                    -- 16 bytes, IPv4 mapped into IPv6; either side
    alert_id INTEGER NOT NULL,
    PRIMARY KEY (host, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_port (
    port     INTEGER NOT NULL,                 -- either side
    alert_id INTEGER NOT NULL,
    PRIMARY KEY (port, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_service (
    service  TEXT NOT NULL,                    -- one element of the set
    alert_id INTEGER NOT NULL,
    PRIMARY KEY (service, alert_id)
) STRICT, WITHOUT ROWID;
