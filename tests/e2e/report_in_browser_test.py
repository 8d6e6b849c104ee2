#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl report` in a real browser: what is seen, light and dark, on a phone and on paper, and what happens
when somebody sorts. The pictures are left in the build directory (tests/report-pictures) for people to look at."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import browser
import crawl_run
import large_crawl
import naughty
import nginx
from scripted_server import ScriptedServer, links, page, reply

PICTURES = pathlib.Path(os.environ.get("CRAWL_TEST_PROGRAMS", "."), "report-pictures")
# What a page may try on whoever looks at its title, its URL or its links.
ACTIVE = ["<img src=http://evil.test/x onerror=document.title='owned'>", "<script>document.title='owned'</script>",
          "\"><svg onload=document.title='owned'>", "' onmouseover='document.title=1", "</title><base href=//evil.test/>",
          "</script><script>document.title='owned'</script>", "javascript:document.title='owned'",
          "<meta http-equiv=refresh content='0;url=http://evil.test/'>", "<style>@import 'http://evil.test/'</style>",
          "&lt;script&gt;", "]]>", "-->", "<link rel=stylesheet href=http://evil.test/>"]


def table(name):
    return f"document.getElementById('{name}').closest('table')"


class InBrowser(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.browser = browser.Browser(self.place.folder)
        self.addCleanup(self.browser.close)

    def report(self, *arguments):
        path = self.place.folder / "report.html"
        ended = self.place.run("report", "-d", self.place.database, "-o", path, *arguments)
        self.assertEqual((ended.code, ended.stderr), (0, ""))
        return path

    def open(self, path, **options):
        """Over HTTP, as a server would show it: it must ask for itself alone, and complain of nothing."""
        server = ScriptedServer({"/report": reply(body=path.read_bytes())})
        self.addCleanup(server.close)
        address = server.url("/report")
        self.browser.open(address, **options)
        self.browser.evaluate("document.fonts.ready.then(() => 1)")
        self.assertEqual(self.browser.requests(), [address])
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual([request.path for request in server.requests], ["/report"])

    def check_width(self, width):
        """Nothing sticks out: the page is not scrolled from left to right."""
        wide = self.browser.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .skip, title, desc') && "
            "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))")
        self.assertEqual(wide[:3], [])
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)

    def check_labels(self):
        """No two labels of a chart lie on each other."""
        self.assertEqual(self.browser.evaluate("""
            [...document.querySelectorAll('.plot svg')].flatMap(svg => {
              const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
                .filter(([, b]) => b.width > 0);
              return boxes.flatMap(([one, a], i) => boxes.slice(i + 1)
                .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
                .map(([two]) => `${svg.parentNode.textContent.slice(0, 20)}: ${one} on ${two}`));
            })"""), [])

    def take_pictures(self, path, name):
        for scheme in ("light", "dark"):
            self.open(path, scheme=scheme)
            self.check_labels()
            self.check_width(1280)
            self.browser.screenshot(PICTURES / f"{name}-{scheme}.png")
        for width in (390, 320):
            self.open(path, width=width, height=844)
            self.check_labels()
            self.check_width(width)
        self.open(path, width=390, height=844)
        self.browser.screenshot(PICTURES / f"{name}-phone.png")
        self.browser.print(PICTURES / f"{name}.pdf")
        self.assertGreater((PICTURES / f"{name}.pdf").stat().st_size, 10_000)

    # ---- databases

    def crawl_documents(self):
        """Two hosts, and some pages that change from one run to the next."""
        source = crawl_run.corpus("python3.11/html")
        copy = self.place.folder / "python"
        shutil.copytree(source, copy, ignore_dangling_symlinks=True)
        server = nginx.Nginx(self.place.folder, {"127.0.0.1": crawl_run.corpus("postgresql-doc-15/html"),
                                                 "127.0.0.2": copy})
        self.addCleanup(server.stop)
        arguments = ["-q", "--delay", "0", "--host-concurrency", "8", "--revisit", "0", "--retries", "0",
                     server.url(), server.url("127.0.0.2"), "http://nowhere.invalid/"]
        self.crawl(*arguments, complete=False)
        pages = sorted(copy.rglob("*.html"))
        for path in pages[::12]:
            path.write_text(path.read_text(errors="replace").replace("</body>", "<p>one line more</p></body>"))
        (copy / "new.html").write_text("<title>New</title>")
        (copy / "index.html").write_text((copy / "index.html").read_text().replace("</body>", "<a href=new.html>x</a>"))
        pages[5].unlink()
        self.crawl(*arguments, complete=False)

    def crawl_naughty(self):
        texts = [*ACTIVE, *naughty.strings()[:150]]
        routes = {}
        for number, text in enumerate(texts):
            quoted = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            routes[f"/{number}"] = page(f'<a href="/dead?{quoted}">{quoted}</a>', title=quoted)
        routes["/"] = links(*routes)
        server = ScriptedServer(routes)
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", "--no-traps", server.url())

    def empty_database(self):
        server = ScriptedServer({"/": page("x")})
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", server.url())

    # ---- what is seen

    def test_real_documents(self):
        self.crawl_documents()
        path = self.report()
        self.take_pictures(path, "documents")
        self.open(path)
        self.assertRegex(self.browser.evaluate("document.querySelector('.answer').textContent"),
                         r"^1,\d\d\d pages, [\d,]+ broken links, 1 host in trouble, \d\d changes since the last run\.$")
        self.check_reading_order()
        self.check_sorting()
        self.check_without_scripts(path)

    def check_reading_order(self):
        """What a screen reader is told: a heading for each section, and a name for each chart and table."""
        found = self.browser.accessible()
        names = {role: [name for each, name in found if each == role] for role, _ in found}
        self.assertEqual(len(names["main"]), 1)
        self.assertIn("Broken links", names["heading"])
        for chart in ("URLs by what became of them", "Pages over time", "Status by host", "Pages by latency",
                      "Pages by size", "URLs by depth", "Status codes", "Pages by run"):
            self.assertIn(chart, names.get("image", []) + names.get("img", []))
        self.assertNotIn("", names["table"])
        self.assertNotIn("", names["link"])
        self.assertGreater(len(names["columnheader"]), 20)
        # The first key leads past everything to the answer.
        self.browser.press("Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.className"), "skip")
        self.assertGreaterEqual(self.browser.evaluate("document.activeElement.getBoundingClientRect().left"), 0)

    def check_sorting(self):
        """With a click and with a key; by number, and by words; both ways."""
        cells = f"[...{table('host-table')}.tBodies[0].rows].map(r => Number(r.cells[1].dataset.value))"
        heads = f"{table('host-table')}.tHead.rows[0].cells"
        before = self.browser.evaluate(cells)
        self.assertEqual(len(before), 3)
        self.browser.evaluate(f"{heads}[1].querySelector('button').click()")
        self.assertEqual(self.browser.evaluate(cells), sorted(before, reverse=True))
        self.assertEqual(self.browser.evaluate(f"{heads}[1].getAttribute('aria-sort')"), "descending")
        self.browser.evaluate(f"{heads}[1].querySelector('button').focus()")
        self.browser.press("Enter")
        self.assertEqual(self.browser.evaluate(cells), sorted(before))
        self.assertEqual(self.browser.evaluate(f"{heads}[1].getAttribute('aria-sort')"), "ascending")
        self.browser.evaluate(f"{heads}[0].querySelector('button').click()")
        names = self.browser.evaluate(f"[...{table('host-table')}.tBodies[0].rows].map(r => r.cells[0].textContent)")
        self.assertEqual(names, sorted(names))
        self.assertEqual(self.browser.evaluate(f"[...{heads}].filter(h => h.hasAttribute('aria-sort')).length"), 1)
        # A time that is shown as words is sorted by what it is; what is nothing stands last.
        took = f"[...{table('slowest-table')}.tBodies[0].rows].map(r => Number(r.cells[1].dataset.value))"
        self.browser.evaluate(f"{table('slowest-table')}.tHead.rows[0].cells[1].querySelector('button').click()")
        self.assertEqual(self.browser.evaluate(took), sorted(self.browser.evaluate(took)))
        self.assertEqual(self.browser.complaints(), [])

    def check_without_scripts(self, path):
        self.open(path, scripts=False)
        self.browser.send("Emulation.setScriptExecutionDisabled", {"value": False})
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('th button').length"), 0)
        self.assertGreater(self.browser.evaluate(f"{table('broken-table')}.tBodies[0].rows.length"), 0)
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('svg.chart').length"), 6)

    def test_light_and_dark_and_paper(self):
        self.empty_database()
        path = self.report()
        ground = "getComputedStyle(document.body).backgroundColor"
        for options, expected in (({"scheme": "light"}, "rgb(255, 255, 255)"), ({"scheme": "dark"}, "rgb(20, 23, 27)"),
                                  ({"scheme": "dark", "media": "print"}, "rgb(255, 255, 255)")):
            self.open(path, **options)
            self.assertEqual(self.browser.evaluate(ground), expected)
        self.assertEqual(self.browser.evaluate("getComputedStyle(document.querySelector('nav')).display"), "none")

    def test_words_can_be_read_on_their_ground(self):
        """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), in both schemes."""
        self.crawl_naughty()
        path = self.report()
        for scheme in ("light", "dark"):
            self.open(path, scheme=scheme)
            self.assertEqual(self.browser.evaluate("""
                (() => {
                  const parts = c => c.match(/[\\d.]+/g).map(Number);
                  const light = c => parts(c).slice(0, 3).map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                  const ground = e => { for (; e; e = e.parentElement) {
                    const c = getComputedStyle(e).backgroundColor;
                    if (parts(c)[3] !== 0) return c;
                  } };
                  const poor = new Set();
                  for (const e of document.querySelectorAll('body *')) {
                    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
                    if (e.closest('script, title, desc, .skip')) continue;
                    const style = getComputedStyle(e);
                    const ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
                    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
                    if ((a + 0.05) / (b + 0.05) < 4.5) poor.add(`${e.tagName} ${e.className.baseVal ?? e.className}`);
                  }
                  return [...poor];
                })()"""), [], scheme)

    def test_what_comes_from_the_web_does_nothing(self):
        self.crawl_naughty()
        path = self.report("--limit", "1000")
        self.take_pictures(path, "naughty")
        self.open(path)
        self.assertIn("crawl report", self.browser.evaluate("document.title"))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('script').length"), 1)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('img, base, iframe, object').length"), 0)
        shown = self.browser.evaluate("document.body.textContent")
        self.assertIn("<script>document.title='owned'</script>", shown)

    def test_a_script_of_somebody_else_would_not_run(self):
        """The policy, should an escape ever be missing."""
        self.empty_database()
        path = self.report()
        for hole in ("<script>document.title='owned'</script>", "<img src=/x onerror=document.title='owned'>",
                     "<iframe src=/x></iframe>", "<style>body{color:red}</style>", "<form action=/x><button>"):
            torn = self.place.write("torn.html", path.read_text().replace("<main", hole + "<main", 1))
            server = ScriptedServer({"/report": reply(body=torn.read_bytes())})
            self.addCleanup(server.close)
            self.browser.open(server.url("/report"))
            self.browser.evaluate("document.querySelector('form button')?.click()")
            self.browser.evaluate("new Promise(done => setTimeout(done, 100))")
            self.assertNotEqual(self.browser.evaluate("document.title"), "owned", hole)
            self.assertNotEqual(self.browser.evaluate("getComputedStyle(document.body).color"), "rgb(255, 0, 0)")
            self.assertEqual([request.path for request in server.requests], ["/report"], hole)
            self.assertNotEqual(self.browser.complaints(), [], hole)

    def test_nothing_crawled_and_one_page(self):
        self.empty_database()
        self.take_pictures(self.report(), "one-page")
        large_crawl.empty(self.place.database)
        path = self.report()
        self.take_pictures(path, "empty")
        self.open(path)
        self.assertEqual(self.browser.evaluate("document.querySelector('.answer').textContent"),
                         "Nothing has been crawled yet.")

    def test_five_hundred_hosts(self):
        self.empty_database()
        large_crawl.fill(self.place.database, 100_000)
        self.take_pictures(self.report(), "500-hosts")
        self.take_pictures(self.report("--patience", "1ms"), "out-of-time")


if __name__ == "__main__":
    crawl_run.main(browser.browser_program, nginx.nginx_program)
