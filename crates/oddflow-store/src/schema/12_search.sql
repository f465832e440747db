-- What alerts are found by tells more of them: so those of a host, a port or a service are put in order without a look at the alerts, and
-- of those in order of their score most are passed over without one. Within a host, a port or a service they stay in the order in which
-- they came: new ones are written at the end of each. The tables are filled by the next writer.
DROP TABLE alert_by_score;
DROP TABLE alert_by_host;
DROP TABLE alert_by_port;
DROP TABLE alert_by_service;
DELETE FROM alert_by_time;
UPDATE search SET last_alert = 0;

CREATE TABLE alert_by_score (
    score    REAL NOT NULL,
    alert_id INTEGER NOT NULL,
    ts       REAL NOT NULL,
    orig_h   INTEGER,                          -- 32 bits of the address: others may have the same
    orig_p   INTEGER,
    resp_h   INTEGER,
    resp_p   INTEGER,
    PRIMARY KEY (score DESC, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_host (
    host     BLOB NOT NULL,                    -- 16 bytes, IPv4 mapped into IPv6; either side
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (host, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_port (
    port     INTEGER NOT NULL,                 -- either side
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (port, alert_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_by_service (
    service  TEXT NOT NULL,                    -- one element of the set
    alert_id INTEGER NOT NULL,
    score    REAL NOT NULL,
    ts       REAL NOT NULL,
    PRIMARY KEY (service, alert_id)
) STRICT, WITHOUT ROWID;

-- The severity itself: the rank is computed, and what is computed would be looked up in the row.
DROP INDEX incident_counted;
CREATE INDEX incident_counted ON incident
    (raised_ts, is_shadow, state, verdict, suppressed_by, severity, sensor, host, score);
