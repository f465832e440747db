-- A model may watch several sensors. What is carried from row to row is each one's own, as are the numbers of its incidents.

CREATE TABLE state (
    id       INTEGER PRIMARY KEY,
    model_id TEXT NOT NULL REFERENCES model (id),
    sensor   TEXT NOT NULL,                    -- empty where there is but one
    revision INTEGER NOT NULL,                 -- how often it was written, with the pieces of its journal
    bytes    BLOB NOT NULL,                    -- empty until it is written the first time
    UNIQUE (model_id, sensor)
) STRICT;

INSERT INTO state (model_id, sensor, revision, bytes)
    SELECT id, '', state_revision, state FROM model WHERE state_revision > 0;
ALTER TABLE model DROP COLUMN state;
ALTER TABLE model DROP COLUMN state_revision;

CREATE TABLE state_journal (
    state_id INTEGER NOT NULL REFERENCES state (id),
    number   INTEGER NOT NULL,                 -- state.revision that it led to
    rows     BLOB NOT NULL,
    PRIMARY KEY (state_id, number)
) STRICT;
INSERT INTO state_journal SELECT s.id, j.number, j.rows FROM journal j JOIN state s USING (model_id);
DROP TABLE journal;

-- What the program carries beside the state, as of the journal's end. Without a journal there is none:
-- then it stands in the state.
CREATE TABLE state_beside (
    state_id INTEGER PRIMARY KEY REFERENCES state (id),
    bytes    BLOB NOT NULL
) STRICT;
INSERT INTO state_beside SELECT s.id, b.bytes FROM beside_state b JOIN state s USING (model_id);
DROP TABLE beside_state;

-- As before, with the sensor in what an incident is known by.
CREATE TABLE incident_of_sensor (
    id          INTEGER PRIMARY KEY,
    model_id    TEXT NOT NULL REFERENCES model (id),
    sensor      TEXT NOT NULL,                 -- empty where there is but one
    number      INTEGER NOT NULL,              -- the run's own; the bits of an unsigned one
    host        TEXT NOT NULL,                 -- address of the local host
    host_key    BLOB,                          -- as in alert_by_host; NULL where host is no address
    family      TEXT NOT NULL,
    class       TEXT NOT NULL,                 -- direction and transport
    state       TEXT NOT NULL CHECK (state IN ('raised', 'over_budget')),
    first_ts    REAL NOT NULL,                 -- end of the first connection
    last_ts     REAL NOT NULL,                 -- end of the latest one
    raised_ts   REAL NOT NULL,                 -- end of the one that passed the threshold
    rows        INTEGER NOT NULL,              -- that count as part of it, stored or not
    rows_stored INTEGER NOT NULL DEFAULT 0,    -- alerts that belong to it
    peak        REAL NOT NULL,                 -- highest score of a row
    score       REAL NOT NULL,
    threshold   REAL NOT NULL,
    severity    TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    severity_rank INTEGER NOT NULL
        AS (CASE severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END),
    title       TEXT NOT NULL,
    technique   TEXT,                          -- ATT&CK id that the behaviour suggests
    summary     TEXT NOT NULL,                 -- JSON
    suppressed_by INTEGER REFERENCES suppression (id), -- the rule that hides it
    verdict     TEXT CHECK (verdict IN ('confirmed', 'benign')),
    verdict_ts  REAL,                          -- when it was said, seconds since 1970
    verdict_note TEXT,
    UNIQUE (model_id, sensor, number)
) STRICT;
INSERT INTO incident_of_sensor (id, model_id, sensor, number, host, host_key, family, class, state, first_ts, last_ts,
        raised_ts, rows, rows_stored, peak, score, threshold, severity, title, technique, summary, suppressed_by,
        verdict, verdict_ts, verdict_note)
    SELECT id, model_id, '', number, host, host_key, family, class, state, first_ts, last_ts,
        raised_ts, rows, rows_stored, peak, score, threshold, severity, title, technique, summary, suppressed_by,
        verdict, verdict_ts, verdict_note FROM incident;
DROP TABLE incident;
ALTER TABLE incident_of_sensor RENAME TO incident;

CREATE INDEX incident_by_time ON incident (raised_ts);
CREATE INDEX incident_by_score ON incident (score);
CREATE INDEX incident_by_host ON incident (host_key);
CREATE INDEX incident_by_suppression ON incident (suppressed_by) WHERE suppressed_by IS NOT NULL;
CREATE INDEX incident_by_end ON incident (last_ts); -- what expires first
