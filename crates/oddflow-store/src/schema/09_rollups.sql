-- What all traffic comes to, as each model counts it for each sensor: by day, host and service, and by channel.
CREATE TABLE traffic_source (
    id       INTEGER PRIMARY KEY,
    model_id TEXT NOT NULL REFERENCES model (id),
    sensor   TEXT NOT NULL,                    -- empty where there is but one
    turn     INTEGER NOT NULL,                 -- the larger, the later it was written
    newest   REAL NOT NULL,                    -- end of the newest connection, seconds since 1970
    UNIQUE (model_id, sensor)
) STRICT;

-- Numbers below 3 are no hosts: 0 all rows, 1 hosts beyond the most of a day, 2 connections without a local side.
CREATE TABLE traffic_host (
    id      INTEGER PRIMARY KEY CHECK (id >= 3),
    address BLOB NOT NULL UNIQUE,              -- 16 bytes, IPv4 mapped into IPv6
    last_day INTEGER NOT NULL                  -- the latest day on which it was counted, of any source
) STRICT;

-- Numbers below 2 are no services: 0 all of them, 1 those beyond the most of a day.
CREATE TABLE traffic_service (
    id   INTEGER PRIMARY KEY CHECK (id >= 2),
    name TEXT NOT NULL UNIQUE                  -- sorted, joined by commas; '-' where none was recognised
) STRICT;

-- A day of a service and a host. Rows of host 0 count each connection once, others each of its local sides.
CREATE TABLE traffic_day (
    source_id  INTEGER NOT NULL REFERENCES traffic_source (id),
    day        INTEGER NOT NULL,               -- days since 1970, UTC, by the ends of connections
    service_id INTEGER NOT NULL,
    host_id    INTEGER NOT NULL,
    rows       INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    orig_bytes INTEGER NOT NULL,
    resp_bytes INTEGER NOT NULL,
    peak       REAL NOT NULL,                  -- the highest score
    peers      BLOB NOT NULL,                  -- sketch of the addresses on the other side
    hours_id   INTEGER NOT NULL,               -- its hours
    PRIMARY KEY (source_id, day, service_id, host_id)
) STRICT, WITHOUT ROWID;

-- The hours of a day, in the bytes of oddflow-rollups. Apart from it, so that many days are added up without touching their hours.
CREATE TABLE traffic_hours (
    id      INTEGER PRIMARY KEY,
    moments BLOB NOT NULL,                     -- sums of the numeric columns; empty but for host 0
    hours   BLOB NOT NULL                      -- counts of half hours, ports and distributions of hours
) STRICT;

-- A local host's connections with one peer, to one port, of one service, since they were first seen.
CREATE TABLE channel (
    source_id  INTEGER NOT NULL REFERENCES traffic_source (id),
    host_id    INTEGER NOT NULL,
    peer       BLOB NOT NULL,                  -- 16 bytes, IPv4 mapped into IPv6
    port       INTEGER NOT NULL,               -- of the responder
    proto      INTEGER NOT NULL,               -- 0 TCP, 1 UDP, 2 ICMP, 3 other
    service_id INTEGER NOT NULL,
    is_served  INTEGER NOT NULL CHECK (is_served IN (0, 1)), -- whether the host is the responder
    first_ts   REAL NOT NULL,                  -- ends of connections, seconds since 1970
    last_ts    REAL NOT NULL,
    latest_ts  REAL NOT NULL,                  -- of the one that was read last
    rows       INTEGER NOT NULL,
    orig_bytes INTEGER NOT NULL,
    resp_bytes INTEGER NOT NULL,
    gap_mean   REAL NOT NULL,                  -- seconds from one end to the next
    gap_m2     REAL NOT NULL,                  -- sum of squared differences from it
    PRIMARY KEY (source_id, host_id, peer, port, proto, service_id, is_served)
) STRICT, WITHOUT ROWID;

-- Hosts whose channels are more than are kept.
CREATE TABLE channel_host (
    source_id INTEGER NOT NULL REFERENCES traffic_source (id),
    host_id   INTEGER NOT NULL,
    hour      INTEGER NOT NULL,                -- when others gave way to its new channels last, hours since 1970
    times     INTEGER NOT NULL,                -- how often then
    displaced INTEGER NOT NULL,                -- channels that were forgotten
    uncounted INTEGER NOT NULL,                -- connections that no channel counts
    PRIMARY KEY (source_id, host_id)
) STRICT, WITHOUT ROWID;
