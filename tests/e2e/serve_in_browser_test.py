#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl serve` in a real browser: its numbers move while a run goes on, the keyboard is enough, a screen reader is
told what is what. The pictures are left in the build directory (tests/serve-pictures) for people to look at."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import browser
import crawl_run
from scripted_server import ScriptedServer, links, page, reply

PICTURES = pathlib.Path(os.environ.get("CRAWL_TEST_PROGRAMS", "."), "serve-pictures")
OWNED = "document.title='owned'"


class InBrowser(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.browser = browser.Browser(self.place.folder)
        self.addCleanup(self.browser.close)

    def serve(self):
        process = subprocess.Popen([os.environ["CRAWL_BIN"], "serve", "-d", str(self.place.database), "--listen", "0"],
                                   stderr=subprocess.PIPE, text=True)

        def end():
            process.terminate()
            process.wait(10)
            process.stderr.close()

        self.addCleanup(end)
        self.address = re.search(r"http://[^/]+:\d+", process.stderr.readline()).group(0)

    def open(self, path, **options):
        self.browser.open(self.address + path, **options)
        self.assertEqual([one for one in self.browser.requests() if not one.startswith(self.address + "/")], [])
        self.assertEqual(self.browser.complaints(), [])

    def text(self, selector):
        return self.browser.evaluate(f"document.querySelector({selector!r})?.textContent")

    def crawl_a_site(self):
        paths = [f"/shelf/{n}" for n in range(30)]
        title = f"&lt;script&gt;{OWNED}&lt;/script&gt;&lt;img src=x onerror={OWNED}&gt;"
        site = ScriptedServer({
            "/": links("/evil", "/gone", *paths), "/gone": reply(404), "/evil": page(
                f"herons &lt;script&gt;{OWNED}&lt;/script&gt; and terns", title=title),
            **{path: page(f"Herons and terns on shelf {path}.", title=f"Shelf {path}") for path in paths}})
        self.addCleanup(site.close)
        self.crawl("-q", "--delay", "0", site.url())
        return site

    def test_pages(self):
        site = self.crawl_a_site()
        self.serve()
        for name, path in {"now": "/", "why": "/why?url=" + site.url("/gone"), "why-unknown": "/why?url=" +
                           site.url("/shelf/999"), "why-empty": "/why", "questions": "/questions",
                           "question": "/questions/largest", "search": "/search?q=herons", "search-nothing":
                           "/search?q=penguins", "search-empty": "/search", "report": "/report"}.items():
            for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
                with self.subTest(page=name, scheme=scheme, width=width):
                    answered_badly = name in ("why-unknown",)
                    self.browser.open(self.address + path, scheme=scheme, width=width)
                    if not answered_badly:
                        self.assertEqual(self.browser.complaints(), [])
                    self.assertNotEqual(self.browser.evaluate("document.title"), "owned")
                    self.assertEqual(len(self.browser.evaluate("[...document.querySelectorAll('h1')].map(e => 1)")), 1)
                    self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
                    self.browser.screenshot(PICTURES / f"{name}-{scheme}-{width}.png")

    def test_what_a_screen_reader_is_told(self):
        self.crawl_a_site()
        self.serve()
        self.open("/why")
        told = self.browser.accessible()
        for wanted in (("navigation", "Pages"), ("heading", "What became of a URL"), ("button", "Why?"),
                       ("textbox", "A URL of this crawl")):
            self.assertIn(wanted, told)
        self.open("/")
        told = self.browser.accessible()
        self.assertIn(("columnheader", "That means"), told)
        self.assertTrue(any(role == "table" and name.startswith("URLs that are done") for role, name in told), told)
        self.assertTrue(any(role == "status" for role, _ in told))

    def test_the_keyboard_is_enough(self):
        self.crawl_a_site()
        self.serve()
        self.open("/")
        self.browser.press("Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.textContent"), "Skip to the content")
        for expected in ("Now", "Search", "Why"):
            self.browser.press("Tab")
            self.assertEqual(self.browser.evaluate("document.activeElement.textContent"), expected)
        self.browser.events.clear()
        self.browser.press("Enter")
        self.browser.wait_for("Page.loadEventFired")
        self.assertEqual(self.browser.evaluate("location.pathname"), "/why")

    def test_the_numbers_of_a_run_move(self):
        paths = [f"/{n}" for n in range(600)]
        slow = ScriptedServer({"/": links(*paths), **{path: page(path) for path in paths}})
        self.addCleanup(slow.close)
        run = self.begin("-q", "-f", "2", "--delay", "20ms", "--max-pages", "500", slow.url())
        crawl_run.wait_for(lambda: len(slow.paths()) > 20, "the crawl is under way")
        self.serve()
        self.open("/")
        self.assertIn("under way", self.text(".state"))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('[data-live=fetchers] tr').length"), 2)
        first = int(self.text("[data-live=pages]").replace(",", ""))
        self.browser.screenshot(PICTURES / "now-running.png")
        crawl_run.wait_for(lambda: int(self.text("[data-live=pages]").replace(",", "")) > first + 20, "more pages")
        self.finish(run, complete=False)
        crawl_run.wait_for(lambda: "ended: max_pages" in (self.text(".state") or ""), "the page tells of the end")
        self.assertEqual(self.text("[data-live=pages]"), "500")


if __name__ == "__main__":
    crawl_run.main(browser.browser_program)
