-- What people who look at incidents write and change, who they are, and what makes looking quick.

-- What people write of incidents.
CREATE TABLE note (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    time        REAL NOT NULL,                 -- seconds since 1970
    by          TEXT NOT NULL,                 -- who
    text        TEXT NOT NULL
) STRICT;

CREATE INDEX note_by_incident ON note (incident_id);

-- What people changed. The oldest entries go when there are too many.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time    REAL NOT NULL,                     -- seconds since 1970
    by      TEXT NOT NULL,                     -- who: the name of a token, or where it was typed
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,                     -- of what
    detail  TEXT NOT NULL                      -- how, in words
) STRICT;

-- The incidents that a change was of.
CREATE TABLE audit_incident (
    incident_id INTEGER NOT NULL,              -- which may be gone
    audit_id    INTEGER NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
    PRIMARY KEY (incident_id, audit_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_incident_by_audit ON audit_incident (audit_id);

-- Who may look from elsewhere. A token itself is nowhere: it has 256 random bits, so that a plain hash can't be guessed.
CREATE TABLE token (
    name    TEXT PRIMARY KEY,
    hash    BLOB NOT NULL UNIQUE,              -- SHA-256
    created REAL NOT NULL                      -- seconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    hash    BLOB PRIMARY KEY,                  -- SHA-256 of what the cookie holds
    token   TEXT NOT NULL REFERENCES token (name) ON DELETE CASCADE,
    created REAL NOT NULL,                     -- seconds since 1970
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- How often something of a kind changed: who looks asks only for that again.
CREATE TABLE change (
    topic  TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Words by which incidents are found, and alerts that have an explanation or evidence. Their numbers are those of the rows.
CREATE VIRTUAL TABLE incident_text USING fts5 (body, content = '', contentless_delete = 1);
CREATE VIRTUAL TABLE alert_text USING fts5 (body, content = '', contentless_delete = 1);

INSERT INTO alert_text (rowid, body)
    SELECT a.id, concat_ws(' ', a.uid, a.orig_h, a.resp_h, a.resp_p, a.proto, a.service, a.conn_state,
        CASE WHEN json_valid(d.evidence) THEN
            (SELECT group_concat(atom, ' ') FROM json_tree(d.evidence) WHERE type = 'text') END)
    FROM alert_detail d JOIN alert a ON a.id = d.alert_id;

-- What incidents are found by: hosts, ports and services of their stored rows.
CREATE TABLE incident_key (
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    kind        INTEGER NOT NULL CHECK (kind IN (1, 2, 3)), -- host, port, service
    value       ANY NOT NULL,                  -- a host as in alert_by_host, a number, one element of the set or '-'
    PRIMARY KEY (incident_id, kind, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX incident_by_key ON incident_key (kind, value);

-- Incidents that an older version wrote, which have neither keys nor words yet.
CREATE TABLE incident_stale (
    incident_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO incident_stale SELECT id FROM incident;

CREATE INDEX incident_by_severity ON incident (severity_rank DESC, score DESC, id);
-- All that is counted of a time, so that no row has to be looked at.
CREATE INDEX incident_counted ON incident
    (raised_ts, is_shadow, state, verdict, suppressed_by, severity_rank, sensor, host, score);
CREATE INDEX log_by_end ON log (last_ts);
