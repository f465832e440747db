-- What people say of incidents: rules that hide them, and verdicts. None of it changes what the run says, so that all
-- of it can be taken back.
CREATE TABLE suppression (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: scripts know rules by it
    expression TEXT NOT NULL,                  -- of rows of incidents
    reason     TEXT NOT NULL,
    malicious  INTEGER NOT NULL CHECK (malicious IN (0, 1)), -- whether what it hides must not pass for normal
    created    REAL NOT NULL,                  -- seconds since 1970
    expires    REAL                            -- incidents raised from then on are not hidden; NULL for never
) STRICT;

ALTER TABLE incident ADD COLUMN suppressed_by INTEGER REFERENCES suppression (id); -- the rule that hides it
ALTER TABLE incident ADD COLUMN verdict TEXT CHECK (verdict IN ('confirmed', 'benign'));
ALTER TABLE incident ADD COLUMN verdict_ts REAL;   -- when it was said, seconds since 1970
ALTER TABLE incident ADD COLUMN verdict_note TEXT;

CREATE INDEX incident_by_suppression ON incident (suppressed_by) WHERE suppressed_by IS NOT NULL;
-- What expires first.
CREATE INDEX incident_by_end ON incident (last_ts);
