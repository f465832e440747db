#!/usr/bin/env python3
"""Compares Parquet files with the logs that they were made of, cell by cell.

    parquet_equals.py REFERENCE LOG PARQUET [LOG PARQUET]...

REFERENCE is the folder of parse_zeek.py, which reads the logs independently. Prints a line a log and fails at the first
difference. Needs pandas and pyarrow.
"""
import decimal
import sys

import pandas
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, sys.argv[1])
import parse_zeek  # noqa: E402


def micros(text):
    seconds = decimal.Decimal(repr(text) if isinstance(text, float) else text)
    return int((seconds * 1_000_000).to_integral_value(decimal.ROUND_HALF_UP))


def expected(text, kind):
    """The value of a column of this Arrow type that parse_zeek gives as this text."""
    if text is None:
        return None
    if pa.types.is_list(kind):
        return text
    if pa.types.is_timestamp(kind):
        return micros(text)
    if pa.types.is_boolean(kind):
        return {"T": True, "F": False}[text]
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_floating(kind):
        return float(text)
    return str(text)


def found(value):
    if isinstance(value, list):
        return parse_zeek.joined("-" if element is None else str(element) for element in value)
    return value


def compare(log, file):
    reading = parse_zeek.read(log)
    table = pq.read_table(file)
    frame = pandas.read_parquet(file)
    assert len(reading.rows) == table.num_rows == len(frame), (log, len(reading.rows), table.num_rows, len(frame))
    assert set(reading.columns) <= set(table.column_names), (log, reading.columns, table.column_names)
    for field in table.schema:
        column = table[field.name]
        texts = [row.get(field.name) for row in reading.rows]
        unset = sum(text is None for text in texts)
        assert unset == column.null_count == frame[field.name].isna().sum(), (log, field.name, unset, column.null_count)
        if pa.types.is_timestamp(field.type):
            assert str(field.type) == "timestamp[us, tz=UTC]", field
            column = column.cast(pa.int64())
        lists_of_text = pa.types.is_list(field.type) and pa.types.is_string(field.type.value_type)
        for at, (text, value) in enumerate(zip(texts, column.to_pylist())):
            if pa.types.is_list(field.type) and not lists_of_text and text is not None:
                assert [float(part) for part in text.split(",") if part not in ("-", "")] == [
                    element for element in value if element is not None
                ], (log, at, field.name, text, value)
                continue
            assert expected(text, field.type) == found(value), (log, at, field.name, text, value)
    print(f"{log}: {table.num_rows} rows, {table.num_columns} columns")


for pair in zip(sys.argv[2::2], sys.argv[3::2]):
    compare(*pair)
