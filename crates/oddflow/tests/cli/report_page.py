"""Opens reports in headless Chromium as a desk and a phone show them, light and dark, and says what is wrong.

    report_page.py CHROMIUM [--pictures DIR] REPORT...

Wrong are: a message in the console, an error of the page, a request for anything but the page itself, a page that
scrolls sideways, a figure without a size, a link that leads nowhere, two places of one name, what is folded and not
printed. Prints one line for each and exits with 1.
Needs playwright.
"""
import argparse
import pathlib
import sys

from playwright.sync_api import sync_playwright

SIZES = {"desk": (1280, 900), "phone": (360, 740)}

PROBE = """() => {
    const wrong = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        wrong.push(`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth} pixels`);
        for (const element of document.querySelectorAll('main *')) {
            if (element.getBoundingClientRect().right > root.clientWidth + 1 && !element.closest('.scroll, svg')) {
                wrong.push(`  reaches too far: <${element.tagName.toLowerCase()} class="${element.className}">`);
                break;
            }
        }
    }
    for (const details of document.querySelectorAll('details')) details.open = true;
    let seen = 0;
    for (const figure of document.querySelectorAll('figure')) {
        const shown = [...figure.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 0);
        if (shown.length !== 1) wrong.push(`${figure.id} shows ${shown.length} pictures`);
        seen += shown.length;
    }
    if (seen === 0 && document.querySelectorAll('figure').length > 0) wrong.push('no figure is seen');
    const names = [...document.querySelectorAll('[id]')].map(element => element.id);
    for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i))) wrong.push(`twice: #${name}`);
    for (const link of document.querySelectorAll('a[href^="#"]')) {
        if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) wrong.push(`no place ${link.hash}`);
    }
    if (root.scrollWidth > root.clientWidth) wrong.push('scrolls sideways when all is open');
    return wrong;
}"""


PRINTED = """() => {
    const wrong = [];
    for (const details of document.querySelectorAll('details')) details.open = false;
    for (const details of document.querySelectorAll('details')) {
        const inside = [...details.children].find(child => child.tagName !== 'SUMMARY');
        // Of folded content the box is empty, or it is skipped while the page is laid out.
        const seen = inside && inside.getBoundingClientRect().height > 0
            && inside.checkVisibility({contentVisibilityAuto: true});
        if (!seen) wrong.push(`not printed: ${details.querySelector('summary').textContent}`);
    }
    for (const details of document.querySelectorAll('details')) details.open = true;
    return wrong;
}"""


def look(browser, report, pictures):
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            wrong = []
            page.on("console", lambda message: wrong.append("console: " + message.text))
            page.on("pageerror", lambda error: wrong.append("error: %s" % error))
            address = report.resolve().as_uri()
            page.on("request", lambda request: request.url.split("#")[0] != address and wrong.append("asks for " + request.url))
            page.goto(address)
            wrong += page.evaluate(PROBE)
            page.emulate_media(media="print")
            wrong += page.evaluate(PRINTED)
            page.emulate_media(media="screen")
            if pictures:
                page.screenshot(path=pictures / ("%s-%s-%s.png" % (report.parent.name, size, scheme)), full_page=True)
            context.close()
            for what in wrong:
                yield "%s, %s, %s: %s" % (report, size, scheme, what)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chromium")
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    wrong = []
    with sync_playwright() as playwright:
        # As root Chromium has no sandbox of its own.
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        for report in options.reports:
            wrong += look(browser, report, options.pictures)
        browser.close()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
