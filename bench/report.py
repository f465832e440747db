"""Tables of results, for the terminal and for BENCHMARKS.md."""
from dataclasses import dataclass, field


@dataclass
class Table:
    """Cells are text; the first column is to the left, all others are numbers."""

    title: str
    headings: list
    rows: list
    notes: list = field(default_factory=list)

    def used(self):
        """Headings and rows without the columns that no row fills."""
        lines = [self.headings, *self.rows]
        kept = [i for i in range(len(self.headings)) if i == 0 or any(row[i] for row in self.rows)]
        return [[line[i] for i in kept] for line in lines]


def seconds(value):
    return "%.1f ms" % (value * 1e3) if value < 0.1 else "%.3f s" % value if value < 10 else "%.1f s" % value


def megabytes(value):
    return "%.0f MB" % (value / 1e6)


def times(value):
    return "%s x" % ("%.0f" if value >= 100 else "%.1f" if value >= 10 else "%.2f") % value


def spread(values, unit):
    return "%s - %s" % (unit(min(values)), unit(max(values)))


def verdict(measured, target, unit):
    """Whether a target is met; nothing where there is none."""
    if target is None:
        return ""
    return "%s, %s" % (unit(target), "met" if measured <= target else "missed")


def plain(tables):
    """For the terminal: columns padded to their widest cell."""
    text = []
    for table in tables:
        lines = table.used()
        widths = [max(map(len, column)) for column in zip(*lines)]
        text.append(table.title)
        for cells in lines:
            padded = [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
            text.append("  " + "  ".join(padded).rstrip())
        text += ["  " + note for note in table.notes] + [""]
    return "\n".join(text)


def markdown(tables):
    text = []
    for table in tables:
        lines = table.used()
        lines.insert(1, ["---"] + ["--:"] * (len(lines[0]) - 1))
        text += ["**%s**" % table.title, ""]
        text += ["| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells) for cells in lines]
        text += ["", " ".join(table.notes), ""]
    return "\n".join(text).rstrip()


def write(path, sections):
    """Puts each section between its markers; all else in the file stays as it is."""
    text = path.read_text(encoding="utf-8")
    for name, section in sections.items():
        begin, end = "<!-- bench:%s -->\n" % name, "<!-- /bench:%s -->" % name
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit("%s has no place for `%s`: %s ... %s" % (path, name, begin.strip(), end))
        text = before + begin + "\n" + section + "\n\n" + end + after
    path.write_text(text, encoding="utf-8")
