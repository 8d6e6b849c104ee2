#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A page that kills its fetcher is put away after three strikes, with the reason in `events`; all
others are stored."""

import collections
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page

TRAPS = {"/segv": "crash", "/spin": "hang", "/quit": "exit"}


class PagesThatKill(crawl_run.EndToEnd):
    def test_pages_that_kill_are_put_away(self):
        fetcher = crawl_run.program("CRAWL_FETCHER_TEST_BIN")
        good = [f"/{number}" for number in range(30)]
        routes = {path: page(f"page {path}", title=path) for path in [*good, *TRAPS]}
        server = ScriptedServer({"/": links(*good[:15], *TRAPS, *good[15:]), **routes})
        self.addCleanup(server.close)
        hook = ";".join(f"{kind}={path}" for path, kind in TRAPS.items())
        # The watchdog also gives a fetcher that is only slow to be born its time.
        self.crawl("-q", "-f", "2", "--fetcher", fetcher, "--test-hook", hook, "--watchdog", "2s",
                   "--delay", "0", "--host-concurrency", "4", server.url())

        outcomes = self.urls("outcome, state")
        self.assertEqual(outcomes, {
            **{server.url(path): ("ok", "done") for path in ["/", *good]},
            **{server.url(path): ("crashed_fetcher", "done") for path in TRAPS}})
        titles = dict(self.place.query("SELECT url, title FROM pages WHERE outcome = 'ok'"))
        self.assertEqual({titles[server.url(path)] for path in good}, set(good))

        deaths = collections.Counter(self.place.query(
            "SELECT url, signal, code FROM events WHERE kind = 'fetcher_exited' AND url IS NOT NULL"))
        three = {(server.url("/segv"), int(signal.SIGSEGV), None): 3,
                 (server.url("/spin"), int(signal.SIGKILL), None): 3,
                 (server.url("/quit"), None, 3): 3}
        self.assertEqual(dict(deaths), three)
        quarantined = self.place.query("SELECT url, signal, code FROM events WHERE kind = 'quarantined'")
        self.assertEqual(sorted(quarantined, key=str), sorted(three, key=str))
        strikes = self.place.query("SELECT url, strikes FROM urls WHERE strikes > 0")
        self.assertEqual(dict(strikes), {server.url(path): 3 for path in TRAPS})

    def test_a_page_that_eats_memory_is_put_away(self):
        fetcher = crawl_run.program("CRAWL_FETCHER_TEST_BIN")
        server = ScriptedServer({"/": links("/eats", "/1", "/2"), "/eats": page("x"),
                                 "/1": page("one"), "/2": page("two")})
        self.addCleanup(server.close)
        self.crawl("-q", "-f", "1", "--fetcher", fetcher, "--test-hook", "leak=/eats", "--delay", "0",
                   server.url())
        self.assertEqual(self.urls(), {server.url("/"): "ok", server.url("/1"): "ok",
                                       server.url("/2"): "ok", server.url("/eats"): "crashed_fetcher"})

    def test_a_page_is_not_put_away_for_one_death_in_each_run(self):
        """Somebody outside kills a fetcher while it is busy with a page that takes long; again in the next run."""
        release = threading.Event()
        self.addCleanup(release.set)

        def slow(_request):
            release.wait()
            return page("slow")

        server = ScriptedServer({"/": links("/slow"), "/slow": slow})
        self.addCleanup(server.close)
        options = ["-q", "-f", "1", "--delay", "0", server.url()]
        for number in range(1, 5):
            asked = len(server.asked("/slow"))
            run = self.begin(*options)
            crawl_run.wait_for(lambda: len(server.asked("/slow")) > asked, "the slow page is asked for")
            crawl_run.wait_for(lambda: any(one.kill() for one in run.fetchers()), "a fetcher")
            deaths = "SELECT count(*) FROM events WHERE kind = 'fetcher_exited' AND signal = 9"
            crawl_run.wait_for(lambda: self.place.query(deaths) == [(number,)], "its death is recorded")
            run.kill()
        release.set()
        self.crawl(*options)
        self.assertEqual(self.urls(), {server.url("/"): "ok", server.url("/slow"): "ok"})


if __name__ == "__main__":
    crawl_run.main()
