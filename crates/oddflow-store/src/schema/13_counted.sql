-- Alerts in order of their score tell their services too, so that those of a service that score low are found without a look at those
-- that score higher. The search tables are filled by the next writer.
DROP TABLE alert_by_score;
DELETE FROM alert_by_time;
DELETE FROM alert_by_host;
DELETE FROM alert_by_port;
DELETE FROM alert_by_service;
UPDATE search SET last_alert = 0;

CREATE TABLE alert_by_score (
    score    REAL NOT NULL,
    alert_id INTEGER NOT NULL,
    ts       REAL NOT NULL,
    orig_h   INTEGER,                          -- 32 bits of the address: others may have the same
    orig_p   INTEGER,
    resp_h   INTEGER,
    resp_p   INTEGER,
    service  TEXT,
    PRIMARY KEY (score DESC, alert_id)
) STRICT, WITHOUT ROWID;

-- Incidents are counted that were going on in a time, as they are listed.
DROP INDEX incident_counted;
DROP INDEX incident_by_end;
CREATE INDEX incident_counted ON incident
    (last_ts, first_ts, raised_ts, is_shadow, state, verdict, suppressed_by, severity, sensor, host, score);
