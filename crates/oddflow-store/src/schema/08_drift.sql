-- How each day of a sensor compares with the baseline of the model that it is watched with.
CREATE TABLE drift (
    model_id    TEXT NOT NULL REFERENCES model (id),
    sensor      TEXT NOT NULL,                 -- empty where there is but one
    day         INTEGER NOT NULL,              -- days since 1970, UTC
    is_over     INTEGER NOT NULL CHECK (is_over IN (0, 1)), -- whether rows of the day after have come
    verdict     TEXT NOT NULL CHECK (verdict IN ('stable', 'host', 'network', 'unclear')),
    rows        INTEGER NOT NULL,
    score_psi   REAL,                          -- population stability index of the scores; NULL where there were too few
    feature_psi REAL,                          -- the largest of a feature
    report      TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (model_id, sensor, day)
) STRICT;

CREATE INDEX drift_by_day ON drift (day);
