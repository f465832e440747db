"""Reads conn logs into one table of typed columns with pandas: what the yardsticks that use pandas share."""
import gzip

import pandas as pd

NUMBERS = {"ts", "duration", "id.orig_p", "id.resp_p", "orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts",
           "orig_ip_bytes", "resp_pkts", "resp_ip_bytes", "ip_proto"}


def header(path):
    """The lines above the rows, as cells."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as log:
        lines = []
        for line in log:
            if not line.startswith("#"):
                return lines
            lines.append(line.rstrip("\n").split("\t"))
    return lines


class Reader:
    """One of pandas' readers, `c` or `pyarrow`, and the columns of the logs as the first of them names them."""

    def __init__(self, engine, first):
        lines = header(first)
        self.names = next(line[1:] for line in lines if line[0] == "#fields")
        if engine == "pyarrow":
            # It knows no comments: the header is skipped by its length, and `#close` is a line with too few cells.
            self.how = {"engine": "pyarrow", "dtype_backend": "pyarrow", "skiprows": len(lines), "on_bad_lines": "skip"}
        else:
            types = {name: "float64" if name in NUMBERS else "str" for name in self.names}
            self.how = {"engine": "c", "dtype": types, "comment": "#", "quoting": 3}

    def read(self, paths):
        tables = [pd.read_csv(path, sep="\t", names=self.names, na_values=["-"], keep_default_na=False, **self.how)
                  for path in paths]
        return pd.concat(tables, ignore_index=True)
