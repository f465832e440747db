"""Uses the dashboard in headless Chromium as people do, and says what is wrong.

    dashboard_page.py CHROMIUM ADDRESS [--axe FILE] [--pictures DIR] [--token TOKEN] [--run COMMAND] CHECK...

Checks:
    pages    each page on a desk, on a phone and between, light and dark, and on a very wide and a very narrow screen: no message
             in the console, no request to another host, no page that scrolls sideways, a heading, and with --axe nothing that
             axe-core finds
    wrong_turns  an unknown sensor and times that are none are told, and not taken for others
    actions  verdicts with undo, keys, notes, hiding many with a preview, removing the rule, filters in the address, hosts by
             the beginning of an address
    explore  drawing over the chart, clicking a service, the way back, a chart as a table, a log that is read now, and again
             after a reload
    model    the slider over budgets, history, the way to another model
    live     what COMMAND changes is seen without a reload
    strange  a text of a log that would be a script is text, wherever it stands
    token    a wrong token, the right one, signing out
    empty    a database without a model says what to do

With --pictures, `pages` leaves a picture of each page there: those of docs/dashboard.

Prints one line for each thing that is wrong and exits with 1. Needs playwright.
"""
import argparse
import base64
import contextlib
import pathlib
import shlex
import subprocess
import sys
import urllib.parse

from playwright.sync_api import Error, expect, sync_playwright

# A desk at four times the size of letters is as narrow as the narrowest.
SIZES = {"desk": (1440, 900), "wide": (2560, 1440), "tablet": (820, 1180), "phone": (390, 844), "narrow": (320, 256)}
KINDS = [(size, scheme) for size in ("desk", "phone", "tablet") for scheme in ("light", "dark")] + [("wide", "light"), ("narrow", "light")]
PATHS = {
    "overview": "/?period=all",
    "incidents": "/incidents?period=all&state=all",
    "alerts": "/alerts?period=all",
    "hosts": "/hosts?period=all",
    "explore": "/explore?period=all",
    "explore-log": "/explore?source=log",
    "model": "/model",
    "settings": "/settings",
    "missing": "/no/such/page",
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a log would have to bring about to be more than text.
STRANGE = "<img src=x onerror=window.hit=1>"

wrong = []


class Session:
    """A page that remembers what it complains of, and whom it asks."""

    def __init__(self, browser, base, size="desk", scheme="light", **options):
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            **options,
        )
        self.base = base
        self.where = ""
        self.expected = ()
        self.page = self.context.new_page()
        self.page.on("console", self.console)
        self.page.on("pageerror", lambda error: self.say("error: %s" % error))
        self.page.on("request", self.asked)

    def say(self, what):
        wrong.append("%s: %s" % (self.where, what))

    def console(self, message):
        # Chromium logs each answer that refuses something; where that is what is tried, it is no fault of the page.
        if message.type in ("error", "warning") and not any(words in message.text for words in self.expected):
            self.say("console: " + message.text)

    def asked(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.say("asks for " + request.url)
        # One thing without its number: asked for by a page that is being left.
        if urllib.parse.urlsplit(request.url).path.endswith(("/alerts/", "/incidents/", "/hosts/")):
            self.say("asks for nothing in particular: " + request.url)

    def go(self, path):
        self.where = path
        self.page.goto(self.base + path)
        expect(self.page.locator("h1").first).to_be_visible()
        self.settle()

    def settle(self):
        """Waits until nothing is on its way: no grey bars, each chart drawn."""
        self.page.wait_for_function(
            "() => !document.querySelector('.waiting, [aria-busy=true]') && [...document.querySelectorAll('.drawing')].every(one => one.querySelector('canvas'))"
        )

    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.page.url).query))

    def check(self, is_so, what):
        if not is_so:
            self.say(what)


@contextlib.contextmanager
def session(browser, base, **options):
    made = Session(browser, base, **options)
    try:
        yield made
    except (AssertionError, Error) as error:
        # Playwright adds the whole page; the first lines say what was sought.
        made.say(" ".join(str(error).split("\n")[:8]))
    finally:
        made.context.close()


SMALLER = """async picture => {
    const image = new Image();
    image.src = picture;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1];
}"""


def picture(browser, page, path):
    """What is seen of a page, as a small file."""
    taken = "data:image/png;base64," + base64.b64encode(page.screenshot()).decode()
    canvas = browser.new_page()
    path.write_bytes(base64.b64decode(canvas.evaluate(SMALLER, taken)))
    canvas.close()


def things(browser, base):
    """The path of an incident, of an alert and of a host."""
    with session(browser, base) as one:
        api = one.context.request
        found = api.get(base + "/api/v1/incidents?from=0&state=all&sort=severity&limit=1").json()["items"][0]
        alert = api.get(base + "/api/v1/incidents/%d" % found["id"]).json()["alerts"][0]
        return {
            "incident": "/incidents/%d" % found["id"],
            "alert": "/alerts/%d" % alert["id"],
            "host": "/hosts/%s?period=all" % urllib.parse.quote(found["host"], safe=""),
        }


def pages(browser, base, options):
    axe = options.axe.read_text() if options.axe else None
    for size, scheme in KINDS:
        # The page's own rules forbid scripts that are not its files; axe-core is one.
        with session(browser, base, size=size, scheme=scheme, bypass_csp=True) as one:
            for name, path in {**PATHS, **things(browser, base)}.items():
                one.go(path)
                one.where = "%s, %s, %s" % (path, size, scheme)
                width = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                one.check(width <= 0, "scrolls sideways by %d pixels" % width)
                cut = one.page.evaluate("[...document.querySelectorAll('.card')].filter(card => card.scrollWidth > card.clientWidth + 1).map(card => card.innerText.slice(0, 40))")
                one.check(not cut, "cut at the right: %s" % cut)
                one.check(one.page.locator("h1").count() == 1, "not one heading")
                one.check(one.page.title().endswith("oddflow"), "is called " + one.page.title())
                # There is one picture for phones, and none of what lies between.
                if options.pictures and name != "missing" and (size == "desk" or (size, scheme) == ("phone", "light")):
                    kind = scheme if size == "desk" else size
                    picture(browser, one.page, options.pictures / ("%s-%s.webp" % (name, kind)))
                if axe:
                    one.page.evaluate(axe)
                    found = one.page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
                    for violation in found["violations"]:
                        first = violation["nodes"][0]
                        one.say("axe: %s: %s: %s" % (violation["id"], first["html"][:120], first["failureSummary"]))
    with session(browser, base) as one:
        # The rules of the page are in force: a script of its own could not run.
        one.go("/")
        one.expected = ("Content Security Policy",)
        one.page.evaluate("() => { const one = document.createElement('script'); one.textContent = 'window.inline = 1'; document.head.append(one); }")
        one.check(one.page.evaluate("window.inline") is None, "inline scripts run")


def wrong_turns(browser, base, options):
    """Addresses that ask for what there isn't: another answer would be taken for that to it."""
    with session(browser, base) as one:
        for path in ("/?sensor=nowhere", "/incidents?sensor=nowhere", "/explore?sensor=nowhere"):
            one.go(path)
            expect(one.page.get_by_role("heading", name="There is no such sensor")).to_be_visible()
            one.page.get_by_role("link", name="Show all sensors").click()
            expect(one.page.get_by_role("heading", name="There is no such sensor")).to_have_count(0)
        for period in ("from=abc", "from=2026-03-07&to=2026-03-06", "period=never"):
            one.go("/incidents?" + period)
            expect(one.page.get_by_role("heading", name="There is no such period")).to_be_visible()
            one.page.get_by_role("link", name="Show the last 7 days").click()
            expect(one.page.get_by_role("heading", name="Incidents")).to_be_visible()
        one.go("/incidents?from=2026-01-01&state=all")
        expect(one.page.locator("[data-row]").first).to_be_visible()


def total(one, state):
    """How many incidents there are of a state."""
    return one.context.request.get(one.base + "/api/v1/incidents?from=0&limit=1&state=" + state).json()["total"]["count"]


def actions(browser, base, options):
    with session(browser, base) as one:
        page = one.page
        one.go("/?period=all")
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url("**/incidents?period=all")
        rows = page.locator("[data-row]")
        expect(rows.first).to_be_visible()
        before = rows.count()
        one.check(before >= 4, "too few incidents to try anything: %d" % before)

        # Two by the keyboard, marked and taken back.
        for key in "jxjx":
            page.keyboard.press(key)
        expect(page.get_by_role("toolbar")).to_contain_text("2 incidents")
        page.keyboard.press("b")
        expect(page.locator(".notice")).to_contain_text("2 incidents marked as benign")
        expect(rows).to_have_count(before - 2)
        page.get_by_role("button", name="Undo").click()
        expect(rows).to_have_count(before)

        # One after the other: none is passed over, and a key too many says nothing of one that nobody looked at.
        one.go("/incidents?period=all")
        titles = page.locator("[data-row] a.title")
        wanted = [titles.nth(place).inner_text() for place in range(2)]
        for place, title in enumerate(wanted):
            page.keyboard.press("j")
            expect(page.locator("a.title:focus")).to_have_text(title)
            page.keyboard.press("b")
            expect(rows).to_have_count(before - place - 1)
            one.check(page.evaluate("document.activeElement !== document.body"), "the focus is nowhere")
            page.keyboard.press("b")
        page.wait_for_timeout(300)
        expect(rows).to_have_count(before - 2)
        for left in (before - 1, before):
            page.keyboard.press("z")
            expect(rows).to_have_count(left)

        # One by the mouse; the list of confirmed ones has it.
        title = rows.nth(1).locator("a.title").inner_text()
        rows.nth(1).locator("input").check()
        page.get_by_role("toolbar").get_by_role("button", name="Confirm").click()
        expect(rows).to_have_count(before - 1)
        page.get_by_role("link", name="Confirmed", exact=True).click()
        expect(page.locator("a.title", has_text=title).first).to_be_visible()
        one.check(one.query().get("state") == "confirmed", "the state is not in the address")

        # A note, with what would be a script.
        page.locator("a.title", has_text=title).first.click()
        expect(page.locator("h1")).to_have_text(title)
        page.get_by_label("A note").fill("looked at it " + STRANGE)
        page.get_by_role("button", name="Add the note").click()
        expect(page.locator(".note")).to_contain_text(STRANGE)
        expect(page.get_by_role("complementary")).to_contain_text("confirmed")

        # One that was not sent is there again, and sent by the keyboard.
        page.get_by_label("A note").fill("half a thought")
        page.go_back()
        expect(page.locator("h1")).to_have_text("Incidents")
        page.go_forward()
        expect(page.get_by_label("A note")).to_have_value("half a thought")
        page.locator("h1").click()
        page.keyboard.press("n")
        expect(page.get_by_label("A note")).to_be_focused()
        page.get_by_label("A note").press("Control+Enter")
        expect(page.locator(".note")).to_have_count(2)
        expect(page.get_by_label("A note")).to_have_value("")

        # Hiding many: the rule is suggested, previewed, refused where it is wrong, stored, and removed again.
        one.go("/incidents?period=all")
        open_ones = rows.count()
        page.get_by_label("Tick all of this page").check()
        page.keyboard.press("s")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("Hides ")).to_be_visible()
        one.check(page.evaluate("document.activeElement.id") == "reason", "the reason does not have the focus")
        rule = page.get_by_label("Rule:")
        one.check(rule.input_value() != "", "no rule is suggested")
        one.expected = ("400",)
        rule.fill("serivce == dns")
        expect(dialog).to_contain_text("Did you mean service?")
        one.expected = ()
        host = rows.first.locator("td.host").inner_text().strip()
        rule.fill("host == " + host)
        expect(dialog.get_by_text("Hides ")).to_be_visible()
        expect(dialog.locator("footer .main")).to_be_disabled()
        page.get_by_label("Reason").fill("known")
        dialog.locator("footer .main").click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".notice").last).to_contain_text("hides")
        page.get_by_role("link", name="Hidden", exact=True).click()
        expect(rows.first).to_be_visible()
        one.check(rows.count() <= open_ones, "more is hidden than there was")
        # What is hidden offers its rule instead of another one.
        rows.first.locator("a.title").click()
        expect(page.get_by_role("button", name="Remove the rule")).to_be_visible()
        expect(page.get_by_role("button", name="Hide")).to_have_count(0)
        one.settle()
        one.go("/settings")
        expect(page.get_by_text("host == " + host).first).to_be_visible()
        page.get_by_role("button", name="Remove rule").first.click()
        page.get_by_role("button", name="Remove the rule").click()
        expect(page.locator(".notice").last).to_contain_text("shown again")
        expect(page.get_by_text("There are no rules")).to_be_visible()
        expect(page.get_by_role("region", name="Changes")).to_contain_text("known")

        # Filters stand in the address, and the way back takes them away.
        one.go("/incidents?period=all&state=all")
        everything = rows.count()
        page.get_by_label("Family").select_option("fan")
        page.wait_for_url("**family=fan**")
        one.settle()
        one.check(rows.count() <= everything, "a filter adds rows")
        page.get_by_role("button", name="More").click()
        page.get_by_label("Host or network").fill("192.0.2.0/24")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_text("No incident is like that")).to_be_visible()
        one.check(one.query().get("host") == "192.0.2.0/24", "the network is not in the address")
        page.go_back()
        page.wait_for_function("() => !location.search.includes('host')")
        page.get_by_role("button", name="Take away: New destinations").click()
        expect(rows).to_have_count(everything)
        page.keyboard.press("/")
        page.keyboard.type("zzzz")
        expect(page.get_by_text("No incident is like that")).to_be_visible()
        one.check(one.query().get("q") == "zzzz", "the words are not in the address")

        # A severity leads to those that are worse too, and says so.
        one.go("/?period=all")
        tile = page.locator("ul.open a").last
        meaning = tile.get_attribute("title")
        one.check("the %d open" % total(one, "open") in meaning and "low or worse" in meaning, "the tile says " + meaning)
        tile.click()
        expect(page.locator(".pager")).to_contain_text("%d incident" % total(one, "open"))
        expect(page.get_by_label("Severity").locator("option:checked")).to_have_text("Low or worse")

        # Hosts by the beginning of an address; what can't be one is told without asking.
        one.go("/hosts?period=all")
        page.get_by_role("searchbox").fill("192.168")
        page.wait_for_url("**q=192.168**")
        one.settle()
        page.get_by_role("searchbox").fill("laptop")
        expect(page.locator("#search-wrong")).to_contain_text("That is no address")
        one.check(one.query().get("q") == "192.168", "asks for what is no address")
        one.go("/hosts/203.0.113.99")
        expect(page.get_by_text("This host was not seen in this period")).to_be_visible()
        one.go("/incidents?from=2000-01-01T00:00:00Z&state=all")
        expect(rows).to_have_count(everything)

        # What is exported is what is shown.
        one.go("/incidents?period=all&state=all&sort=oldest")
        all_of_them = total(one, "all")
        for kind in ("CSV", "JSON"):
            link = page.get_by_role("link", name="as " + kind).get_attribute("href")
            answer = one.context.request.get(base + link)
            lines = [line for line in answer.text().splitlines() if line]
            one.check(answer.ok and len(lines) - (kind == "CSV") == all_of_them, "%s has %d lines of %d" % (kind, len(lines), all_of_them))

        # One field for everything.
        page.keyboard.press("Control+k")
        page.keyboard.type(host)
        page.keyboard.press("Enter")
        page.wait_for_url("**/hosts/**")
        expect(page.locator("h1")).to_have_text(host)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Go to Overview")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

        # Times in another zone, and in UTC beside it; the theme stays.
        page.get_by_role("button", name="Zone and theme").click()
        page.get_by_label("Times are shown in").select_option("Asia/Tokyo")
        one.check("UTC" in page.locator("time").first.get_attribute("title"), "no UTC beside a time")
        page.get_by_role("button", name="Dark").click()
        page.reload()
        expect(page.locator("h1")).to_have_text(host)
        one.check(page.evaluate("document.documentElement.dataset.theme") == "dark", "the theme is forgotten")


def explore(browser, base, options):
    with session(browser, base) as one:
        page = one.page
        one.go("/explore?period=all")
        expect(page.locator(".drawing").first).to_be_visible()
        box = page.locator(".drawing").first.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.3, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
        page.mouse.up()
        page.wait_for_function("() => /from=\\d+&to=\\d+/.test(location.search)")
        one.settle()
        page.locator("td.name button").first.click()
        page.wait_for_url("**service=**")
        one.settle()
        page.go_back()
        page.go_back()
        page.wait_for_function("() => !location.search.includes('from')")
        one.settle()
        page.get_by_role("button", name="show as table").first.click()
        expect(page.locator("figure table tbody tr").first).to_be_visible()
        one.go("/explore?source=log")
        page.get_by_role("button", name="Read it").click()
        expect(page.get_by_role("heading", name="What stands out")).to_be_visible(timeout=120_000)
        one.settle()
        one.check(one.query().get("log"), "the log is not in the address")
        page.reload()
        expect(page.get_by_role("heading", name="What stands out")).to_be_visible(timeout=120_000)
        one.settle()


def model(browser, base, options):
    with session(browser, base) as one:
        page = one.page
        one.go("/model")
        slider = page.get_by_role("slider")
        before = page.locator("output").inner_text()
        for _ in range(3):
            slider.press("ArrowRight")
        expect(page.locator("output")).not_to_have_text(before)
        expect(page.get_by_text("threshold").first).to_be_visible()
        page.get_by_role("button", name="History").click()
        expect(page.get_by_role("region", name="Versions").locator("ol")).to_be_visible()


def live(browser, base, options):
    with session(browser, base) as one:
        page = one.page
        one.go("/incidents?period=all")
        expect(page.locator(".live.live")).to_be_visible()
        rows = page.locator("[data-row]")
        before = rows.count()
        subprocess.run(shlex.split(options.run), check=True, capture_output=True)
        expect(rows).to_have_count(before - 1, timeout=30_000)


def strange(browser, base, options):
    with session(browser, base) as one:
        seen = 0
        ids = one.context.request.get(base + "/api/v1/incidents?from=0&state=all&limit=40").json()["items"]
        paths = ["/incidents/%d" % item["id"] for item in ids]
        paths += ["/?period=all", "/incidents?period=all&state=all", "/alerts?period=all", "/explore?period=all", "/hosts?period=all", "/explore?source=log", "/settings"]
        text = urllib.parse.quote(STRANGE, safe="")
        # What stands in an address is a stranger's text too.
        one.expected = ("404", "400")
        paths += ["/incidents?period=all&q=" + text, "/incidents?host=" + text, "/hosts/" + text, "/explore?service=" + text, "/explore?host=" + text, "/model/" + text]
        for path in paths:
            one.go(path)
            seen += one.page.get_by_text("onerror=window.hit").count()
            one.check(one.page.evaluate("window.hit") is None, "a text became a script")
            one.check(one.page.locator("main img").count() == 0, "a text became a picture")
        one.check(seen > 0, "the strange texts are not to be seen anywhere")


def token(browser, base, options):
    with session(browser, base) as one:
        page = one.page
        one.expected = ("401", "429")
        one.where = "sign-in"
        page.goto(base + "/incidents")
        field = page.get_by_label("Token")
        expect(field).to_be_focused()
        one.check(one.context.request.get(base + "/api/v1/incidents").status == 401, "incidents are shown to anybody")
        field.fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("That token is not known")
        field.fill(options.token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("h1")).to_have_text("Incidents")
        cookie = one.context.cookies()[0]
        one.check(cookie["httpOnly"] and cookie["sameSite"] == "Strict", "the cookie is %s" % cookie)
        # A change without the page's own token is refused, even of somebody who is signed in.
        refused = one.context.request.post(base + "/api/v1/incidents/verdict", data={"ids": [1], "verdict": "benign"})
        one.check(refused.status == 403, "a forged change answers %d" % refused.status)
        page.get_by_role("button", name="Zone and theme").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        for _ in range(6):
            field.fill("wrong")
            with page.expect_response("**/api/v1/session") as answer:
                page.get_by_role("button", name="Sign in").click()
        one.check(answer.value.status == 429, "any number of tokens may be tried: %d" % answer.value.status)
        expect(page.get_by_role("alert")).to_contain_text("Wait a minute")


def empty(browser, base, options):
    with session(browser, base) as one:
        one.go("/")
        expect(one.page.locator("h1")).to_have_text("Nothing has been learned yet")
        expect(one.page.locator("pre").first).to_contain_text("oddflow demo")
        for path in ("/model", "/settings"):
            one.go(path)


CHECKS = {check.__name__: check for check in (pages, wrong_turns, actions, explore, model, live, strange, token, empty)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chromium")
    parser.add_argument("address")
    parser.add_argument("--axe", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--token")
    parser.add_argument("--run")
    parser.add_argument("checks", nargs="+", choices=CHECKS)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        # As root Chromium has no sandbox of its own. It asks its maker for nothing.
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        )
        for check in options.checks:
            before = len(wrong)
            CHECKS[check](browser, options.address.rstrip("/"), options)
            wrong[before:] = ["%s: %s" % (check, what) for what in wrong[before:]]
        browser.close()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
