"""The Python of the yardsticks, and which packages it has."""
import functools
import os
import pathlib
import subprocess

# Also read by `just reference` and by the tests that compare with Python.
PYTHON = os.environ.get("ODDFLOW_PYTHON", "python3")

YARDSTICKS = pathlib.Path(__file__).resolve().parent / "yardsticks"


@functools.cache
def python_has(*modules):
    """Whether it runs and has all of them."""
    look = "import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))"
    try:
        return subprocess.run([PYTHON, "-c", look, *modules], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False
