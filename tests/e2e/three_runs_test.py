#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sites that change between one run and the next: what the view `changes` tells is what was done to
them, no more and no less. `--revisit 0` makes everything due in each run."""

import gzip
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import (ScriptedServer, http_date, links, page, redirect, reply, sitemap,
                             sitemap_index, with_validators)

OPTIONS = ["-q", "-f", "2", "--delay", "0", "--retries", "0", "--revisit", "0"]
DAY = 86_400
TEXT = {"content_type": "text/plain"}
XML = {"content_type": "application/xml"}


def robots(*lines):
    return reply(body="".join(f"{line}\n" for line in lines), **TEXT)


def packed(*entries):
    return reply(body=gzip.compress(sitemap(*entries).encode()), content_type="application/gzip")


class ThreeRuns(crawl_run.EndToEnd):
    sitemaps = True

    def serve(self, routes, address="127.0.0.1", port=0):
        server = ScriptedServer(routes, address=address, port=port)
        self.addCleanup(server.close)
        return server

    def changes(self, run, server):
        """{path: change, or (change, text_changed) where a page changed} of one run."""
        rows = self.place.query("SELECT url, change, text_changed FROM changes WHERE run = ?", run)
        origin = server.url("")
        found = {url.removeprefix(origin): (change, text) if change == "changed" else change
                 for url, change, text in rows if url.startswith(origin + "/")}
        self.assertEqual(len(found), sum(url.startswith(origin + "/") for url, *_ in rows), "one per page")
        return found

    def outcomes(self, server):
        origin = server.url("")
        return {url.removeprefix(origin): outcome for url, outcome in
                self.urls("coalesce(outcome, reason)").items() if url.startswith(origin + "/")}

    def text(self, url):
        return self.place.query("SELECT text FROM pages WHERE url = ?", url)[0][0]


class Changes(ThreeRuns):
    """One site, four runs."""

    def build_site(self):
        self.site = self.serve({})
        origin = self.site.url("")
        self.listed = [(f"{origin}/listed", "2024-05-01")]
        self.site.routes.update({
            "/robots.txt": robots("User-agent: *", "Disallow: /private", f"Sitemap: {origin}/maps.xml"),
            "/maps.xml": reply(body=sitemap_index(f"{origin}/map.xml.gz"), **XML),
            "/map.xml.gz": packed(*self.listed),
            "/listed": page("Only a sitemap leads here."),
            "/": links("/plain", "/tagged", "/dated", "/markup", "/text", "/moved", "/moved-for-now", "/vanishing",
                       "/removed", "/blinking", "/returning", "/failing", "/broken", "/temporary", "/permanent",
                       "/private"),
            "/plain": page("The same each time."),
            "/tagged": with_validators(page("Has an entity tag."), etag='"v1"'),
            "/dated": with_validators(page("Has a date."), modified=http_date(1_700_000_000)),
            "/markup": page("<p class=one>Only its markup changes.</p>"),
            "/text": with_validators(page("Before."), etag='W/"before"'),
            "/moved": page("Will have moved for good."),
            "/moved-for-now": page("Will be elsewhere for one night."),
            "/vanishing": page("Will answer 404."),
            "/removed": with_validators(page("Will answer 410."), etag='"r"'),
            "/blinking": page("Will answer 404 once."),
            "/returning": with_validators(page("Will be gone, and come back."), etag='"back"'),
            "/failing": page("Will answer 500 for one night."),
            "/broken": reply(404),
            "/temporary": redirect("/plain", 302),
            "/permanent": redirect("/plain", 301),
            "/private": page("Not for crawlers."),
        })
        self.first = dict(self.site.routes)

    def again(self, *paths):
        """As they were in the first run."""
        self.site.routes.update({path: self.first[path] for path in paths})

    def test_changes_tell_what_was_done_to_the_site(self):
        self.build_site()
        for run, change_the_site in enumerate(
                (self.in_the_first_run, self.in_the_second, self.in_the_third, self.in_the_fourth), 1):
            expected = change_the_site()
            self.crawl(*OPTIONS, self.site.url())
            self.assertEqual(self.changes(run, self.site), expected, f"run {run}")
        self.check_what_was_asked()
        self.check_the_end()

    def in_the_first_run(self):
        no_pages = ("/robots.txt", "/broken", "/temporary", "/permanent", "/private")
        return {path: "new" for path in self.site.routes if path not in no_pages}

    def in_the_second(self):
        self.listed.append((self.site.url("/listed-later"), "2024-06-01"))
        self.site.routes.update({
            "/map.xml.gz": packed(*self.listed),
            "/listed-later": page("Also listed."),
            "/markup": page("<p class=two>Only its markup <a href=/found></a>changes.</p>"),
            "/found": page("An empty link leads here."),
            "/text": with_validators(page("After."), etag='W/"after"'),
            "/moved": redirect("/moved-here", 301),
            "/moved-here": page("Will have moved for good."),
            "/moved-for-now": redirect("/plain", 302),
            "/vanishing": reply(404), "/removed": reply(410), "/blinking": reply(404),
            "/returning": reply(410),
            "/failing": reply(500),
        })
        # Nothing is gone after one night.
        return {"/map.xml.gz": ("changed", 0), "/listed-later": "new", "/markup": ("changed", 0), "/found": "new",
                "/text": ("changed", 1), "/moved": ("changed", 1), "/moved-here": "new",
                "/moved-for-now": ("changed", 1)}

    def in_the_third(self):
        self.again("/moved-for-now", "/blinking", "/failing")
        self.listed.pop(0)  # the page itself stays
        self.site.routes["/map.xml.gz"] = packed(*self.listed)
        return {"/map.xml.gz": ("changed", 0), "/moved-for-now": "new", "/vanishing": "gone", "/removed": "gone",
                "/returning": "gone"}

    def in_the_fourth(self):
        self.again("/returning")
        self.site.routes["/plain"] = page("Another.", title="Plain")
        return {"/returning": "new", "/plain": ("changed", 1)}

    def check_what_was_asked(self):
        conditions = [[request.headers.get(name) for request in self.site.asked(path)]
                      for path, name in (("/tagged", "if-none-match"), ("/dated", "if-modified-since"),
                                         ("/text", "if-none-match"), ("/plain", "if-none-match"),
                                         ("/removed", "if-none-match"))]
        self.assertEqual(conditions[0], [None, '"v1"', '"v1"', '"v1"'])
        self.assertEqual(conditions[1], [None, *[http_date(1_700_000_000)] * 3])
        self.assertEqual(conditions[2], [None, 'W/"before"', 'W/"after"', 'W/"after"'])
        self.assertEqual(conditions[3], [None] * 4)
        self.assertEqual(conditions[4][:2], [None, '"r"'])
        # No page twice in a run; robots.txt holds for a day.
        self.assertEqual(len(self.site.asked("/robots.txt")), 1)
        self.assertEqual(self.site.asked("/private"), [])
        self.assertEqual({path: n for path in set(self.site.paths()) if (n := len(self.site.asked(path))) > 4}, {})

    def check_the_end(self):
        visits = self.place.query("SELECT run, outcome FROM visits WHERE url = ? ORDER BY run", self.site.url("/tagged"))
        self.assertEqual(visits, [(1, "ok"), (2, "not_modified"), (3, "not_modified"), (4, "not_modified")])
        self.assertEqual(self.text(self.site.url("/tagged")), "Has an entity tag.")
        outcomes = self.outcomes(self.site)
        expected = {"/": "ok", "/moved": "redirect", "/moved-here": "ok", "/moved-for-now": "ok", "/vanishing": "gone",
                    "/removed": "gone", "/blinking": "ok", "/returning": "ok", "/failing": "ok", "/broken": "http_error",
                    "/temporary": "redirect", "/private": "robots_denied", "/listed": "ok", "/listed-later": "ok"}
        self.assertEqual({path: outcomes[path] for path in expected}, expected)
        self.assertEqual(self.text(self.site.url("/text")), "After.")

    def test_a_server_that_ignores_conditions(self):
        """It sends everything again, with a tag that is new each time: nothing has changed."""
        def tagged(request):
            return page("Still the same.", headers=[f'ETag: "{request.count}"'])
        self.site = self.serve({"/": tagged})
        for run, expected in ((1, {"/": "new"}), (2, {}), (3, {})):
            self.crawl(*OPTIONS, self.site.url())
            self.assertEqual(self.changes(run, self.site), expected)
        self.assertEqual([request.headers.get("if-none-match") for request in self.site.asked("/")],
                         [None, '"1"', '"2"'])

    def test_nothing_is_revisited_before_it_is_due(self):
        self.site = self.serve({"/": links("/a"), "/a": page("a")})
        self.crawl("-q", "--delay", "0", self.site.url())
        asked = self.site.paths()
        self.crawl("-q", "--delay", "0", self.site.url())
        self.assertEqual([path for path in self.site.paths()[len(asked):] if path != "/"], [])
        self.assertEqual(self.changes(2, self.site), {})


class Outages(ThreeRuns):
    sitemaps = False  # one page per host: each failure doubles the host's delay

    def test_nights_without_answers_mark_nothing_gone(self):
        busy = self.serve({"/": page("busy")}, address="127.0.0.11")
        down = self.serve({"/": page("down")}, address="127.0.0.12")
        command = [*OPTIONS, busy.url(), down.url()]
        self.crawl(*command)
        busy.routes["/"] = reply(503)
        down.close()
        for run in (2, 3):
            self.crawl(*command)
            for server, text, outcome in ((busy, "busy", "http_error"), (down, "down", "connect_failed")):
                self.assertEqual(self.changes(run, server), {})
                self.assertEqual(self.outcomes(server), {"/": outcome})
                self.assertEqual(self.text(server.url()), text)
        busy.routes["/"] = page("busy")
        down = self.serve({"/": page("down")}, address=down.address, port=down.port)
        self.crawl(*command)
        for server in (busy, down):
            self.assertEqual(self.changes(4, server), {})
            self.assertEqual(self.outcomes(server), {"/": "ok"})


class Robots(ThreeRuns):
    def test_each_answer_to_robots_txt(self):
        pages = {"/": links("/open", "/closed"), "/open": page("open"), "/closed": page("closed")}
        rules = robots("User-agent: *", "Disallow: /closed")
        none = self.serve(pages, address="127.0.0.21")
        failing = self.serve({**pages, "/robots.txt": [reply(503), rules]}, address="127.0.0.22")
        obeyed = self.serve({**pages, "/robots.txt": rules, "/rules.txt": rules}, address="127.0.0.23")
        elsewhere = self.serve({**pages, "/robots.txt": redirect(obeyed.url("/rules.txt"), 301)}, address="127.0.0.24")
        hops = self.serve({**pages, "/robots.txt": redirect("/r1"), **{f"/r{n}": redirect(f"/r{n + 1}") for n in range(1, 9)}},
                          address="127.0.0.25")
        forbidden = self.serve({**pages, "/robots.txt": reply(403)}, address="127.0.0.26")
        servers = (none, failing, obeyed, elsewhere, hops, forbidden)
        seeds = [server.url() for server in servers]

        everything = {"/": "ok", "/open": "ok", "/closed": "ok"}
        guarded = {**everything, "/closed": "robots_denied"}
        self.sitemaps = False
        self.crawl(*OPTIONS, *seeds)
        self.assertEqual([self.outcomes(server) for server in servers],
                         [everything, {"/": "robots_unreachable"}, guarded, guarded, everything, everything])
        self.assertEqual(failing.paths(), ["/robots.txt"])
        self.assertEqual(hops.paths()[:6], ["/robots.txt", "/r1", "/r2", "/r3", "/r4", "/r5"])
        self.assertNotIn("/r6", hops.paths())

        self.crawl(*OPTIONS, *seeds)
        self.assertEqual([self.outcomes(server) for server in servers],
                         [everything, guarded, guarded, guarded, everything, everything])
        self.assertEqual([self.changes(2, server) for server in servers],
                         [{}, {"/": "new", "/open": "new"}, {}, {}, {}, {}])
        self.crawl(*OPTIONS, *seeds)
        self.assertEqual([self.changes(3, server) for server in servers], [{}] * 6)
        # What is known holds for a day, in later runs as well.
        self.assertEqual([len(server.asked("/robots.txt")) for server in servers], [1, 2, 1, 1, 1, 1])


class RetryAfter(ThreeRuns):
    def test_seconds_and_dates(self):
        """The page is asked for again, and not before the server said."""
        waits = {"seconds": lambda now: "3", "future": lambda now: http_date(now + 4),
                 "past": lambda now: http_date(now - DAY), "nonsense": lambda now: "soon"}
        servers = {}
        for number, (name, wait) in enumerate(waits.items()):
            def route(request, wait=wait):
                if request.count > 1:
                    return page("here")
                return reply(503, headers=[f"Retry-After: {wait(time.time())}"])
            servers[name] = self.serve({"/": route}, address=f"127.0.0.{31 + number}")
        self.crawl("-q", "--delay", "0", "--retries", "1", "--retry-wait", "0",
                   *(server.url() for server in servers.values()))
        for name, server in servers.items():
            first, second = server.asked("/")
            # A date has whole seconds, the crawl's clock whole milliseconds; a host that is overloaded gets a
            # second at least.
            self.assertGreaterEqual(second.at - first.at, {"seconds": 3, "future": 3}.get(name, 1) - 0.002, name)
            self.assertEqual(self.outcomes(server)["/"], "ok")
            self.assertEqual(self.changes(1, server), {"/": "new"})



class Header(ThreeRuns):
    sitemaps = False

    def test_a_page_that_has_not_changed_asks_not_to_be_indexed_any_more(self):
        plain = with_validators(page("secret"), etag='"1"')
        server = self.serve({"/": links("/page"), "/page": plain})
        self.crawl(*OPTIONS, server.url())
        self.assertEqual(self.text(server.url("/page")), "secret")

        def with_tag(request):
            return plain(request).replace(b"\r\n", b"\r\nX-Robots-Tag: noindex\r\n", 1)

        server.routes["/page"] = with_tag
        self.crawl(*OPTIONS, server.url())
        self.assertIsNone(self.text(server.url("/page")))
        self.assertEqual(len(server.asked("/page")), 3, "with the validator, and whole")
        self.crawl(*OPTIONS, server.url())
        self.assertIsNone(self.text(server.url("/page")))
        self.assertEqual(len(server.asked("/page")), 4, "that is known now")


if __name__ == "__main__":
    crawl_run.main()
