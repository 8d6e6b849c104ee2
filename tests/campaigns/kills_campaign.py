#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of the coordinator and of fetchers, and signals, at any moment of whole crawls: nothing that was
committed is lost, nothing is fetched twice, and the database becomes that of a crawl nobody disturbed."""

import concurrent.futures
import contextlib
import itertools
import os
import random
import signal
import sqlite3
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import faults
import nginx
from crawl_run import scaled
from disturbed_sites import Bulky, Documents, Scripted
from killed_crawl import (KilledCrawl, hurt_fetchers, kill_again_and_again, kill_coordinator, pause,
                          wait_for_work)
from scripted_server import ScriptedServer, links

# Of the second, some pages take longer to parse than fetchers live here: rightly, those would be put away.
SMALL_PAGES = ["postgresql-doc-15/html"]
CORPORA = [*SMALL_PAGES, *scaled([], ["python3.11-doc/html"])]
RESUMED_MAX_S = 5  # of docs/promises.md
WATCHDOG = ["--watchdog", "2s"]
WRITES = "write|pwrite|pwrite64"
CHANGES = f"{WRITES}|fdatasync|fsync|ftruncate|ftruncate64|unlink|fcntl|fcntl64"


class Kills(crawl_run.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.chance = crawl_run.seeded_random()
        cls.waits = []
        cls.spare = []  # (corpora, crawl): the undisturbed one is the same for all

    @classmethod
    def tearDownClass(cls):
        waits = sorted(cls.waits)
        if len(waits) > 1:
            print(f"from the start of {len(waits)} runs to their first request: median "
                  f"{statistics.median(waits):.2f} s, 19 of 20 within {waits[len(waits) * 19 // 20]:.2f} s, all "
                  f"within {waits[-1]:.2f} s", flush=True)

    def lanes(self, body, count=2):
        """Runs body(chance) in so many threads, each by a chance of its own; briefly in one."""
        seeds = [self.chance.random() for _ in range(scaled(1, count))]
        with concurrent.futures.ThreadPoolExecutor(len(seeds)) as lanes:
            for done in [lanes.submit(body, random.Random(seed)) for seed in seeds]:
                done.result()

    def crawl_of(self, site, chance):
        self.addClassCleanup(site.close)
        crawl = KilledCrawl(self, site, chance)
        crawl.crawl_undisturbed()
        return crawl

    @contextlib.contextmanager
    def documents(self, chance, corpora):
        spare = [one for one in self.spare if one[0] == corpora]
        if spare:
            self.spare.remove(spare[0])
            crawl = spare[0][1]
            crawl.case, crawl.chance = self, chance
        else:
            place = crawl_run.Workplace()
            self.addClassCleanup(place.close)
            crawl = self.crawl_of(Documents(place.folder, *corpora), chance)
        yield crawl
        self.told(crawl)
        self.spare.append((corpora, crawl))

    def told(self, crawl):
        """Its resumptions were quick enough, and are told of at the end."""
        if crawl.waits:
            self.assertLess(statistics.median(crawl.waits), RESUMED_MAX_S)
        self.waits.extend(crawl.waits)
        crawl.waits.clear()

    # ---- the coordinator

    def test_the_coordinator_amid_documents(self):
        def lane(chance):
            with self.documents(chance, CORPORA) as crawl:
                for _ in range(scaled(1, 6)):
                    crawl.fresh()
                    kill_again_and_again(crawl, scaled(8, 50), kill_coordinator)
                    crawl.finish()

        self.lanes(lane)

    def test_the_coordinator_night_after_night(self):
        def lane(chance):
            for _ in range(scaled(1, 6)):
                crawl = self.crawl_of(Scripted(pages=scaled(50, 150), busy=scaled(0, 1)), chance)
                for night in range(1, 4):
                    if night > 1:
                        crawl.next_night(night)
                        crawl.crawl_undisturbed()
                    kill_again_and_again(crawl, scaled(3, 8), kill_coordinator)
                    crawl.finish()
                self.told(crawl)

        self.lanes(lane)

    def test_while_the_database_is_made(self):
        def lane(chance):
            crawl = self.crawl_of(Scripted(pages=2, busy=0), chance)
            for _ in range(scaled(3, 40)):
                crawl.fresh()
                for _ in range(2):
                    run = crawl.start()
                    crawl_run.wait_for(lambda: crawl.database.exists() or not run.alive(), "a file")
                    pause(chance.expovariate(1 / 0.004))
                    run.kill()
                    crawl.died(run)
                crawl.finish()

        self.lanes(lane)

    # ---- named points

    def need_faults(self):
        if not faults.library().is_file():
            self.skipTest("a build with a sanitizer")

    def calls(self, crawl, functions):
        """How many of these calls a whole crawl makes."""
        report = crawl.place.folder / "report"
        report.unlink(missing_ok=True)
        spec = f"{functions}@{crawl.database.name}:1:count"
        crawl.fresh()
        ended = crawl.start(environment=faults.environment(spec, report=report)).wait()
        self.assertEqual(ended.code, 0, ended.stderr)
        return faults.Report(report).seen[spec]

    def kill_at_call(self, crawl, functions, number, action):
        report = crawl.place.folder / "report"
        report.unlink(missing_ok=True)
        spec = f"{functions}@{crawl.database.name}:{number}:{action}"
        run = crawl.start(environment=faults.environment(spec, report=report))
        code = run.wait().code
        crawl.died(run)
        fired = bool(faults.Report(report).fired)
        self.assertEqual(code, -signal.SIGKILL if fired else 0, spec)
        return fired

    def test_at_each_call_that_changes_a_file(self):
        """Before each write, each sync, each truncation, each lock and each removal of the database, its log, its
        index and its lock file; after the last of them; and in the midst of each write. The run that follows dies
        as well."""
        self.need_faults()
        struck = []

        def lane(chance, part):
            crawl = self.crawl_of(Scripted(pages=3, busy=0), chance)
            calls, writes = self.calls(crawl, CHANGES), self.calls(crawl, WRITES)
            points = [(CHANGES, number, "kill") for number in range(1, calls + 1)]
            points.append((CHANGES, calls, "kill-after"))
            points += [(WRITES, number, "torn") for number in range(1, writes + 1)]
            self.assertGreater(writes, 50)
            for functions, number, action in scaled(chance.sample(points, 5), points[part::2]):
                crawl.fresh()
                struck.append(self.kill_at_call(crawl, functions, number, action))
                if not crawl.complete:
                    self.kill_at_call(crawl, CHANGES, chance.randint(1, calls), "kill")
                crawl.finish()
            self.told(crawl)

        parts = iter(range(2))
        self.lanes(lambda chance: lane(chance, next(parts)))
        print(f"killed at {sum(struck)} of {len(struck)} calls", flush=True)
        self.assertGreater(sum(struck), len(struck) // 2)

    def test_amid_checkpoints(self):
        """Pages so large that the log is copied back while the crawl runs; the same calls, in its second half."""
        self.need_faults()
        if not scaled(False, True):
            self.skipTest("only at full length")

        def lane(chance):
            crawl = self.crawl_of(Bulky(), chance)
            calls = self.calls(crawl, CHANGES)
            for _ in range(5):
                crawl.fresh()
                self.kill_at_call(crawl, CHANGES, chance.randint(calls // 2, calls), "kill")
                crawl.finish()

        self.lanes(lane)

    # ---- fetchers

    def test_fetchers_every_200_ms(self):
        def lane(chance):
            end = time.monotonic() + scaled(0, 600)
            deaths = 0
            with self.documents(chance, SMALL_PAGES) as crawl:
                for crawls in itertools.count(1):
                    crawl.fresh()
                    deaths += self.crawl_with_dying_fetchers(crawl, chance)
                    crawl.finish()
                    self.assertGreater(deaths, crawls // 2)
                    if deaths > 10 and time.monotonic() > end:
                        break
            print(f"{deaths} fetchers died", flush=True)

        self.lanes(lane)

    def crawl_with_dying_fetchers(self, crawl, chance):
        run = crawl.start(*WATCHDOG, "--delay", scaled("4ms", "12ms"), "--host-concurrency", "16")
        dead = hurt_fetchers(run, chance, threading.Event())
        ended = run.wait()
        self.assertEqual(ended.code, 0, ended.stderr)
        crawl.died(run)
        exits = crawl_run.query(crawl.database, "SELECT pid FROM events WHERE kind = 'fetcher_exited'")
        self.assertEqual(sorted(dead - {pid for pid, in exits}), [])
        return len(exits)

    def test_fetchers_and_the_coordinator(self):
        def kill_both(crawl):
            run = crawl.start(*WATCHDOG)
            over = threading.Event()
            hurting = threading.Thread(target=hurt_fetchers, args=(run, crawl.chance, over))
            hurting.start()
            pause(crawl.chance.uniform(0.3, 1.5))
            over.set()
            hurting.join()
            run.kill()
            crawl.died(run)

        def lane(chance):
            with self.documents(chance, SMALL_PAGES) as crawl:
                for _ in range(scaled(1, 3)):
                    crawl.fresh()
                    kill_again_and_again(crawl, scaled(4, 30), kill_both)
                    crawl.finish()

        self.lanes(lane)

    # ---- signals

    def test_signals_at_random_moments(self):
        def lane(chance):
            crawl = self.crawl_of(Scripted(pages=scaled(50, 150), busy=0), chance)
            for _ in range(scaled(1, 6)):
                crawl.fresh()
                kill_again_and_again(crawl, scaled(5, 15), self.stop_at_a_random_moment)
                crawl.finish()

        self.lanes(lane)

    def stop_at_a_random_moment(self, crawl):
        chance, run = crawl.chance, crawl.start()
        if chance.random() < 0.6:
            wait_for_work(crawl, run)
            pause(chance.uniform(0, 0.4))
        else:
            pause(chance.uniform(0, 0.25))
        numbers = [chance.choice(list(crawl_run.STOPPED)) for _ in range(chance.choice([1, 1, 2, 3]))]
        fetchers = run.fetchers()
        for number in numbers:
            run.send(number)
            pause(chance.uniform(0, 0.05))
        ended = run.wait()
        self.assertEqual(ended.stderr, "")
        self.assertEqual([one for one in fetchers if one.alive()], [])
        # Before it listens to signals they end it as they end any program; and it may just have been done.
        stopped = {crawl_run.STOPPED[number] for number in numbers}
        self.assertIn(ended.code, {0, *stopped, *(-number for number in numbers)})
        runs = len(crawl.kept["runs"])
        crawl.died(run)
        if ended.code > 0 and len(crawl.kept["runs"]) > runs:
            self.check_ended_in_order(crawl, gently=len(numbers) == 1)

    def check_ended_in_order(self, crawl, gently):
        last, reason = crawl_run.query(
            crawl.database, "SELECT id, end_reason FROM runs ORDER BY id DESC LIMIT 1")[0]
        self.assertEqual(reason, "interrupted")
        if gently:  # what was asked for was waited for, and is stored
            stored = crawl_run.query(crawl.database, "SELECT url FROM visits WHERE run = ?", last)
            asked = [url for _, url in crawl.asked() if not url.endswith("/robots.txt")]
            self.assertEqual(sorted(asked), sorted(url for url, in stored))

    # ---- a large frontier

    def test_a_long_list_of_pending_urls(self):
        """How long a run needs to its first request when so many wait. Those that were begun are not lost."""
        count = scaled(30_000, 1_000_000)
        server = ScriptedServer({"/": links("/x")})
        self.addCleanup(server.close)
        options = ["-d", self.place.database, "-q", "--no-sitemaps", "--delay", "10ms", "--retries", "0",
                   server.url()]
        self.assertEqual(self.place.run(*options, "--max-pages", "1").code, 0)
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            database.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "
                "INSERT INTO url(id, host_id, seed_id, via_id, depth, rank, first_seen_at, role, state, url) "
                "SELECT 100 + i, 1, 1, 1, 1, 1500, 1, 'page', 'pending', "
                "?2 || (i / 1000) || '/a-page-' || i || '.html' FROM n", (count, server.url("/a-folder-of-many-")))
            database.commit()
        waits, cpu = [], []
        done = set()
        for _ in range(scaled(3, 20)):
            place = len(server.paths())
            run = self.place.start(*options)
            crawl_run.wait_for(lambda: len(server.paths()) > place, "a request", 10 * crawl_run.DEADLINE_S)
            waits.append(server.requests[place].at - run.started)
            cpu.append(run.cpu_s())
            pause(self.chance.uniform(0, 0.5))
            run.kill()
            self.assertEqual(sorted({server.url(path) for path in server.paths()[place:]} & done)[:5], [])
            now_done = {url for url, in self.place.query("SELECT url FROM visits")}
            self.assertEqual(sorted(done - now_done)[:5], [])
            done = now_done
            self.assertEqual(self.place.query("SELECT count(*) FROM url WHERE id > 100"), [(count,)])
        print(f"{count} pending URLs: {min(waits):.2f} to {max(waits):.2f} s to the first request, median "
              f"{statistics.median(waits):.2f} s; {min(cpu):.2f} to {max(cpu):.2f} s of CPU time", flush=True)
        self.interrupt_while_they_are_read(server, options)
        self.check_promises(complete=False)

    def interrupt_while_they_are_read(self, server, options):
        runs, = self.place.query("SELECT count(*) FROM runs")[0]
        asked = len(server.paths())
        run = self.place.start(*options)
        crawl_run.wait_for(lambda: self.place.query("SELECT count(*) FROM runs")[0][0] > runs, "the run has begun")
        run.send(signal.SIGINT)
        self.assertEqual(run.wait().code, 130)
        last = self.place.query("SELECT end_reason FROM runs ORDER BY id DESC LIMIT 1")
        self.assertEqual(last, [("interrupted",)])
        if scaled(False, True):  # fewer are read before anybody can see that the run has begun
            self.assertEqual(len(server.paths()), asked)


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, *(lambda name=name: crawl_run.corpus(name) for name in CORPORA))
