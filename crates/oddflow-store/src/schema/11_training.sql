-- What is kept out of a training that has begun: one that is begun again, by a service that was killed, learns the same.
CREATE TABLE training (
    model_id TEXT PRIMARY KEY REFERENCES model (id) ON DELETE CASCADE, -- the active one when it began
    due      REAL NOT NULL,                    -- end of the baseline, in log time
    guard    TEXT NOT NULL                     -- JSON: the rows that are kept out, as they were known then
) STRICT, WITHOUT ROWID;
