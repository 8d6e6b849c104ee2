#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fetcher is killed every 200 ms through a whole crawl: the run completes, the page set is exact, no
page is fetched twice, and `events` tells of each death."""

import os
import signal
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx
import oracle

CORPUS = "postgresql-doc-15/html"
KILL_EVERY_S = 0.2 * crawl_run.PATIENCE  # a page that outlasts three kills is taken for a killer
KILLS_MIN = 10
FETCHERS = 2


class FetchersDie(crawl_run.EndToEnd):
    def test_one_is_killed_every_200_ms(self):
        root = crawl_run.corpus(CORPUS)
        server = nginx.Nginx(self.place.folder, {"127.0.0.1": root})
        self.addCleanup(server.stop)
        site = oracle.Site(server.url(path=""), root, nginx.TYPES, nginx.DEFAULT_TYPE)
        # 1,170 pages, one every 6 ms: at least 7 s.
        run = self.place.start("-d", self.place.database, "--no-progress", "-q", "-f", FETCHERS,
                               "--delay", "6ms", "--host-concurrency", "16", "--no-sitemaps",
                               server.url())
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
        deaths = [row[0] for row in self.place.query(
            "SELECT pid FROM events WHERE kind = 'fetcher_exited' AND signal = ?", int(signal.SIGKILL))]
        self.assertEqual(sorted(set(killed) - set(deaths)), [])
        # A fetcher that does not leave when the run is over is killed by the coordinator.
        self.assertLessEqual(len(deaths) - len(killed), FETCHERS)
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
        except sqlite3.Error:  # the schema is just being written
            return None
        return rows[0][1] if rows[0][0] > 1 else None


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, lambda: crawl_run.corpus(CORPUS))
