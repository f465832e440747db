"""The steps of the usual notebook in pandas: read conn logs, correlate and count the numeric columns, count rows in half
hours, and count values. Nothing is drawn.

    explore_pandas.py READER LOG...

READER is one of pandas' own, `c` or `pyarrow`. Prints JSON: seconds of reading and of the statistics, without start and
import, and pandas' version.
"""
import json
import sys
import time

import numpy as np
import pandas as pd

from conn_pandas import NUMBERS, Reader

BINS = 50
VALUES = ["proto", "service", "conn_state", "id.orig_h", "id.resp_h", "id.orig_p", "id.resp_p"]


def statistics(table):
    """What the notebook's cells come to, before anything is drawn."""
    numeric = table[[name for name in table if name in NUMBERS and name != "ts"]]
    half_hours = pd.to_datetime(table["ts"].astype("float64"), unit="s", utc=True).dt.floor("30min")
    return {
        "correlations": numeric.corr(),
        "histograms": {
            name: np.histogram(numeric[name].dropna().to_numpy(dtype="float64"), bins=BINS) for name in numeric
        },
        "half_hours": table.groupby(half_hours).size(),
        "top": {name: table[name].value_counts() for name in VALUES if name in table},
    }


def main(engine, *paths):
    reader = Reader(engine, paths[0])
    start = time.perf_counter()
    table = reader.read(paths)
    read = time.perf_counter()
    statistics(table)
    done = time.perf_counter()
    print(json.dumps({"read": read - start, "statistics": done - read, "rows": len(table), "pandas": pd.__version__}))


main(*sys.argv[1:])
