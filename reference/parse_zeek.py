#!/usr/bin/env python3
"""A small, slow, independent reading of Zeek logs, to check the Rust reader against. Standard library only.

    parse_zeek.py [--values] [--fields NAMES] FILE...

Takes TSV and JSON lines, plain or .gz. Prints one JSON object a line for each file:

    path           the file as it was named
    log            name of the log, "" where it isn't said
    columns        names in order of first appearance; those of conn under their newest names
    rows           rows that could be read
    other_rows     rows of other logs in a file that mixes conn with them; passed over
    left_out       rows and parts of the file that could not be read, by kind
    values_sha256  hash of the lines that --values prints, each with a newline; a time or interval stands there
                   as the 16 hexadecimal digits of its bits, since a decimal number can be written in several ways
    error          why the file as a whole is refused; rows is 0 then

With --values, one JSON array for each row follows: the value of each column as text, or null where it is unset
or absent. Text is unescaped; an empty field is "". In a conn log the known columns are typed, in one canonical
form each: times (epoch seconds) and intervals as JSON numbers, counts as decimal text, addresses in the form of
RFC 5952, booleans as T and F. The elements of a set stay in the order of the file, joined by commas; a comma
within one is \\x2c, a backslash \\x5c.
"""
import argparse
import datetime
import hashlib
import ipaddress
import json
import re
import struct
import sys
import zlib

RENAMED = {
    "parents": "tunnel_parents", "eth_src": "orig_l2_addr", "eth_dst": "resp_l2_addr",
    "protocol_id": "ip_proto", "service_violation": "failed_service", "id_orig_h": "id.orig_h",
    "id_orig_p": "id.orig_p", "id_resp_h": "id.resp_h", "id_resp_p": "id.resp_p",
}
KINDS = {
    "time": "ts", "interval": "duration", "addr": "id.orig_h id.resp_h", "port": "id.orig_p id.resp_p",
    "count": "orig_bytes resp_bytes missed_bytes orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes ip_proto",
    "int": "vlan inner_vlan", "bool": "local_orig local_resp",
    "text": "uid proto service conn_state history orig_l2_addr resp_l2_addr community_id",
    "set": "tunnel_parents failed_service",
}
CONN = {name: kind for kind, names in KINDS.items() for name in names.split()}
# In the order in which a fault is looked for, so that a row with several counts under the first.
REQUIRED = ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"]
PATH_KEYS = ["_path", "@stream"]
SHARED_CELL = "   "  # IoT-23 appends two labels to the last cell in this way


class Unreadable(Exception):
    """A row that can't be read; the message is the kind."""


class Refused(Exception):
    """A file that is no Zeek log."""


# Bytes

def read_bytes(path, left_out):
    """The file, decompressed as far as it goes."""
    with open(path, "rb") as file:
        raw = file.read()
    if raw[:2] != b"\x1f\x8b":
        return raw
    out = bytearray()
    while raw:
        inflater = zlib.decompressobj(wbits=31)
        try:
            for start in range(0, len(raw), 512):
                saved = inflater.copy()
                out += inflater.decompress(raw[start:start + 512])
                if inflater.eof:
                    break
        except zlib.error:
            # Up to the damaged byte there may be more that is good.
            try:
                for byte in raw[start:start + 512]:
                    out += saved.decompress(bytes([byte]))
            except zlib.error:
                pass
            left_out["corrupt file"] = 1
            break
        if not inflater.eof:
            left_out["truncated file"] = 1
            break
        raw = inflater.unused_data
        if raw[:2] != b"\x1f\x8b":
            break
    return bytes(out)


# Values

def unescape(text):
    """`\\xNN` is a byte, `\\\\` a backslash. What is no UTF-8 then stays as it was written."""
    def byte(hit):
        return b"\\" if hit[0] == rb"\\" else bytes([int(hit[1], 16)])
    raw = re.sub(rb"\\\\|\\x([0-9a-fA-F]{2})", byte, text.encode())
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return text


def joined(elements):
    return ",".join(element.replace("\\", "\\x5c").replace(",", "\\x2c") for element in elements)


def real(text, kind):
    if not re.fullmatch(r"-?[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?", text):
        raise Unreadable(kind)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable(kind)
    return value


def time(text):
    """Seconds, milliseconds, or ISO 8601, which is UTC where it says nothing else."""
    try:
        value = real(text, "bad time")
        value = value / 1000 if abs(value) >= 1e11 else value
        if not -62167219200 <= value < 253402300800:  # the years 0 to 9999
            raise Unreadable("bad time")
        return value
    except Unreadable:
        if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.", text):
            raise
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("bad time") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (since // datetime.timedelta(microseconds=1)) / 1e6


def count(text, largest=2**64 - 1):
    if re.fullmatch(r"[0-9]+", text):
        value = int(text)
    else:
        value = real(text, "bad number")  # JSON writers turn 12 into 12.0
        if value != int(value) or not 0 <= value < 2**53:
            raise Unreadable("bad number")
        value = int(value)
    if value > largest:
        raise Unreadable("bad number")
    return str(value)


def integer(text):
    if not re.fullmatch(r"[-+]?[0-9]+", text) or not -2**63 <= int(text) < 2**63:
        raise Unreadable("bad number")
    return str(int(text))


def address(text):
    try:
        if "%" in text:
            raise ValueError
        value = ipaddress.ip_address(text)
    except ValueError:
        raise Unreadable("bad address") from None
    mapped = getattr(value, "ipv4_mapped", None)
    return "::ffff:%s" % mapped if mapped else str(value)


def boolean(text):
    if text not in ("T", "F"):
        raise Unreadable("bad bool")
    return text


TYPED = {
    "time": time, "interval": lambda text: real(text, "bad number"), "addr": address,
    "port": lambda text: count(text, 65535), "count": count, "int": integer, "bool": boolean,
    "text": lambda text: text, "set": lambda text: text,
}


def typed(row):
    """A conn row with its known columns typed. `row` holds text by column."""
    for name in REQUIRED:
        if row.get(name) is None:
            raise Unreadable("bad time" if name == "ts" else "missing value")
        row[name] = TYPED[CONN[name]](row[name])
    return {name: TYPED[CONN[name]](text) if text is not None and name in CONN and name not in REQUIRED else text
            for name, text in row.items()}


# TSV

class Tsv:
    """A TSV log; obeys its header, which may come again later in the file."""

    def __init__(self, fields=None):
        self.separator, self.set_separator, self.empty, self.unset = "\t", ",", "(empty)", "-"
        self.log, self.names, self.kinds, self.shared = "", [], [], 1
        self.is_conn = False
        if fields:
            self.set_names(fields)

    def directive(self, line):
        line = line.lstrip()[1:]
        if line.startswith("separator"):
            self.separator = unescape(line[len("separator"):].lstrip(" \t"))
            return
        name, value = (re.split("[ %s]" % re.escape(self.separator), line, maxsplit=1) + [""])[:2]
        cells = value.split(self.separator)
        if name == "set_separator":
            self.set_separator = unescape(value)
        elif name == "empty_field":
            self.empty = value
        elif name == "unset_field":
            self.unset = value
        elif name == "path":
            self.log = value.strip()
        elif name == "fields" or name == "" and cells[0] == "ts":  # `# ts uid ...` is how 2011 wrote it
            self.set_names(cells)
        elif name == "types":
            self.kinds = cells[:-1] + cells[-1].split(SHARED_CELL)

    def set_names(self, cells):
        last = cells[-1].split(SHARED_CELL)
        self.names, self.kinds, self.shared = cells[:-1] + last, [], len(last)

    def settle(self):
        """Decides at the first row whether this is conn; then its columns go by their newest names."""
        self.is_conn = self.log == "conn" or not self.log and {"conn_state", "proto"} <= set(self.names)
        if self.is_conn:
            self.names = [RENAMED.get(name, name) for name in self.names]
            absent = [name for name in REQUIRED if name not in self.names]
            if absent:
                raise Refused("a conn log without %s" % absent[0])

    def row(self, line):
        cells = line.split(self.separator)
        if self.shared > 1:
            cells[-1:] = cells[-1].split(SHARED_CELL)
        if not self.names:
            raise Unreadable("no header")
        if len(cells) != len(self.names):
            raise Unreadable("cut row" if len(cells) < len(self.names) else "extra cells")
        row = {}
        for at, (name, cell) in enumerate(zip(self.names, cells)):
            kind = self.kinds[at] if at < len(self.kinds) else ""
            row.setdefault(name, self.value(cell, kind, self.is_conn and CONN.get(name) == "set"))
        return row

    def value(self, cell, kind, known_set):
        if cell == self.unset:
            return None
        if cell == self.empty:
            return ""
        if known_set or re.match(r"(set|vector|table)\b", kind):
            return joined("" if part == self.empty else unescape(part) for part in cell.split(self.set_separator))
        return unescape(cell)


def bare_header(line):
    """A first line of nothing but names, as filters with `tsv=T` write it."""
    names = line.split("\t")
    return len(names) > 1 and "ts" in names and all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in names)


# JSON

class Number(str):
    """A number as it is written."""


def no_constant(name):
    raise ValueError(name)


def json_row(line):
    """Text by key of one object; objects within are flattened with dots."""
    try:
        row = json.loads(line, parse_float=Number, parse_int=Number, parse_constant=no_constant)
        json.dumps(row, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        raise Unreadable("bad JSON") from None
    if not isinstance(row, dict):
        raise Unreadable("bad JSON")
    return dict(flat(row, ""))


def flat(row, prefix):
    for key, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + key + ".")
        elif isinstance(value, list):
            yield prefix + key, joined(json_text(element) for element in value)
        else:
            yield prefix + key, None if value is None else json_text(value)


def json_text(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "T" if value else "F"
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def newest_names(row):
    named = {}
    for key, value in row.items():
        named.setdefault(RENAMED.get(key, key), value)
    return named


# Files

class Reading:
    """What is read from one file."""

    def __init__(self):
        self.log, self.columns, self.rows, self.other_rows, self.left_out = "", [], [], 0, {}

    def fault(self, kind):
        self.left_out[kind] = self.left_out.get(kind, 0) + 1

    def lines(self, data):
        """Lines as text. The last line of a damaged archive has lost an unknown part and is left out."""
        lines = data.split(b"\n")
        if lines[-1] and ("truncated file" in self.left_out or "corrupt file" in self.left_out):
            if not lines[-1].startswith(b"#"):
                self.fault("unfinished last line")
            lines[-1] = b""
        for line in lines:
            try:
                text = line.decode().rstrip("\r")
            except UnicodeDecodeError:
                self.fault("bad UTF-8")
                continue
            if text.strip():
                yield text

    def add(self, row, is_conn):
        self.add_columns(row)
        self.rows.append(typed(row) if is_conn else row)

    def add_columns(self, names):
        known = set(self.columns)
        self.columns += [name for name in names if name not in known]

    def tsv(self, lines, fields):
        log = Tsv(fields)
        settled = False
        for line in lines:
            if line.lstrip(" \t").startswith("#"):
                log.directive(line)
                settled = False
                continue
            if not log.names and not log.log and bare_header(line):
                log.set_names(line.split("\t"))
                continue
            if not log.names:
                raise Refused("no header")
            if not settled:
                log.settle()
                settled = True
            try:
                self.add(log.row(line), log.is_conn)
            except Unreadable as fault:
                self.fault(str(fault))
        if not log.names and (log.log or log.kinds):
            raise Refused("a header without fields")
        if not settled and log.names:
            log.settle()
        self.log = "conn" if log.is_conn else log.log
        self.add_columns(log.names)

    def json(self, lines):
        rows = []
        for line in lines:
            if line.startswith("#"):
                continue
            try:
                rows.append(json_row(line))
            except Unreadable as fault:
                self.fault(str(fault))
        paths = [next((row[key] for key in PATH_KEYS if row.get(key) is not None), None) for row in rows]
        named_conn = [path == "conn" for path in paths]
        unnamed_conn = [path is None and {"conn_state", "proto"} <= set(row) for path, row in zip(paths, rows)]
        is_conn = any(named_conn) or bool(rows) and unnamed_conn[0]
        self.log = "conn" if is_conn else next((path for path in paths if path), "")
        for row, path in zip(rows, paths):
            if is_conn and path not in ("conn", None):
                self.other_rows += 1
                continue
            try:
                self.add(newest_names(row) if is_conn else row, is_conn)
            except Unreadable as fault:
                self.fault(str(fault))


def read(path, fields=None):
    reading = Reading()
    data = read_bytes(path, reading.left_out).removeprefix(b"\xef\xbb\xbf")
    lines = list(reading.lines(data))
    if lines and lines[0].lstrip().startswith("{"):
        reading.json(lines)
    else:
        reading.tsv(lines, fields)
    return reading


def json_line(values):
    return json.dumps(values, ensure_ascii=False) + "\n"


def bits(value):
    return struct.pack(">d", value).hex() if isinstance(value, float) else value


def report(path, options):
    result = {"path": path}
    values = []
    try:
        reading = read(path, options.fields)
    except Refused as refusal:
        result.update(rows=0, error=str(refusal))
    else:
        values = [[row.get(name) for name in reading.columns] for row in reading.rows]
        hashed = "".join(json_line([bits(value) for value in row]) for row in values)
        digest = hashlib.sha256(hashed.encode()).hexdigest()
        result.update(log=reading.log, columns=reading.columns, rows=len(reading.rows),
                      other_rows=reading.other_rows, left_out=dict(sorted(reading.left_out.items())),
                      values_sha256=digest)
    print(json.dumps(result, ensure_ascii=False))
    if options.values:
        for row in values:
            print(json_line(row), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--values", action="store_true", help="print the values of every row, too")
    parser.add_argument("--fields", type=lambda names: names.split(","),
                        help="column names, joined by commas, of logs that have no header")
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8")
    for path in options.files:
        report(path, options)


if __name__ == "__main__":
    main()
