#!/usr/bin/env python3
"""The statistics of `oddflow explore` in pandas: what its numbers must be, computed another way.

    explore.py LOG [--zone NAME] [--top N]

LOG is a Zeek TSV conn log, plain or .gz. Prints JSON with the names of `oddflow explore --json`, as far as it computes them.
All numbers are exact; `oddflow explore` gives quantiles within the error it states, and bins within it of their edges.
"""
import argparse
import json
import math
import sys

import numpy as np
import pandas as pd

from classic import read_conn

NUMERIC = ["duration", "orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts",
           "resp_ip_bytes"]
TEN_YEARS = 3652.5 * 86400
# What a bin of 256 an octave may be off by, as a share of the value.
BIN_ERROR = 1 / 512
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


def typed(path):
    """The log with numbers and times as such; columns that it lacks are unset."""
    table = read_conn(path)
    for name in NUMERIC + ["conn_state"]:
        if name not in table:
            table[name] = None
    for name in NUMERIC + ["ts"]:
        table[name] = pd.to_numeric(table[name])
    table["duration"] = table["duration"].where(table["duration"].between(0, TEN_YEARS))
    table["sent"] = table["orig_bytes"].fillna(0).astype("int64")
    table["received"] = table["resp_bytes"].fillna(0).astype("int64")
    return table


def matrix(numbers):
    """Pearson's coefficients over the rows that have both; None where a column is constant there."""
    rows = []
    for one in NUMERIC:
        row = []
        for other in NUMERIC:
            both = numbers[one].notna() & numbers[other].notna()
            a, b = numbers.loc[both, one], numbers.loc[both, other]
            defined = len(a) >= 2 and a.nunique() > 1 and b.nunique() > 1
            row.append(float(np.corrcoef(a, b)[0, 1]) if defined else None)
        rows.append(row)
    return rows


def correlations(numbers):
    """Both matrices, and how many rows each pair has."""
    is_set = numbers.notna().astype("int64")
    return {
        "columns": NUMERIC,
        "pearson": matrix(numbers),
        "log_pearson": matrix(np.log1p(numbers)),
        "rows": is_set.T.dot(is_set).values.tolist(),
    }


def column(values, name):
    """A column's moments, quantiles by rank, and numpy's histogram of 50 bins."""
    known = np.sort(values.dropna().to_numpy(dtype="float64"))
    count = len(known)
    out = {"name": name, "count": count, "unset": len(values) - count, "zeros": int((known == 0).sum())}
    if count == 0:
        return out | {"min": None, "max": None, "mean": None, "deviation": None, "quantiles": []}
    ranks = {quantile: max(math.ceil(q * count), 1) for quantile, q in QUANTILES.items()}
    same = known[0] == known[-1]
    counts, edges = np.histogram(known, bins=1 if same else 50)
    return out | {
        "min": known[0],
        "max": known[-1],
        "mean": known.mean(),
        "deviation": known.std(ddof=1) if count > 1 else None,
        "quantiles": [{"name": quantile, "value": known[rank - 1]} for quantile, rank in ranks.items()],
        "linear": {"edges": edges.tolist(), "counts": counts.tolist(), "below": below(known, edges[1:-1])},
    }


def below(known, edges):
    """For each inner edge how many values lie below it at least and at most, where a value may be off by a bin's error."""
    least = np.searchsorted(known, edges * (1 - BIN_ERROR) - 1e-6, side="left")
    most = np.searchsorted(known, edges * (1 + BIN_ERROR) + 1e-6, side="right")
    return [[int(a), int(b)] for a, b in zip(least, most)]


def ranking(table, values, top):
    """Values by rows, with shares and bytes, ties in the order of the values."""
    groups = table.groupby(values).agg(rows=("ts", "size"), orig_bytes=("sent", "sum"), resp_bytes=("received", "sum"))
    groups = groups.reset_index(names="name").sort_values(["rows", "name"], ascending=[False, True])
    rows = int(groups["rows"].sum())
    groups["share"] = groups["rows"] / max(rows, 1)
    return {"rows": rows, "distinct": len(groups), "items": groups.head(top).to_dict("records")}


def service_set(services):
    """`http,ssl` for `ssl,http`."""
    return ",".join(sorted(set(services.split(",")))) if isinstance(services, str) else "-"


def top(table, limit):
    """The seven rankings. Ports are those of TCP and UDP."""
    ports = table[table["proto"].isin(["tcp", "udp"])]
    return {
        "protocols": ranking(table, table["proto"], limit),
        "services": ranking(table, table["service"].map(service_set), limit),
        "states": ranking(table, table["conn_state"].fillna("-"), limit),
        "sources": ranking(table, table["id.orig_h"], limit),
        "destinations": ranking(table, table["id.resp_h"], limit),
        "source_ports": ranking(ports, ports["id.orig_p"] + "/" + ports["proto"], limit),
        "destination_ports": ranking(ports, ports["id.resp_p"] + "/" + ports["proto"], limit),
    }


def grid(table, when, values):
    """Seven days, Monday first, of 24 hours, with the sum of `values` in each."""
    sums = values.groupby([when.dt.day_of_week, when.dt.hour]).sum()
    return [[int(sums.get((day, hour), 0)) for hour in range(24)] for day in range(7)]


def in_time(table, zone):
    """Rows and bytes by date, half hour and hour of the week on the zone's clock."""
    when = pd.to_datetime((table["ts"] // 1).astype("int64"), unit="s", utc=True).dt.tz_convert(zone)
    start = when.dt.normalize()
    slot = ((when - start).dt.total_seconds() // 1800).astype("int64")
    days = []
    for day, rows in table.groupby(start):
        days.append({
            "date": str(day.date()),
            "rows": len(rows),
            "orig_bytes": int(rows["sent"].sum()),
            "resp_bytes": int(rows["received"].sum()),
            "half_hours": {int(i): int(n) for i, n in slot[rows.index].value_counts().sort_index().items()},
        })
    return {
        "days": days,
        "hour_of_week": {
            "rows": grid(table, when, pd.Series(1, index=table.index)),
            "orig_bytes": grid(table, when, table["sent"]),
            "resp_bytes": grid(table, when, table["received"]),
        },
    }


def overview(table):
    """Rows, span, order, missed bytes and what is unset."""
    ts = table["ts"]
    missed = table["missed_bytes"].fillna(0)
    fields = ["uid", "service", "duration", "orig_bytes", "resp_bytes", "conn_state", "local_orig", "local_resp",
              "history"]
    return {
        "rows": len(table),
        "first": ts.min() if len(table) else None,
        "last": ts.max() if len(table) else None,
        "out_of_order": int((ts.diff() < 0).sum()),
        "furthest_back": float((ts.cummax() - ts).max()) if len(table) else 0.0,
        "missed_bytes": int(missed.sum()),
        "missed_rows": int((missed > 0).sum()),
        "unset": {name: int(table[name].isna().sum()) for name in fields if name in table},
        "sources": table["id.orig_h"].nunique(),
        "destinations": table["id.resp_h"].nunique(),
        "addresses": len(set(table["id.orig_h"]) | set(table["id.resp_h"])),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("--top", type=int, default=20)
    arguments = parser.parse_args()
    table = typed(arguments.log)
    statistics = {
        "overview": overview(table),
        "correlations": correlations(table[NUMERIC]),
        "columns": [column(table[name], name) for name in NUMERIC],
        "time": in_time(table, arguments.zone),
        "top": top(table, arguments.top),
    }
    json.dump(statistics, sys.stdout, default=lambda number: number.item())
    print()


if __name__ == "__main__":
    main()
