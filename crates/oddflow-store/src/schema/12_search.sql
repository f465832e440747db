-- What alerts are found by tells more of them: so those of a host, a port or a service are put in order without a look at the alerts, and
-- of those in order of their score most are passed over without one. Within a host, a port or a service they stay in the order in which
-- they came: new ones are written at the end of each.
CREATE TABLE alert_of_score (
    score    REAL NOT NULL,
    alert_id INTEGER NOT NULL,
    ts       REAL NOT NULL,
    orig_p   INTEGER,
    resp_p   INTEGER,
    PRIMARY KEY (score DESC, alert_id)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_of_score SELECT a.score, a.id, a.ts, a.orig_p, a.resp_p FROM alert_by_score s JOIN alert a ON a.id = s.alert_id
    ORDER BY 1 DESC, 2;
DROP TABLE alert_by_score;
ALTER TABLE alert_of_score RENAME TO alert_by_score;

CREATE TABLE alert_of_host (
    host     BLOB NOT NULL,                    -- 16 bytes, IPv4 mapped into IPv6; either side
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (host, alert_id)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_of_host SELECT s.host, a.id, a.score, a.ts FROM alert_by_host s JOIN alert a ON a.id = s.alert_id
    ORDER BY 1, 2;
DROP TABLE alert_by_host;
ALTER TABLE alert_of_host RENAME TO alert_by_host;

CREATE TABLE alert_of_port (
    port     INTEGER NOT NULL,                 -- either side
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (port, alert_id)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_of_port SELECT s.port, a.id, a.score, a.ts FROM alert_by_port s JOIN alert a ON a.id = s.alert_id
    ORDER BY 1, 2;
DROP TABLE alert_by_port;
ALTER TABLE alert_of_port RENAME TO alert_by_port;

CREATE TABLE alert_of_service (
    service  TEXT NOT NULL,                    -- one element of the set
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (service, alert_id)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_of_service SELECT s.service, a.id, a.score, a.ts FROM alert_by_service s JOIN alert a ON a.id = s.alert_id
    ORDER BY 1, 2;
DROP TABLE alert_by_service;
ALTER TABLE alert_of_service RENAME TO alert_by_service;

-- The severity itself: the rank is computed, and what is computed would be looked up in the row.
DROP INDEX incident_counted;
CREATE INDEX incident_counted ON incident
    (raised_ts, is_shadow, state, verdict, suppressed_by, severity, sensor, host, score);
