-- Models as files, which of them is at work, and how that came about.

CREATE TABLE model_file (
    model_id TEXT PRIMARY KEY REFERENCES model (id),
    length   INTEGER NOT NULL,                 -- of bytes
    bytes    BLOB NOT NULL                     -- the file as `oddflow train` writes it
) STRICT;

-- What a model is to the service. One without a row is retired: it was only ever named on a command line.
CREATE TABLE model_role (
    model_id   TEXT PRIMARY KEY REFERENCES model (id),
    role       TEXT NOT NULL CHECK (role IN ('active', 'shadow', 'retired')),
    since      REAL NOT NULL,                  -- that it has this role, seconds since 1970
    is_watched INTEGER NOT NULL DEFAULT 0 CHECK (is_watched IN (0, 1)), -- the service went by it last
    trial_from REAL                            -- of a shadow: end of its baseline, in log time
) STRICT;

CREATE UNIQUE INDEX model_active ON model_role (role) WHERE role = 'active';
CREATE UNIQUE INDEX model_shadow ON model_role (role) WHERE role = 'shadow';
CREATE UNIQUE INDEX model_watched ON model_role (is_watched) WHERE is_watched = 1;

-- What happened to models, in order.
CREATE TABLE model_event (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id  TEXT NOT NULL REFERENCES model (id),
    time      REAL NOT NULL,                   -- seconds since 1970
    event     TEXT NOT NULL CHECK (event IN ('imported', 'learned', 'shadowed', 'activated', 'retired', 'emptied')),
    reason    TEXT NOT NULL,
    is_undone INTEGER NOT NULL DEFAULT 0 CHECK (is_undone IN (0, 1)) -- an activation that was rolled back
) STRICT;

CREATE INDEX model_event_by_model ON model_event (model_id);

-- What a shadow found, and nobody was told of. It is no longer so when the incident grows after its model was activated.
ALTER TABLE incident ADD COLUMN is_shadow INTEGER NOT NULL DEFAULT 0 CHECK (is_shadow IN (0, 1));
CREATE INDEX incident_by_shadow ON incident (is_shadow) WHERE is_shadow = 1;
