"""Reads conn logs into typed columns with pandas, by pyarrow's reader where it is installed, which is several times as
fast. Prints seconds, without start and import, and rows."""
import importlib.util
import sys
import time

from conn_pandas import Reader


def main(paths):
    reader = Reader("pyarrow" if importlib.util.find_spec("pyarrow") else "c", paths[0])
    start = time.perf_counter()
    table = reader.read(paths)
    print(time.perf_counter() - start, len(table))


main(sys.argv[1:])
