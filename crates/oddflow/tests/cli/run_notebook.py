#!/usr/bin/env python3
"""Runs the code cells of a notebook one after the other. The last line printed says what they came to, as a JSON object.

    run_notebook.py NOTEBOOK

ODDFLOW_PARQUET names the file that it reads. Figures are drawn and thrown away.
"""
import json
import sys
import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# Of the libraries among themselves.
warnings.simplefilter("ignore")

figures = 0


def show():
    global figures
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
        figures += 1
    plt.close("all")


plt.show = show
with open(sys.argv[1], encoding="utf-8") as file:
    notebook = json.load(file)
names = {}
for cell in notebook["cells"]:
    if cell["cell_type"] == "code":
        assert not cell["outputs"] and cell["execution_count"] is None, "committed with its outputs"
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
print(json.dumps({
    "figures": figures,
    "rows": int(names["rows"]),
    "by_date": {str(date): int(count) for date, count in names["by_date"].items()},
    "half_hours": int(names["half_hours"]["connections"].sum()),
    "protocols": {str(name): int(count) for name, count in names["tops"]["protocols"].items()},
    "columns": list(names["correlation"].columns),
    "without_ip_bytes": list(names["without_ip_bytes"].columns),
    "host": names["host"],
    "sent": len(names["sent"]),
}))
