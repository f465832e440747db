#!/usr/bin/env python3
"""Write the small conn log that the classic recipe is tested on.

    make_classic_log.py > crates/oddflow-features/tests/data/classic.conn.log

The first 200 rows are meant for fitting. The other 100 hold levels that the first do not. Together they hold
IPv4 and IPv6, rows with nothing set, ratios of zero, of infinity and of zero by zero, and protocol numbers
that are missing. Every address belongs to a documentation or private range.
"""
import random
import sys

FIELDS = {
    "ts": "time", "uid": "string", "id.orig_h": "addr", "id.orig_p": "port", "id.resp_h": "addr",
    "id.resp_p": "port", "proto": "enum", "service": "string", "duration": "interval",
    "orig_bytes": "count", "resp_bytes": "count", "conn_state": "string", "local_orig": "bool",
    "local_resp": "bool", "missed_bytes": "count", "history": "string", "orig_pkts": "count",
    "orig_ip_bytes": "count", "resp_pkts": "count", "resp_ip_bytes": "count",
    "tunnel_parents": "set[string]", "ip_proto": "count",
}
STATES = "OTH REJ RSTO RSTOS0 RSTR RSTRH S0 S1 S2 S3 SF SH SHR".split()
HISTORIES = ["Dd", "D", "S", "Sr", "ShADadFf", "ShADadR", "^dtt", "C", "ShADadtTfF"]
SERVICES = ["dns", "ssl", "http", "quic", "ssl,http", "http,ssl", "smb,-ntlm", "ftp-data", "ntp"]
NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "unknown_transport": "2"}
EDGE_ADDRESSES = ["0.0.0.0", "255.255.255.255", "10.0.0.0", "::", "::1", "ff02::fb", "::ffff:ffff",
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
TRAIN_ROWS, LATER_ROWS = 200, 100


def address(rng):
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(["192.0.2.", "198.51.100.", "10.1.7."]) + str(rng.randrange(1, 255))
    if kind < 0.9:
        return "2001:db8:%x::%x:%x" % (rng.randrange(1, 65536), rng.randrange(1, 65536), rng.randrange(1, 65536))
    return rng.choice(EDGE_ADDRESSES)


def sometimes(rng, chance, value):
    return "-" if rng.random() < chance else str(value)


def row(rng, number, later):
    proto = rng.choice(["tcp"] * 5 + ["udp"] * 4 + ["icmp"] * 2 + ["unknown_transport"])
    service = rng.choice(SERVICES + ["-"] * 5)
    state = STATES[number % len(STATES)]
    local = "TF"
    if later:  # levels that fitting has not met
        service = rng.choice([service, "mqtt", "dns,mqtt", "!odd"])
        proto = rng.choice([proto, proto, "sctp"])
        state = rng.choice([state, "NEW"])
        local = "TF-"
    orig_h = address(rng)
    ip_proto = "58" if proto == "icmp" and ":" in orig_h else NUMBERS.get(proto, "132")
    return {
        "ts": "%.6f" % (1700000000 + 7.3 * number + rng.random()),
        "uid": "C" + "".join(rng.choices("0123456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ", k=17)),
        "id.orig_h": orig_h, "id.orig_p": rng.randrange(65536),
        "id.resp_h": address(rng), "id.resp_p": rng.choice([53, 80, 443, 0, 65535, rng.randrange(65536)]),
        "proto": proto, "service": service,
        "duration": sometimes(rng, 0.2, "%.6f" % rng.lognormvariate(0, 3)),
        "orig_bytes": sometimes(rng, 0.2, int(rng.lognormvariate(6, 3))),
        "resp_bytes": sometimes(rng, 0.2, rng.choice([0, int(rng.lognormvariate(7, 3))])),
        "conn_state": sometimes(rng, 0.05, state),
        "local_orig": rng.choice(local), "local_resp": rng.choice(local),
        "missed_bytes": 0, "history": sometimes(rng, 0.1, rng.choice(HISTORIES)),
        "orig_pkts": sometimes(rng, 0.1, rng.choice([0, 1, rng.randrange(1, 900)])),
        "orig_ip_bytes": rng.randrange(2000),
        "resp_pkts": sometimes(rng, 0.1, rng.choice([0, 1, rng.randrange(1, 900)])),
        "resp_ip_bytes": rng.randrange(2000), "tunnel_parents": "-",
        "ip_proto": sometimes(rng, 0.25, ip_proto),
    }


def bare(number):
    """A row with nothing set but what Zeek always sets; `uid` isn't set either."""
    values = dict.fromkeys(FIELDS, "-")
    values.update({"ts": "%.6f" % (1700000000 + 7.3 * number), "id.orig_h": "fe80::1", "id.orig_p": 133,
                   "id.resp_h": "ff02::2", "id.resp_p": 134, "proto": "icmp"})
    return values


def main():
    rng = random.Random(20240229)
    print("#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn",
          "#open\t2023-11-14-22-13-20", sep="\n")
    print("#fields", *FIELDS, sep="\t")
    print("#types", *FIELDS.values(), sep="\t")
    for number in range(TRAIN_ROWS + LATER_ROWS):
        values = bare(number) if number % 60 == 17 else row(rng, number, number >= TRAIN_ROWS)
        print(*values.values(), sep="\t")
    print("#close\t2023-11-14-22-50-00")


if __name__ == "__main__":
    sys.exit(main())
