#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A wall clock that jumps by up to a year, forwards, backwards, to 1970, between runs and within them.
Delays and time limits do not notice; what is due stays sensible: after a night whose clock is right
nothing waits longer than the longest interval, and no host longer than its pause."""

import contextlib
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import wall_clock
from crawl_run import scaled
from scripted_server import ScriptedServer, links, page, redirect, reply
from wall_clock import DAY_S, YEAR_S

OPTIONS = ["-f", "1", "--retries", "1", "--retry-wait", "10ms", "--log-format", "json"]
HOUR_MS = 3_600_000
LONGEST_MS = 30 * 24 * HOUR_MS  # docs/schema.md, "When a page is fetched again"
PAGES = 12
NIGHT_S = 60  # by far


class Jumps(threading.Thread):
    """Sets the clock to and fro, until it is told to stop."""

    def __init__(self, clock, offsets, pause_s):
        super().__init__(daemon=True)
        self.clock, self.offsets, self.pause_s = clock, offsets, pause_s
        self.over, self.count = threading.Event(), 0

    def run(self):
        while not self.over.wait(self.pause_s):
            self.clock.set(self.offsets[self.count % len(self.offsets)])
            self.count += 1

    def stop(self):
        self.over.set()
        self.join()


class WallClock(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.clock = wall_clock.WallClock(self.place.folder)

    def serve(self, routes):
        server = ScriptedServer(routes)
        self.addCleanup(server.close)
        return server

    def begin_with_clock(self, *arguments):
        return self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", *OPTIONS, *arguments,
                                environment=self.clock.environment())

    def night(self, *arguments, code=0):
        """A whole run; the paths that it asked for are what the servers have noted since."""
        begun = time.monotonic()
        ended = self.begin_with_clock(*arguments).wait()
        self.assertEqual(ended.code, code, ended.stderr)
        self.assertLess(time.monotonic() - begun, NIGHT_S, ended.stderr)
        self.check_promises()
        return ended

    # ---- within a run

    def jump_while(self, run, offsets=(YEAR_S, -YEAR_S, 0, -2 * YEAR_S, YEAR_S // 2)):
        jumps = Jumps(self.clock, offsets, 0.05)
        jumps.start()
        self.addCleanup(jumps.stop)
        ended = run.wait()
        jumps.stop()
        self.assertGreater(jumps.count, 3, ended.stderr)
        return ended

    def test_the_clock_is_in_effect(self):
        """Or nothing here is tested."""
        self.clock.set(YEAR_S)
        server = self.serve({"/": page("x")})
        self.night("--delay", "0", server.url())
        (fetched,), = self.place.query("SELECT fetched_at FROM page")
        self.assertLess(abs(fetched - self.clock.now_ms()), HOUR_MS)

    def test_delays_do_not_notice(self):
        server = self.serve({"/": links(*(f"/{i}" for i in range(PAGES))),
                             **{f"/{i}": page(f"page {i}") for i in range(PAGES)}})
        begun = time.monotonic()
        ended = self.jump_while(self.begin_with_clock("--delay", "200ms", "--delay-factor", "0", server.url()))
        self.assertEqual(ended.code, 0, ended.stderr)
        self.assertLess(time.monotonic() - begun, NIGHT_S)
        self.check_gaps(server, 0.2)
        self.assertEqual(len(self.place.query("SELECT 1 FROM pages WHERE outcome = 'ok'")), PAGES + 1)
        self.check_promises()

    def check_gaps(self, server, least_s):
        for before, after in zip(server.requests, server.requests[1:]):
            self.assertGreater(after.begun - before.ended, least_s - 0.02, (before.path, after.path))

    def test_retry_after_and_time_limit_do_not_notice(self):
        server = self.serve({"/": [reply(503, headers=["Retry-After: 2"]), page("x")]})
        ended = self.jump_while(self.begin_with_clock("--delay", "0", server.url()))
        self.assertEqual(ended.code, 0, ended.stderr)
        first, second = server.asked("/")
        self.assertGreater(second.begun - first.ended, 1.9)
        endless = self.serve({"/": links("/1"), **{f"/{i}": links(f"/{i + 1}") for i in range(400)}})
        begun = time.monotonic()
        ended = self.jump_while(self.begin_with_clock("--delay", "100ms", "--max-time", "2s", "--no-traps",
                                                      endless.url()))
        self.assertEqual(ended.code, 0, ended.stderr)
        self.assertGreater(time.monotonic() - begun, 1.9)
        self.assertLess(time.monotonic() - begun, NIGHT_S)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs ORDER BY id DESC LIMIT 1"), [("max_time",)])

    # ---- from night to night

    def site(self):
        """Of all that is judged by time: what changes, is missing, fails, moves, asks for a pause."""
        versions = iter(range(1_000_000))
        self.fails = False
        self.server = self.serve({
            "/": links(*(f"/same/{i}" for i in range(PAGES)), "/changing", "/missing", "/failing", "/moved", "/busy"),
            **{f"/same/{i}": page(f"always {i}") for i in range(PAGES)},
            "/changing": lambda request: page(f"version {next(versions)}"),
            "/failing": lambda request: reply(500) if self.fails else page("it works"),
            "/moved": redirect("/same/0", 301),
            "/busy": [reply(429, headers=["Retry-After: 1"]), page("x")],
        })
        self.closed = self.serve({"/": page("x"), "/robots.txt": reply(500)})
        return ["--delay", "0", self.server.url(), self.closed.url()]

    def asked_since(self, count):
        return [request.path for request in self.server.requests[count:] if request.path != "/robots.txt"]

    def check_sensible(self):
        """After a night whose clock is right and was right throughout."""
        now = self.clock.now_ms()
        # What robots.txt keeps from being fetched stays due.
        self.assertEqual(self.place.query("SELECT url, due_at - ? FROM url WHERE due_at > ? AND "
                                          "outcome <> 'robots_unreachable'", now, now + LONGEST_MS), [],
                         "due later than ever after a fetch")
        self.assertEqual(self.place.query("SELECT url FROM page JOIN url ON id = url_id WHERE page.fetched_at > ? "
                                          "AND url.outcome <> 'robots_unreachable'", now + HOUR_MS), [],
                         "what was fetched in the future is fetched again")
        self.assertEqual(self.place.query("SELECT name FROM host WHERE next_at > ?", now + HOUR_MS), [])

    def check_never_done(self):
        """What a clock alone must not bring about."""
        self.assertEqual(self.closed.asked("/"), [], "robots.txt that cannot be had keeps everything out")
        self.assertEqual(self.urls()[self.server.url("/same/1")], "ok")

    def check_shown(self):
        status = self.place.run("status", "-d", self.place.database)
        self.assertEqual(status.code, 0, status.stderr)
        self.assertIn("ended (done)", status.stdout)
        why = self.place.run("why", "-d", self.place.database, self.server.url("/changing"))
        self.assertEqual(why.code, 0, why.stderr)
        for text in (status.stdout, why.stdout):
            self.assertNotRegex(text, r"-\d+(ms|s|m|h|d)\b")

    def test_a_year_ahead_for_one_night(self):
        arguments = self.site()
        everything = PAGES + 6
        self.night(*arguments)
        self.assertEqual(len(set(self.asked_since(0))), everything)
        self.check_sensible()

        mark = len(self.server.requests)
        self.night(*arguments)
        self.assertEqual(set(self.asked_since(mark)), {"/"}, "the seed, and nothing else")
        self.check_sensible()

        self.fails = True
        self.clock.set(2 * DAY_S)
        self.night(*arguments)
        self.assertEqual(self.urls()[self.server.url("/failing")], "http_error")

        self.clock.set(YEAR_S)
        mark = len(self.server.requests)
        self.night(*arguments)
        self.assertEqual(len(set(self.asked_since(mark))), everything, "a year later everything is due")
        self.assertEqual(self.urls()[self.server.url("/failing")], "http_error", "two nights are no month")

        self.clock.set(0)
        mark = len(self.server.requests)
        self.night(*arguments)
        self.assertEqual(len(set(self.asked_since(mark))), everything, "by a wrong clock: once more")
        self.check_sensible()

        mark = len(self.server.requests)
        self.night(*arguments)
        self.assertLessEqual(set(self.asked_since(mark)), {"/", "/failing", "/missing"})
        self.clock.set(31 * DAY_S)
        mark = len(self.server.requests)
        self.night(*arguments)
        self.assertEqual(len(set(self.asked_since(mark))), everything, "nothing starves")
        self.check_never_done()
        self.check_shown()

    def test_nights_by_chance(self):
        self.random = crawl_run.seeded_random()
        for trial in range(scaled(1, 25)):
            with self.subTest(trial=trial):
                self.place.database = self.place.folder / f"{trial}.db"
                self.nights_by_chance()

    def any_offset(self):
        return self.random.choice([
            lambda: self.random.randint(-YEAR_S, YEAR_S),
            lambda: self.random.choice([-YEAR_S, YEAR_S]),
            lambda: self.random.randint(-5 * DAY_S, 5 * DAY_S),
            lambda: -int(time.time()) + self.random.randint(0, DAY_S),  # a board without a battery
        ])()

    @contextlib.contextmanager
    def jumping(self, jumps):
        thread = Jumps(self.clock, [self.any_offset() for _ in range(5)], 0.02)
        if jumps:
            thread.start()
        try:
            yield
        finally:
            if jumps:
                thread.stop()

    def nights_by_chance(self):
        arguments = self.site()
        days, story = 0, []
        self.clock.set(0)
        self.night(*arguments)
        for _ in range(scaled(3, 8)):
            right = self.random.random() < 0.4
            days += self.random.randint(0, 3)
            story.append(f"day {days}: " + ("right" if right else "wrong"))
            self.clock.set(days * DAY_S if right else self.any_offset())
            with self.jumping(not right and self.random.random() < 0.5):
                self.night(*arguments)
            if right:
                with self.subTest(story=story):
                    self.check_sensible()
        # By the first of these nights nothing was fetched in the future; by the second all was due.
        mark = len(self.server.requests)
        for day in (days + 31, days + 62):
            self.clock.set(day * DAY_S)
            self.night(*arguments)
            self.check_sensible()
        self.assertEqual(len(set(self.asked_since(mark))), PAGES + 6, story)
        self.assertEqual(self.urls()[self.server.url("/same/1")], "ok")
        self.check_shown()


if __name__ == "__main__":
    crawl_run.main(wall_clock.needed)
