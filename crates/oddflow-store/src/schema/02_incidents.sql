-- Incidents, and what an alert says of itself.

-- One row for each incident: rows of one local host, one family and one class. It is written again as
-- it grows.
CREATE TABLE incident (
    id          INTEGER PRIMARY KEY,
    model_id    TEXT NOT NULL REFERENCES model (id),
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
    UNIQUE (model_id, number)
) STRICT;

-- Incidents are tens a day, so ordinary indexes cost nothing that is felt.
CREATE INDEX incident_by_time ON incident (raised_ts);
CREATE INDEX incident_by_score ON incident (score);
CREATE INDEX incident_by_host ON incident (host_key);

-- What an alert has besides. A table of its own, since a recipe without incidents has none of it: three
-- unset columns and their index would make storing its alerts 4% slower.
CREATE TABLE alert_detail (
    alert_id    INTEGER PRIMARY KEY REFERENCES alert (id),
    incident_id INTEGER REFERENCES incident (id),
    explanation TEXT,                          -- JSON
    evidence    TEXT                           -- JSON: what other logs say of the connection
) STRICT;

CREATE INDEX alert_detail_by_incident ON alert_detail (incident_id);

-- The highest number of an alert that was removed: numbers are not used again.
ALTER TABLE search ADD COLUMN last_removed INTEGER NOT NULL DEFAULT 0;
