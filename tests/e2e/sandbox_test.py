#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fetchers' sandbox in whole crawls: what is said of it, what is insisted on, and what a fetcher that
somebody else has taken over can do from within."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import crawl_run  # noqa: E402
from scripted_server import ScriptedServer, links, page  # noqa: E402

FAST = ["--delay", "0s", "--delay-factor", "0", "--retries", "0"]
ALL = ["no_new_privs", "no files written", "no capabilities", "limits", "landlock", "seccomp",
       "connections decided outside"]


class Crawl(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = ScriptedServer({"/": links("/a"), "/a": page("a")})
        self.addCleanup(self.server.close)

    def layers(self):
        return self.place.query("SELECT text FROM events WHERE kind = 'fetcher_started' LIMIT 1")[0][0]

    def needs_all(self):
        self.crawl(*FAST, self.server.url())
        if "without" in self.layers():
            self.skipTest(f"this machine does not give it all: {self.layers()}")


class Sandbox(Crawl):
    def test_it_is_on_and_says_what_it_is(self):
        self.needs_all()
        for layer in ALL:
            self.assertIn(layer, self.layers())
        self.assertIn(self.layers(), self.place.run("status", "-d", self.place.database).stdout)
        answer = json.loads(self.place.run("status", "--json", "-d", self.place.database).stdout)
        self.assertEqual(answer["sandbox"], self.layers())

    def test_off_is_said_too(self):
        ended = self.crawl(*FAST, "--sandbox=off", self.server.url())
        self.assertIn("without: all else (--sandbox=off)", ended.stderr)
        self.assertNotIn("seccomp", self.layers())

    def test_require_runs_where_all_is_there(self):
        self.needs_all()
        self.crawl(*FAST, "--sandbox=require", "--revisit", "0s", self.server.url())

    def test_require_changes_nothing_where_a_layer_is_missing(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        ended = subprocess.run(
            ["setpriv", "--bounding-set=-sys_ptrace", crawl_run.program("CRAWL_BIN"), "--sandbox=require",
             "-d", str(self.place.database), self.server.url()],
            capture_output=True, text=True, env={"HOME": str(self.place.folder)})
        self.assertEqual(ended.returncode, 78, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        self.assertIn("connections decided outside", ended.stderr)
        self.assertIn("CAP_SYS_PTRACE", ended.stderr)
        self.assertFalse(self.place.database.exists())

    def test_a_fetcher_that_dies_being_born_takes_no_layer_from_the_others(self):
        self.needs_all()
        for attempt in range(20):
            self.place.database = self.place.folder / f"births{attempt}.db"
            run = self.begin(*FAST, "-f", "2", "--sandbox=require", self.server.url())
            while not (born := run.fetchers()) and run.alive():
                pass
            run.send(signal.SIGSTOP)
            threading.Event().wait(0.3)
            born[0].kill()
            run.send(signal.SIGCONT)
            self.finish(run)
            self.assertNotIn("without", self.layers())
            started = self.place.query("SELECT pid FROM events WHERE kind = 'fetcher_started'")
            if (born[0].pid,) not in started:
                return  # it was stopped before it had heard what that one said
        self.fail("the first one was ready each time")

    def test_an_unknown_word_is_an_error(self):
        ended = self.place.run("--sandbox=requir", self.server.url())
        self.assertEqual(ended.code, 64)
        self.assertIn("did you mean require?", ended.stderr)


class TakenOver(Crawl):
    """A page takes its fetcher over, as the test's fetcher lets it."""

    def take_over(self, kind, *options):
        self.needs_all()
        site = ScriptedServer({"/": links("/evil", "/good"), "/evil": page("x"), "/good": page("good")})
        self.addCleanup(site.close)
        self.place.database = self.place.folder / "taken.db"
        ended = self.crawl(*FAST, "--fetcher", crawl_run.program("CRAWL_FETCHER_TEST_BIN"),
                           "--test-hook", f"{kind}=/evil", *options, site.url())
        outcomes = {url.removeprefix(site.url("")): outcome for url, outcome in
                    self.place.query("SELECT url, outcome FROM urls")}
        self.assertEqual((outcomes["/"], outcomes["/good"]), ("ok", "ok"))
        return outcomes["/evil"], ended

    def test_a_program_cannot_be_run(self):
        outcome, _ = self.take_over("run")
        self.assertEqual(outcome, "crashed_fetcher")
        reason = self.place.query("SELECT reason FROM urls WHERE outcome = 'crashed_fetcher'")[0][0]
        self.assertIn("SIGSYS", reason)

    def test_another_port_of_the_host_it_crawls_is_not_reached(self):
        canary = ScriptedServer({})
        self.addCleanup(canary.close)
        outcome, ended = self.take_over(f"connect:{canary.port}")
        self.assertEqual(canary.connections, 0)
        self.assertIn(f"tried to connect to 127.0.0.1:{canary.port}, refused", ended.stderr)
        self.assertEqual(outcome, "crashed_fetcher")
        reason = self.place.query("SELECT reason FROM urls WHERE outcome = 'crashed_fetcher'")[0][0]
        self.assertIn(f"insisted on connecting to 127.0.0.1:{canary.port}, killed", reason)

    def test_the_same_reaches_it_where_the_sandbox_is_off(self):
        canary = ScriptedServer({})
        self.addCleanup(canary.close)
        self.take_over(f"connect:{canary.port}", "--sandbox=off")
        self.assertGreater(canary.connections, 0)


if __name__ == "__main__":
    crawl_run.main()
