"""What the measurements are made on, and how busy it is with other things."""
import os
import subprocess

def cores():
    return len(os.sched_getaffinity(0))


def busy_seconds():
    """Seconds that all cores together have worked since the machine started, or that its host took away."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def describe(root):
    """One line: processor, memory, system, and the commit that is measured."""
    model = _first("/proc/cpuinfo", "model name") or os.uname().machine
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    commit = _git(root, "rev-parse", "--short", "HEAD") or "unknown"
    # The tables themselves change with every measurement.
    if _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!BENCHMARKS.md"):
        commit += " with changes"
    return "%d cores of %s, %.0f GiB, Linux %s; commit %s; load average %.2f at the start." % (
        cores(), model, memory, os.uname().release.split("-")[0], commit, os.getloadavg()[0])


def _git(root, *words):
    return subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=False).stdout.strip()


def _first(path, key):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return ""
