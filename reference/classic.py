#!/usr/bin/env python3
"""The classic recipe in pandas and scikit-learn: what `oddflow-features` must give, computed another way.

    classic.py LOG [--train-rows N | --train FRACTION] [--out FILE]

LOG is a Zeek TSV conn log, plain or .gz. Vocabulary and scaler are fitted on the first N rows (or the first
FRACTION of the rows; all rows if neither is given). Prints a row of column names and a row of scaled float32
values for each row of the log, as CSV.
"""
import argparse
import csv
import gzip
import ipaddress
import re
import sys

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

ONE_HOT = ["proto", "service", "conn_state", "local_orig", "local_resp"]
COUNTS = ["id.orig_p", "id.resp_p", "duration", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "ip_proto"]
BUCKETS = 100_000


def read_conn(path):
    """The rows of a Zeek TSV log as text; unset and empty values are None, absent columns too."""
    opened = gzip.open if str(path).endswith(".gz") else open
    header = {}
    with opened(path, "rt", encoding="utf-8", newline="\n") as log:
        for skip, line in enumerate(log):
            if not line.startswith("#"):
                break
            key, _, value = re.sub(r"^(#\S+) ", r"\1\t", line.rstrip("\r\n")).partition("\t")
            header[key[1:]] = value
    fields = header["fields"].split("\t")
    table = pd.read_csv(path, sep="\t", names=fields, skiprows=skip, dtype=object, keep_default_na=False,
                        quoting=csv.QUOTE_NONE, encoding="utf-8", lineterminator="\n", low_memory=False)
    table = table[~table[fields[0]].str.startswith("#")].reset_index(drop=True)
    for name in {*ONE_HOT, *COUNTS, "uid", "history", "id.orig_h", "id.resp_h"} - set(fields):
        table[name] = None
    nothing = [header.get("unset_field", "-"), header.get("empty_field", "(empty)"), ""]
    return table.mask(table.isin(nothing), None)


def unescape(text):
    """`\\xNN` back to the byte it stands for."""
    raw = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda hit: bytes([int(hit[1], 16)]), text.encode())
    return raw.decode("utf-8")


def fnv1a_64(text):
    """64-bit FNV-1a, RFC 9923."""
    value = 0xCBF29CE484222325
    for byte in unescape(text).encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def fold(text):
    """An address as an integer, folded."""
    address = ipaddress.ip_address(text)
    return int(address) % (65535 if address.version == 4 else 4294967295)


def map_set(column, function):
    """`function` of every value that is set, 0 of the others; each distinct value is computed once."""
    distinct = {value: float(function(value)) for value in column.dropna().unique()}
    return column.map(distinct).fillna(0.0).astype("float64")


def protocol_number(table, logged):
    """The logged number, or the one that follows from `proto`."""
    six = table["id.orig_h"].str.contains(":", na=False)
    derived = table["proto"].map({"tcp": 6.0, "udp": 17.0, "icmp": 1.0}).fillna(0.0)
    derived = derived.mask((table["proto"] == "icmp") & six, 58.0)
    return logged.where(logged.notna(), derived)


def ratio(bytes_, packets):
    """0 becomes 1 and infinity 0; what is unset or 0/0 is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (bytes_ / packets).replace(0.0, 1.0).replace([np.inf, -np.inf], 0.0).fillna(0.0)


def natural(table, levels):
    """The unscaled matrix, with one-hot columns for the given levels."""
    number = {name: pd.to_numeric(table[name]).astype("float64") for name in COUNTS}
    columns = pd.DataFrame({
        "uid": map_set(table["uid"], lambda text: fnv1a_64(text) % BUCKETS),
        "src_ip": map_set(table["id.orig_h"], fold),
        "src_p": number["id.orig_p"].fillna(0.0),
        "dst_ip": map_set(table["id.resp_h"], fold),
        "dst_p": number["id.resp_p"].fillna(0.0),
        "duration": number["duration"].fillna(0.0),
        "src_bytes": number["orig_bytes"].fillna(0.0),
        "history": map_set(table["history"], lambda text: fnv1a_64(text) % BUCKETS),
        "ip_proto": protocol_number(table, number["ip_proto"]),
        "dst_bytes_per_orig_pkt": ratio(number["resp_bytes"], number["orig_pkts"]),
        "dst_bytes_per_resp_pkt": ratio(number["resp_bytes"], number["resp_pkts"]),
    })
    for name in ONE_HOT:
        values = categorical(table, name)
        # An unseen level becomes a missing value, which has no hot column.
        values = pd.Categorical(values.where(values.isin(levels[name]), None), categories=levels[name])
        hot = pd.get_dummies(values, prefix=name, drop_first=True, dtype="float64")
        columns = pd.concat([columns, hot], axis=1)
    return columns


def categorical(table, name):
    column = table[name].where(table[name].notna(), "-")
    return column.map({value: unescape(value) for value in column.unique()})


def encode(table, train_rows):
    """The scaled matrix; vocabulary and scaler come from the first `train_rows` rows."""
    train = table.iloc[:train_rows]
    # Python compares text by code point, which is the order of its UTF-8 bytes.
    levels = {name: sorted(categorical(train, name).unique()) for name in ONE_HOT}
    matrix = natural(table, levels)
    scaler = StandardScaler().fit(matrix.iloc[:train_rows])
    return pd.DataFrame(scaler.transform(matrix).astype("float32"), columns=matrix.columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--train-rows", type=int, help="fit on the first N rows")
    size.add_argument("--train", type=float, metavar="FRACTION", help="fit on the first part of the rows")
    parser.add_argument("--out", default=sys.stdout, help="where to write the CSV; standard output if not given")
    options = parser.parse_args()
    table = read_conn(options.log)
    train_rows = options.train_rows or len(table)
    if options.train is not None:
        train_rows = int(len(table) * options.train)
    encode(table, train_rows).to_csv(options.out, index=False, float_format="%.9g", lineterminator="\n")


if __name__ == "__main__":
    main()
