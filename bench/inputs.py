"""Builds the release, and makes the logs and models to measure with, once, below target/bench."""
import os
import pathlib
import subprocess
import sys
from datetime import date, timedelta

from pythons import PYTHON, python_has

# Rows of the capture that the targets were set for.
FULL_ROWS = 1_243_021

# Weeks of traffic for the measurement of memory.
WEEKS = 8


class Log:
    """The same rows twice: in gzipped files an hour, and in one plain file; and a model of them for each recipe."""

    def __init__(self, name, hourly, plain):
        self.name = name
        self.hourly = hourly
        self.plain = plain
        models = plain.parent.parent
        self.classic = models / (name + "-classic.model")
        self.behaviour = models / (name + "-behaviour.model")

    def measure(self):
        self.files = sorted(self.hourly.rglob("conn.*.log.gz"))
        with open(self.plain, "rb") as log:
            self.rows = sum(not line.startswith(b"#") for line in log)
        self.title = "%s log, %s rows" % (self.name, f"{self.rows:,}")


class Inputs:
    """Where everything lies. The first of `logs` is the one that targets refer to."""

    def __init__(self, root, rows):
        self.root = root
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.oddflow = target / "release" / "oddflow"
        self.count = target / "release" / "examples" / "count"
        self.folder = target / "bench" / str(rows)
        self.scratch = self.folder / "scratch"
        self.rows = rows
        self.weeks = [self.folder / "weeks" / str(week) for week in range(1, WEEKS + 1)]
        self.synthesised = Log("synthesised", self.weeks[0], self.folder / "plain" / "conn.log")
        self.logs = [self.synthesised]

    def prepare(self):
        build = ["cargo", "build", "--release", "--locked"]
        _run([*build, "-p", "oddflow"], self.root)
        _run([*build, "-p", "zeek-log", "--example", "count"], self.root)
        self.scratch.mkdir(parents=True, exist_ok=True)
        (self.folder / "weeks").mkdir(exist_ok=True)
        synth = [self.oddflow, "synth", "--rows", self.rows]
        _make(self.folder / "plain", [*synth, "--single", "--out"])
        for week, folder in enumerate(self.weeks):
            start = date(2026, 3, 2) + timedelta(weeks=week)
            _make(folder, [*synth, "--seed", 42 + week, "--start", start, "--out"])
        self._generate()
        for log in self.logs:
            for recipe, model in [("classic", log.classic), ("behaviour", log.behaviour)]:
                _make(model, [self.oddflow, "train", log.plain, "--recipe", recipe, "--no-figures", "-o"])
            log.measure()

    def _generate(self):
        """The log that the targets were set with, where its generator is at hand."""
        generator = self.root.parent / "shared" / "bench" / "gen_connlog.py"
        folder = self.folder / "generated"
        if generator.exists() and python_has("numpy"):
            _make(folder, [PYTHON, generator, "--rows", self.rows, "--seed", 42, "--out"])
        if folder.exists():
            self.logs.insert(0, Log("generated", folder / "hourly", folder / "conn.log"))


def _make(path, command):
    """Makes a path whole or not at all, with a command that takes it last."""
    if path.exists():
        return
    unfinished = path.with_name(path.name + ".unfinished")
    _run([*command, unfinished])
    unfinished.rename(path)


def _run(command, folder=None):
    command = [str(word) for word in command]
    print("  " + " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
