#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SIGINT, SIGTERM and SIGHUP: once, the run ends in good order and can be resumed; twice, it ends now. A run
whose log nobody reads, or which is stopped for a while, goes on as one expects."""

import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page

PAGES = [f"/{number}" for number in range(60)]


class Signals(crawl_run.EndToEnd):
    def serve(self, routes):
        self.server = ScriptedServer(routes)
        self.addCleanup(self.server.close)
        self.options = ["-d", self.place.database, "--no-progress", "-q", "--delay", "10ms",
                        "--host-concurrency", "4", "--no-sitemaps", self.server.url()]

    def interrupted_then_resumed(self, number, code):
        self.serve({"/": links(*PAGES), **{path: page("x", title=path) for path in PAGES}})
        run = self.place.start(*self.options)
        crawl_run.wait_for(lambda: len(self.server.paths()) > 10, "some requests")
        fetchers = run.fetchers()
        run.send(number)
        ended = run.wait()
        self.assertEqual((ended.code, ended.stderr), (code, ""))
        self.assertEqual([one for one in fetchers if one.alive()], [])
        self.check_promises(complete=False)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs"), [("interrupted",)])
        stored = self.place.query("SELECT count(*) FROM pages")[0][0]
        # What was asked for was waited for: robots.txt and the pages that are stored.
        self.assertEqual(len(self.server.paths()), stored + 1)
        self.assertLess(stored, len(PAGES) + 1)

        ended = self.place.run(*self.options)
        self.assertEqual(ended.code, 0, ended.stderr)
        self.check_promises()
        self.assertEqual(self.urls(), {self.server.url(path): "ok" for path in ["/", *PAGES]})
        for path in ["/", *PAGES]:
            self.assertEqual(len(self.server.asked(path)), 1, path)

    def test_sigint(self):
        self.interrupted_then_resumed(signal.SIGINT, 130)

    def test_sigterm(self):
        self.interrupted_then_resumed(signal.SIGTERM, 143)

    def test_sighup(self):
        self.interrupted_then_resumed(signal.SIGHUP, 129)

    def run_by_shell(self, script):
        """`script`: what a shell does with "$@", the crawl. Signals go to the crawl alone; its process group
        is one that may be stopped, even where that of the tests has been left an orphan."""
        crawl = [crawl_run.program("CRAWL_BIN"), *map(str, self.options)]
        return subprocess.Popen(["/bin/sh", "-c", script, "sh", *crawl], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)

    def crawl_to_the_end(self, script, disturb=lambda pid: None):
        self.serve({"/": links(*PAGES), **{path: page("x", title=path) for path in PAGES}})
        shell = self.run_by_shell(script)
        crawl_run.wait_for(lambda: len(self.server.paths()) > 10, "some requests")
        disturb(shell.pid)
        self.assertEqual(shell.wait(crawl_run.DEADLINE_S), 0)
        self.check_promises()
        self.assertEqual(len(self.urls()), len(PAGES) + 1)

    def test_what_was_ignored_at_the_start_is_ignored(self):
        """nohup; and a script's background jobs ignore SIGINT."""
        def disturb(pid):
            os.kill(pid, signal.SIGHUP)
            os.kill(pid, signal.SIGINT)

        self.crawl_to_the_end("trap '' HUP INT; exec \"$@\"", disturb)

    def test_a_log_that_nobody_reads_stops_nothing(self):
        for script in ('exec "$@" -vv 2>&-', 'exec "$@" -vv <&- >&- 2>&-', '"$@" -vv 2>&1 | :'):
            with self.subTest(script):
                self.crawl_to_the_end(script)
                self.place.database.unlink()

    def test_stopped_and_continued(self):
        """Ctrl-Z: nothing new is asked for until fg, and no fetcher is taken for one that hangs."""
        def disturb(pid):
            os.kill(pid, signal.SIGTSTP)
            crawl_run.wait_for(lambda: pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][1] == "T",
                               "it has stopped")
            threading.Event().wait(0.3)  # what was under way comes to its end
            asked = len(self.server.paths())
            threading.Event().wait(3)  # longer than the watchdog's patience
            self.assertEqual(len(self.server.paths()), asked)
            os.kill(pid, signal.SIGCONT)

        self.crawl_to_the_end('exec "$@" --watchdog 1s', disturb)
        self.assertEqual(self.place.query("SELECT text FROM events WHERE signal IS NOT NULL"), [])

    def test_twice_does_not_wait_for_what_is_under_way(self):
        self.stop_at_once(lambda run: self.send_and_see_taken(run) and run.send(signal.SIGINT))

    def test_again_and_again(self):
        def impatiently(run):
            while run.alive():
                run.send(signal.SIGINT)
                threading.Event().wait(0.005)

        self.stop_at_once(impatiently)

    def send_and_see_taken(self, run):
        """Two signals that wait to be taken are one."""
        def taken():
            status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
            pending = re.search(r"^ShdPnd:\s*(\w+)", status, re.M)
            return int(pending[1], 16) & 1 << (signal.SIGINT - 1) == 0

        run.send(signal.SIGINT)
        crawl_run.wait_for(taken, "the first signal is taken")
        return True

    def stop_at_once(self, send):
        release = threading.Event()
        self.addCleanup(release.set)

        def never(_request):
            release.wait()
            return page("late")

        self.serve({"/": links("/never", "/1"), "/never": never, "/1": page("x")})
        run = self.place.start(*self.options)
        crawl_run.wait_for(lambda: self.server.asked("/never"), "the request that is not answered")
        crawl_run.wait_for(lambda: self.stored("/"), "the first page is stored")
        sent = time.monotonic()
        send(run)
        ended = run.wait()
        took = time.monotonic() - sent
        self.assertEqual(ended.code, 130, ended.stderr)
        self.assertLess(took, 5, "at most a second; a gentle stop waits for ten")
        self.check_promises(complete=False)

        release.set()
        self.assertEqual(self.place.run(*self.options).code, 0)
        self.check_promises()
        self.assertEqual(self.urls(), {self.server.url(path): "ok" for path in ["/", "/never", "/1"]})

    def stored(self, path):
        try:
            return self.place.query("SELECT 1 FROM pages WHERE url = ?", self.server.url(path))
        except sqlite3.Error:  # there is no database yet
            return False


if __name__ == "__main__":
    crawl_run.main()
