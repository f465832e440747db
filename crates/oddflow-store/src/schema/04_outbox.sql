-- Notices that wait to be delivered, a row for each sink that is to be told. A delivered one is gone;
-- one that was given up stays and is counted.
CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: receivers are told in this order
    sink     TEXT NOT NULL,
    notice   TEXT NOT NULL,                    -- JSON
    attempts INTEGER NOT NULL DEFAULT 0,       -- that failed
    next_try REAL,                             -- seconds since 1970; NULL where it was never tried
    error    TEXT,                             -- of the last attempt
    dead     INTEGER NOT NULL DEFAULT 0 CHECK (dead IN (0, 1))
) STRICT;

CREATE INDEX outbox_by_sink ON outbox (sink, dead, id);
