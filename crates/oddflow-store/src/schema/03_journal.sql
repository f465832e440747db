-- What came since a model's state was written: the state is tens of megabytes, too much to write with
-- every transaction of a program that never stops.

-- The rows that the state has taken in since, in the order in which they came.
CREATE TABLE journal (
    model_id TEXT NOT NULL REFERENCES model (id),
    number   INTEGER NOT NULL,                 -- model.state_revision that it led to
    rows     BLOB NOT NULL,
    PRIMARY KEY (model_id, number)
) STRICT;

-- What the program carries beside the state, as of the journal's end. Without a journal there is none:
-- then it stands in the state.
CREATE TABLE beside_state (
    model_id TEXT PRIMARY KEY REFERENCES model (id),
    bytes    BLOB NOT NULL
) STRICT;
