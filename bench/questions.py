"""What the pages of the dashboard ask for."""
import gzip
import json

DAY = 86_400
START = 1_772_409_600  # 2026-03-02, where made-up traffic begins.


def read(body, encoding):
    return json.loads(gzip.decompress(body) if encoding == "gzip" else body)


def all(get, chance):
    """The name of each request, what makes its path, and what is told of each answer."""
    api = "/api/v1/"
    newest = get(api + "session")["newest"] or START + 14 * DAY
    incidents = get(api + "incidents?state=all&limit=200")["items"]
    alerts = get(api + "alerts?state=all&limit=200")["items"]

    def period(days):
        end = newest - chance.uniform(0, max(newest - START - days * DAY, 1))
        return "from=%.3f&to=%.3f" % (end - days * DAY, end)

    def one(rows, name):
        return chance.choice([row[name] for row in rows if row.get(name) is not None])

    def nothing(_):
        pass

    def page_by_page(kind):
        """Goes through a list, and begins anew at its end."""
        at = {}
        path = lambda: api + kind + ("&cursor=%s" % at["next"] if at.get("next") else "")
        return path, at.update

    of = {
        "overview, 7 days": lambda: "overview?" + period(7),
        "overview, all": lambda: "overview?from=0",
        "incidents, in any order": lambda: "incidents?limit=100&state=all&sort=" + chance.choice(["score", "newest", "severity"]),
        "incidents of a period": lambda: "incidents?limit=100&state=all&" + period(7),
        "incidents of a host": lambda: "incidents?limit=100&state=all&host=" + one(incidents, "host"),
        "incidents of a network": lambda: "incidents?limit=100&state=all&host=%s/24" % one(incidents, "host"),
        "incidents of a port": lambda: "incidents?limit=100&state=all&port=%d" % chance.choice([22, 53, 443, 40_000]),
        "incidents of a service": lambda: "incidents?limit=100&service=" + chance.choice(["dns", "ssh", "smtp"]),
        "incidents, critical, of a period": lambda: "incidents?limit=100&state=all&severity=critical&" + period(3),
        "incidents by text": lambda: "incidents?limit=100&state=all&q=" + one(incidents, "host"),
        "incidents by a common word": lambda: "incidents?limit=100&state=all&q=" + chance.choice(["baseline", "bytes", "hour"]),
        "an incident": lambda: "incidents/%d" % one(incidents, "id"),
        "alerts, in any order": lambda: "alerts?limit=100&state=all&sort=" + chance.choice(["score", "newest", "oldest"]),
        "alerts above a score": lambda: "alerts?limit=100&sort=score&min_score=%.3f" % chance.random(),
        "alerts of a period": lambda: "alerts?limit=100&sort=newest&" + period(3),
        "alerts of a host": lambda: "alerts?limit=100&host=" + one(alerts, "orig_h"),
        "alerts of a network": lambda: "alerts?limit=100&host=%s/24&" % one(alerts, "resp_h") + period(30),
        "alerts of a port": lambda: "alerts?limit=100&port=%d" % one(alerts, "resp_p"),
        "alerts of a service": lambda: "alerts?limit=100&service=%s&" % chance.choice(["dns", "ssl", "http"]) + period(7),
        "alerts of a family": lambda: "alerts?limit=100&state=all&severity=critical&family=fan",
        "alerts by text": lambda: "alerts?limit=100&state=all&q=" + one(alerts, "uid"),
        "an alert": lambda: "alerts/%d" % one(alerts, "id"),
        "charts of an alert": lambda: "alerts/%d/charts" % one(alerts, "id"),
        "hosts": lambda: "hosts?limit=100&%s&sort=" % period(30) + chance.choice(["rows", "incidents"]),
        "a host": lambda: "hosts/%s?" % one(incidents, "host") + period(30),
        "explore, 7 days": lambda: "explore?step=1800&" + period(7),
        "explore, a host": lambda: "explore?host=%s&" % one(incidents, "host") + period(30),
        "models": lambda: "models",
        "rules": lambda: "suppressions",
        "settings": lambda: "settings",
    }
    for name, path in of.items():
        yield name, (lambda path=path: api + path()), nothing
    for kind in ["incidents?limit=100&state=all&sort=newest", "alerts?limit=100&state=all&sort=newest", "alerts?limit=100&state=all&sort=score"]:
        yield "%s, page by page" % kind.split("?")[0] + (", by score" if "score" in kind else ""), *page_by_page(kind)
