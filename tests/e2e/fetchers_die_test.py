#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetchers die, by our hand or of a page: the run completes, the page set is exact, and the page
that kills is put away with the reason in `events`."""

import collections
import os
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx
import oracle
from scripted_server import ScriptedServer, links, page

KILL_EVERY_S = 0.2
KILLS_MIN = 10
TRAPS = {"/segv": "crash", "/spin": "hang", "/quit": "exit"}


class FetchersDie(crawl_run.EndToEnd):
    def test_one_is_killed_every_200_ms(self):
        root = crawl_run.corpus("postgresql-doc-15/html")
        server = nginx.Nginx(self.place.folder, {"127.0.0.1": root})
        self.addCleanup(server.stop)
        site = oracle.Site(server.url(path=""), root, nginx.TYPES, nginx.DEFAULT_TYPE)
        # 1,170 pages, one every 6 ms: at least 7 s.
        run = self.place.start("-d", self.place.database, "--no-progress", "-q", "-f", "2", "--delay",
                               "6ms", "--host-concurrency", "16", server.url())
        killed = self.kill_at_random(run)
        ended = run.wait()
        self.assertEqual(ended.code, 0, ended.stderr)
        self.assertGreaterEqual(len(killed), KILLS_MIN)
        self.check_promises()

        expected = oracle.closure([site], [server.url()])
        stored = self.place.query("SELECT url, status, outcome, title FROM pages")
        self.assertEqual(sorted(stored), sorted(
            (one.url, one.status, one.outcome, one.title) for one in expected.values()))
        visits = self.place.query("SELECT url FROM visits")
        self.assertEqual(sorted(row[0] for row in visits), sorted(expected))
        # What dies while the run is ending is not waited for.
        deaths = self.place.query("SELECT pid, signal FROM events WHERE kind = 'fetcher_exited' "
                                  "AND signal = ?", int(signal.SIGKILL))
        self.assertEqual(sorted(deaths), sorted((pid, int(signal.SIGKILL)) for pid in killed))
        born = self.place.query("SELECT count(*) FROM events WHERE kind = 'fetcher_started'")[0][0]
        self.assertGreater(born, len(killed) // 2)

    def kill_at_random(self, run):
        """Kills a fetcher now and then until the run ends; the ids of the dead."""
        random = crawl_run.seeded_random()
        pause = threading.Event()  # never set: a clock, not a wait for something
        killed = []
        while not pause.wait(KILL_EVERY_S) and run.alive():
            # A run that is ending closes its fetchers itself.
            if self.pending() == 0:
                break
            fetchers = run.fetchers()
            if fetchers and (victim := random.choice(fetchers)).kill():
                killed.append(victim.pid)
        return killed

    def pending(self):
        if not self.place.database.exists():
            return None
        try:
            rows = self.place.query("SELECT count(*), sum(state = 'pending') FROM urls")
        except Exception:  # the schema is just being written
            return None
        return rows[0][1] if rows[0][0] > 1 else None

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


if __name__ == "__main__":
    nginx.nginx_program()
    unittest.main(verbosity=2)
