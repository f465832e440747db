"""Runs commands in turn and measures wall time, CPU time and peak memory of each run."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

import machine

# Share of the processor; above it others' work shows in wall times.
QUIET = 0.1


@dataclass
class Run:
    """One run of a command and all its children."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of user and system time."""
    peak: int
    """Bytes of the largest process at its largest."""
    others: float
    """Seconds of all cores that went to other processes, or that the host took away."""
    elapsed: float
    """Seconds that the whole process took, where `wall` is a part of it."""
    output: str


@dataclass
class Command:
    """A command line, and its runs."""

    label: str
    argv: list
    before: Callable[[], None] = lambda: None
    """Makes the same start for each run, unmeasured."""
    seconds: Optional[Callable[[str], float]] = None
    """Takes the seconds from the output, where a process does more than what is to be measured."""
    at_most: int = sys.maxsize
    """Runs at most, for what takes minutes; such a command is not warmed up."""
    runs: list = field(default_factory=list)

    @property
    def walls(self):
        return [run.wall for run in self.runs]

    @property
    def wall(self):
        return statistics.median(self.walls)

    @property
    def cpu(self):
        return statistics.median(run.cpu for run in self.runs)

    @property
    def peaks(self):
        return [run.peak for run in self.runs]

    def run(self):
        self.before()
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            busy = machine.busy_seconds()
            start = time.perf_counter()
            process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            busy = machine.busy_seconds() - busy
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            if process.returncode:
                command = " ".join(map(str, self.argv))
                raise SystemExit("%s\nended with %d:\n%s" % (command, process.returncode, errors.read()))
            text = output.read()
        cpu = usage.ru_utime + usage.ru_stime
        return Run(
            wall=self.seconds(text) if self.seconds else wall,
            cpu=cpu,
            peak=usage.ru_maxrss * 1024,
            others=busy - cpu,
            elapsed=wall,
            output=text,
        )


def alternate(commands, repeats):
    """Warms up, then runs A B C A B C ..., so that a noisy minute hits all of them."""
    for command in commands:
        if command.at_most >= repeats:
            _say("warm-up", command)
            command.run()
    for turn in range(repeats):
        for command in commands:
            if turn < command.at_most:
                _say("%d/%d" % (turn + 1, min(repeats, command.at_most)), command)
                command.runs.append(command.run())


def ratio(ours, other):
    """How many times as long another command takes: the median over turns, as what slows a turn down slows both."""
    return statistics.median(theirs / our for our, theirs in zip(ours.walls, other.walls))


def noise(commands):
    """How busy the machine was with other things."""
    runs = [run for command in commands for run in command.runs]
    share = sum(run.others for run in runs) / sum(run.elapsed for run in runs) / machine.cores()
    note = "Others used %.0f%% of the processor meanwhile" % max(0, 100 * share)
    return note + (", so wall times are too long." if share > QUIET else ".")


def least_peak():
    """Bytes below which no peak is reported: a process begins as a copy of this one."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 1.1


def _say(turn, command):
    print("  %s %s" % (turn, command.label), file=sys.stderr, flush=True)
