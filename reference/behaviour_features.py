#!/usr/bin/env python3
"""Prints the features that the reference detector computes, as little-endian f32, a row after the other.

    behaviour_features.py REFERENCE.py TRAIN.log.gz TEST.log.gz

A row is 10 numbers of the row, 33 of behaviour, 8 of novelty, 104 tokens and the regularity on new pairs. Train and test rows
are merged in order of their ends; calibration begins after 70% of the train rows. Needs numpy.
"""
import importlib.util
import sys

import numpy as np

spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def end(row):
    return row["ts"] + row["dur"]


train, test = (reference.read_conn(path) for path in sys.argv[2:4])
start_of_test = min(map(end, test))
rows = sorted(train + test, key=end)
ends = np.array([end(row) for row in rows])
baseline = np.where(ends < start_of_test)[0]
calibration = ends[baseline[int(0.7 * len(baseline))]]
*parts, new_regular, _ = reference.features(rows, calibration, start_of_test)
np.c_[tuple(parts) + (new_regular,)].astype("<f4").tofile(sys.stdout.buffer)
