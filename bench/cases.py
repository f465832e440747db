"""The cases: which commands run beside each other. Each gives tables for BENCHMARKS.md."""
import json
import pathlib
import re
import shlex
import shutil
import statistics
from dataclasses import replace

from inputs import FULL_ROWS, WEEKS
from measure import Command, alternate, least_peak, noise, ratio
from pythons import PYTHON, YARDSTICKS, python_has
from report import Table, megabytes, seconds, spread, times, verdict

# What two cores should reach on the generated log of FULL_ROWS rows, in seconds. Memory is in bytes and holds for any.
TARGETS = {"detect": 0.65, "behaviour": 1.6, "parse": 0.23, "explore": 2.0, "epoch": 0.20, "train": 15.0}
MEMORY_TARGET = 150e6
START_TARGET = 0.010

# Shares of the rows that `train` fits on and validates on.
TRAINING, VALIDATION = 0.675, 0.125

# Epochs by which the longer training exceeds the shorter one.
EPOCHS = 10

# A file system in memory, where Linux has one.
SHARED_MEMORY = pathlib.Path("/dev/shm")

HEADINGS = ["", "median", "smallest - largest", "CPU", "peak memory", "beside oddflow", "target"]


class Session:
    """What the cases share: the inputs, how often each command runs, and how results become a table."""

    def __init__(self, inputs, repeats, whole):
        self.inputs = inputs
        self.repeats = repeats
        self.whole = whole
        self.database = inputs.scratch / "bench.db"

    def target(self, name, log):
        return TARGETS[name] if log.name == "generated" and self.inputs.rows == FULL_ROWS else None

    def oddflow(self, label, *arguments, before=lambda: None):
        return Command(label, [str(word) for word in (self.inputs.oddflow, *arguments)], before)

    def detect(self, label, logs, model, *more, database=None):
        """Detection into a new database."""
        database = database or self.database

        def without_database():
            for file in database.parent.glob(database.name + "*"):
                file.unlink()

        return self.oddflow(label, "detect", *logs, "-m", model, "--db", database, *more, before=without_database)

    def side_by_side(self, title, commands, targets=()):
        """Runs commands in turn. The first is ours, and the others stand beside it."""
        alternate(commands, self.repeats)
        rows = []
        for i, command in enumerate(commands):
            target = targets[i] if i < len(targets) else None
            rows.append(row(command, times(ratio(commands[0], command)) if i else "", target))
        return Table(title, HEADINGS, rows, [noise(commands)])


def row(command, beside="", target=None):
    # Where a part of a process is measured, the CPU time of the whole says nothing.
    cpu = "" if command.seconds else seconds(command.cpu)
    peak = max(command.peaks)
    return [command.label, seconds(command.wall), spread(command.walls, seconds), cpu,
            megabytes(peak) if peak > least_peak() else "", beside,
            verdict(command.wall, target, seconds)]


def detect(session):
    """End to end: gzipped files an hour to alerts in SQLite."""
    tables = []
    for log in session.inputs.logs:
        commands = [
            session.detect("`detect`", [log.hourly], log.classic),
            session.detect("`detect --flag-top 5%`", [log.hourly], log.classic, "--flag-top", "5%"),
            session.detect("`detect --threads 1`", [log.hourly], log.classic, "--threads", "1"),
            zcat(log, "cut -f1-3"),
        ]
        target = session.target("detect", log)
        table = session.side_by_side("%s in %d files" % (log.title, len(log.files)), commands, [target, target])
        if log is session.inputs.logs[0]:
            add_usual_deployment(session, log, commands[0], table)
        tables.append(table)
    return tables


def behaviour(session):
    """The same with the default recipe: state from row to row, incidents, explanations."""
    tables = []
    for log in session.inputs.logs:
        model = log.behaviour
        commands = [
            session.detect("`detect`", [log.hourly], model),
            session.oddflow("`-o /dev/null`: every row written, no database", "detect", log.hourly, "-m", model,
                            "-o", "/dev/null"),
            session.detect("`detect --threads 1`", [log.hourly], model, "--threads", "1"),
            session.detect("`detect`, recipe classic", [log.hourly], log.classic),
            zcat(log, "cut -f1-3"),
            session.oddflow("`train`", "train", log.plain, "--no-figures", "-o", session.inputs.scratch / "bench.model"),
        ]
        table = session.side_by_side(
            "%s in %d files" % (log.title, len(log.files)), commands, [session.target("behaviour", log)])
        peak = max(commands[0].peaks)
        table.notes.append("Peak memory of `detect`: target %s." % verdict(peak, MEMORY_TARGET, megabytes))
        tables.append(table)
    return tables


def add_usual_deployment(session, log, ours, table):
    """pandas, Keras and SQLite, a file at a time; compared by the row, as all files take minutes."""
    if not python_has("pandas", "sklearn"):
        table.notes.append("Left out: pandas and Keras (no such Python; ODDFLOW_PYTHON names one).")
        return
    files = log.files if session.whole else log.files[::10]
    script = session.inputs.root / "reference" / "seed_pipeline.py"
    command = Command("", [PYTHON, script, "--fit", log.plain, *files],
                      seconds=lambda output: last_object(output)["total_s"], at_most=1 if session.whole else 2)
    alternate([command], session.repeats)
    said = last_object(command.runs[0].output)
    command.label = "pandas %s, %s, SQLite: %d of the files, %s rows" % (
        said["pandas"], said["network"], said["files"], f"{said['rows']:,}")
    a_row = (command.wall / said["rows"]) / (ours.wall / log.rows)
    table.rows.append(row(command, times(a_row)))
    table.notes.append("pandas and Keras stand beside oddflow by the row, without their start and preparation.")


def last_object(output):
    """The JSON object that the last line is."""
    return json.loads(output.splitlines()[-1])


def parse(session):
    """Reading alone, to typed records, without a model."""
    tables = []
    for log in session.inputs.logs:
        files = [str(file) for file in log.files]
        plain = str(log.plain)
        tables += [
            session.side_by_side(
                "%s in %d gzipped files" % (log.title, len(files)),
                [count(session, log.hourly), zcat(log, "cut -f1-3"), *parsers(files)],
                [session.target("parse", log)]),
            session.side_by_side(
                "%s in one plain file" % log.title,
                [count(session, plain), shell("`cut -f1-3`", "cut -f1-3 %s > /dev/null" % shlex.quote(plain)),
                 *parsers([plain])]),
        ]
    return tables


def count(session, logs):
    return Command("`zeek-log`, all fields typed", [session.inputs.count, logs])


def parsers(files):
    """Polars and pandas where Python has them, without the time of their import."""
    pandas = "pandas with pyarrow" if python_has("pyarrow") else "pandas"
    known = [("Polars", "polars", "parse_polars.py"), (pandas, "pandas", "parse_pandas.py")]
    return [
        Command("%s, `read_csv`" % name, [PYTHON, YARDSTICKS / script, *files],
                seconds=lambda output: float(output.split()[0]))
        for name, package, script in known if python_has(package)
    ]


def shell(label, line, before=lambda: None):
    return Command(label, ["bash", "-o", "pipefail", "-c", line], before)


def zcat(log, then):
    """All gzipped files of a log through one pipe."""
    files = "find %s -name 'conn.*.log.gz' -print0 | sort -z" % shlex.quote(str(log.hourly))
    return shell("`zcat | %s`" % then, "%s | xargs -0 zcat | %s > /dev/null" % (files, then))


def explore(session):
    """A report of logs, beside the steps of the usual notebook in pandas."""
    folder = session.inputs.scratch / "explore"
    tables = []
    for log in session.inputs.logs:
        commands = [
            session.oddflow("`explore --json`: the statistics", "explore", log.hourly, "--json"),
            session.oddflow("`explore -o DIR`: with page, figures and tables", "explore", log.hourly, "-o", folder,
                            before=lambda: shutil.rmtree(folder, ignore_errors=True)),
            session.oddflow("`explore --json --threads 1`", "explore", log.hourly, "--json", "--threads", "1"),
            *notebooks(log),
        ]
        title = "%s in %d files" % (log.title, len(log.files))
        table = session.side_by_side(title, commands, [None, session.target("explore", log)])
        for command in commands[3:]:
            table.rows += [row(part(command, name), times(ratio(commands[0], part(command, name))))
                           for name in ("read", "statistics")]
            table.notes.append("%s takes %s `-o DIR`." % (command.label, times(ratio(commands[1], command))))
        if not commands[3:]:
            table.notes.append("Left out: pandas (no such Python; ODDFLOW_PYTHON names one).")
        tables.append(table)
    return tables


def notebooks(log):
    """pandas with each of its readers that this Python has; reading and statistics together."""
    readers = [("C engine", "c", ["pandas"]), ("pyarrow", "pyarrow", ["pandas", "pyarrow"])]
    return [
        Command("pandas, %s" % name, [PYTHON, YARDSTICKS / "explore_pandas.py", engine, *map(str, log.files)],
                seconds=lambda output: sum(last_object(output)[part] for part in ("read", "statistics")))
        for name, engine, packages in readers if python_has(*packages)
    ]


def part(command, name):
    """A command of which only one part is measured, in the same runs. Memory is that of the whole."""
    runs = [replace(run, wall=last_object(run.output)[name], peak=0) for run in command.runs]
    return replace(command, label="%s: %s alone" % (command.label, name), runs=runs)


def train(session):
    """One epoch, and a whole training with the default settings."""
    log = session.inputs.logs[0]
    model = session.inputs.scratch / "bench.model"
    one, more = [
        session.oddflow("`train --epochs %d`" % epochs, "train", log.plain, "--recipe", "classic", "-o", model, "--epochs", epochs,
                        "--patience", epochs, "--no-figures")
        for epochs in (1, 1 + EPOCHS)
    ]
    whole = session.oddflow("`train`", "train", log.plain, "--recipe", "classic", "-o", model)
    alternate([one, more, whole], session.repeats)

    epochs = [(long - short) / EPOCHS for short, long in zip(one.walls, more.walls)]
    epoch = statistics.median(epochs)
    ran = int(re.search(r"^epochs +(\d+)", whole.runs[0].output, re.MULTILINE)[1])
    whole.label = "`train`: read, %d epochs, test, figures" % ran
    rows = [
        ["one epoch", seconds(epoch), spread(epochs, seconds), seconds((more.cpu - one.cpu) / EPOCHS), "", "",
         verdict(epoch, session.target("epoch", log), seconds)],
        row(whole, target=session.target("train", log)),
    ]
    notes = ["An epoch is 1/%d of the difference between `--epochs %d` and `--epochs 1`; it includes validation."
             % (EPOCHS, 1 + EPOCHS), noise([one, more, whole])]
    if python_has("keras"):
        parts = [str(round(share * log.rows)) for share in (TRAINING, VALIDATION)]
        keras = Command("Keras, one epoch", [PYTHON, YARDSTICKS / "keras_epoch.py", *parts, "3"],
                        seconds=lambda output: float(output.split()[-1]), at_most=2)
        alternate([keras], session.repeats)
        rows.insert(1, row(keras, times(keras.wall / epoch)))
        notes.append("%d epochs of Keras alone are %s the whole `train`." % (ran, times(ran * keras.wall / whole.wall)))
    else:
        notes.append("Left out: Keras (no such Python; ODDFLOW_PYTHON names one).")
    return [Table("%s in one plain file, batches of 512" % log.title, HEADINGS, rows, notes)]


def memory(session):
    """Peak memory for one week of traffic and for eight."""
    inputs = session.inputs
    log = inputs.synthesised
    pairs = [
        [session.detect(label + weeks, folders, log.classic, *more)
         for weeks, folders in [(", one week", inputs.weeks[:1]), (", %d weeks" % WEEKS, inputs.weeks)]]
        for label, more in [("`detect`", []), ("`detect --flag-top 5%`", ["--flag-top", "5%"])]
    ]
    pairs.append([piped(session, log, times) for times in (1, WEEKS)])
    commands = [command for pair in pairs for command in pair]
    alternate(commands, session.repeats)
    rows = []
    for pair in pairs:
        for command in pair:
            median = statistics.median(command.peaks)
            rows.append([command.label, megabytes(median), spread(command.peaks, megabytes), seconds(command.wall),
                         verdict(median, MEMORY_TARGET, megabytes)])
    headings = ["", "peak memory", "smallest - largest", "time", "target"]
    return [Table("%s log; a week has %s rows" % (log.name, f"{log.rows:,}"), headings, rows, [noise(commands)])]


def piped(session, log, copies):
    """A plain log through a pipe, where no length is known beforehand and nothing can be read twice."""
    detect = session.detect("", ["-"], log.classic)
    files = " ".join([shlex.quote(str(log.plain))] * copies)
    line = "cat %s | exec %s" % (files, shlex.join(detect.argv))
    return shell("`cat | detect -`, %d x the plain file" % copies, line, detect.before)


def start(session):
    """The start of the binary, beside that of a process that does nothing."""
    commands = [session.oddflow("`oddflow --version`", "--version"), Command("`true`", ["true"])]
    alternate(commands, 10 * session.repeats)
    rows = [row(commands[0], target=START_TARGET), row(commands[1])]
    return [Table("%d runs each" % (10 * session.repeats), HEADINGS, rows, [noise(commands)])]


def database(session):
    """What storing alerts costs, and what running again costs."""
    log = session.inputs.logs[0]
    known = session.inputs.scratch / "known.db"
    session.detect("", [log.hourly], log.classic, database=known).run()
    written = ["-o", "/dev/null"]
    commands = [session.detect("`--db`, on disk", [log.hourly], log.classic)]
    if SHARED_MEMORY.is_dir():
        place = SHARED_MEMORY / "oddflow-bench.db"
        commands.append(session.detect("`--db`, in memory", [log.hourly], log.classic, database=place))
    commands += [
        session.oddflow("`-o /dev/null`: every row written, no database", "detect", log.hourly, "-m", log.classic,
                        *written),
        session.detect("`-o /dev/null --db`: both", [log.hourly], log.classic, *written),
        session.oddflow("`--db` again: nothing new", "detect", log.hourly, "-m", log.classic, "--db", known),
    ]
    table = session.side_by_side("%s in %d files" % (log.title, len(log.files)), commands)
    for command in commands:
        command.before()
    return [table]


CASES = {case.__name__: case for case in (detect, behaviour, parse, explore, train, memory, start, database)}
