#!/usr/bin/env python3
"""The way this kind of detector is usually deployed, as a yardstick: pandas, Keras, SQLite, a file at a time.

    seed_pipeline.py --fit LOG [--fit-rows N] [--db FILE] [--limit N] DIRECTORY_OR_FILE...

For each rotated conn log: read with pandas, the classic processing, the scaler, the autoencoder
55-32-16-32-55 (Keras' `predict` with its default batch of 32), and the top 5% of the file appended to SQLite.
The vocabulary comes from LOG, the scaler from its first rows. The weights are random: their values do not change the
time. Where Keras is missing, numpy computes the same network in one batch, which is much faster; the output says
which it was. Prints one JSON object: seconds by stage, the total without the one-off preparation, rows, flagged rows.
"""
import argparse
import json
import os
import pathlib
import sqlite3
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

import classic

HIDDEN = [32, 16, 32]
FLAGGED = 0.05


class Clock:
    """Seconds by stage."""

    def __init__(self):
        self.seconds = {}

    def measure(self, stage, function, *arguments):
        start = time.perf_counter()
        result = function(*arguments)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
        return result


def keras_network(width):
    import keras
    layers = [keras.Input((width,))]
    layers += [keras.layers.Dense(size, activation="relu") for size in HIDDEN]
    network = keras.Sequential(layers + [keras.layers.Dense(width)])
    return "Keras %s (%s)" % (keras.__version__, keras.backend.backend()), lambda rows: network.predict(rows, verbose=0)


def numpy_network(width):
    rng = np.random.default_rng(0)
    sizes = [width, *HIDDEN, width]
    weights = [rng.normal(0, (2 / fan_in) ** 0.5, (fan_in, fan_out)).astype("float32")
               for fan_in, fan_out in zip(sizes, sizes[1:])]

    def predict(rows):
        for weight in weights[:-1]:
            rows = np.maximum(rows @ weight, 0)
        return rows @ weights[-1]

    return "numpy %s" % np.__version__, predict


def build_network(width):
    try:
        return keras_network(width)
    except ImportError:
        return numpy_network(width)


def flag(table, rows, reconstruction, name):
    """The rows whose error lies above the file's own 95th percentile."""
    error = np.mean((rows - reconstruction) ** 2, axis=1)
    flagged = table[error > np.quantile(error, 1 - FLAGGED)].copy()
    flagged["score"] = error[flagged.index]
    flagged["file"] = name
    return flagged


def logs_under(arguments):
    for argument in map(pathlib.Path, arguments):
        if argument.is_dir():
            yield from sorted(argument.rglob("conn.*.gz"))
        else:
            yield argument


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", help="rotated conn logs, or directories that hold them")
    parser.add_argument("--fit", required=True, metavar="LOG", help="log to fit vocabulary and scaler on")
    parser.add_argument("--fit-rows", type=int, default=100_000, help="rows that the scaler takes (default 100000)")
    parser.add_argument("--db", help="SQLite file to append to; a temporary one if not given")
    parser.add_argument("--limit", type=int, help="read only the first N logs")
    options = parser.parse_args()

    start = time.perf_counter()
    train = classic.read_conn(options.fit)
    levels = {name: sorted(classic.categorical(train, name).unique()) for name in classic.ONE_HOT}
    matrix = classic.natural(train.iloc[:options.fit_rows], levels)
    scaler = StandardScaler().fit(matrix)
    backend, predict = build_network(matrix.shape[1])
    predict(np.zeros((32, matrix.shape[1]), "float32"))
    prepared = time.perf_counter() - start

    clock, rows, flagged_rows = Clock(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(options.db or os.path.join(directory, "alerts.db"))
        logs = list(logs_under(options.logs))[:options.limit]
        begin = time.perf_counter()
        for log in logs:
            table = clock.measure("read", classic.read_conn, log)
            natural = clock.measure("process", classic.natural, table, levels)
            scaled = clock.measure("scale", scaler.transform, natural).astype("float32")
            reconstruction = clock.measure("predict", predict, scaled)
            flagged = clock.measure("flag", flag, table, scaled, reconstruction, str(log))
            clock.measure("insert", lambda: flagged.to_sql("anomalies", database, if_exists="append", index=False))
            database.commit()
            rows, flagged_rows = rows + len(table), flagged_rows + len(flagged)
        total = time.perf_counter() - begin
        database.close()
    print(json.dumps({
        "network": backend, "pandas": pd.__version__, "width": matrix.shape[1], "files": len(logs), "rows": rows,
        "flagged": flagged_rows, "prepare_s": round(prepared, 3),
        "seconds": {stage: round(seconds, 3) for stage, seconds in clock.seconds.items()},
        "total_s": round(total, 3), "rows_per_s": round(rows / total) if total else None,
    }))


if __name__ == "__main__":
    main()
