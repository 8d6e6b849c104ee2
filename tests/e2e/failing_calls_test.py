#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the coordinator does when a chosen call of its own fails: the cases that went wrong once, or that must
not be left to chance. tests/campaigns/torture_campaign.py goes through all of them."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import faults
from scripted_server import ScriptedServer, links, page

CANNOT_CREATE, IO = 73, 74
NO_MEMORY = ("crawl: out of memory; nothing that was stored is lost: run the same command again, it resumes\n")


class FailingCalls(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = ScriptedServer({"/": links("/a", "/b"), "/a": page("a"), "/b": page("b")})
        self.addCleanup(self.server.close)

    def suffer(self, *specs, certain=True):
        """What `specs` make of a crawl of three pages, in a database that is new. Not `certain`: there may be
        fewer such calls in one crawl than in another."""
        report = self.place.folder / "report"
        for old in [report, *self.place.folder.glob("crawl.db*")]:
            old.unlink(missing_ok=True)
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", "--delay", "0",
                               "-f", "2", self.server.url(),
                               environment=faults.environment(*specs, report=report))
        ended = run.wait()
        if certain:
            self.assertEqual(faults.Report(report).fired, set(specs), ended.stderr)
        return ended

    def completes(self):
        self.crawl("--delay", "0", "-f", "1", "-q", self.server.url())
        self.assertEqual(set(self.urls().values()), {"ok"})
        self.assertEqual(len(self.urls()), 3)

    # ---- memory

    def test_no_memory_left(self):
        for spec in ("malloc:3:ENOMEM", "malloc:300:ENOMEM", "malloc:4500:ENOMEM", "realloc:100:ENOMEM...",
                     "sqlite3_open_v2:1:SQLITE_NOMEM", "sqlite3_open_v2:2:SQLITE_NOMEM",
                     "sqlite3_step:9:SQLITE_NOMEM", "sqlite3_exec@COMMIT:2:SQLITE_NOMEM",
                     "sqlite3_bind_int64:3:SQLITE_NOMEM", "sqlite3_bind_text64:3:SQLITE_NOMEM",
                     "sqlite3_column_text:1:SQLITE_NOMEM"):
            with self.subTest(spec):
                ended = self.suffer(spec)
                self.assertEqual((ended.code, ended.stderr), (IO, NO_MEMORY))
                self.completes()

    # ---- fetchers

    def survives(self, *specs, certain=True):
        ended = self.suffer(*specs, certain=certain)
        self.assertEqual(ended.code, 0, ended.stderr)
        self.check_promises()
        self.assertEqual(set(self.urls().values()), {"ok"})
        return ended

    def test_what_is_short_for_a_while_is_waited_for(self):
        for spec, says in (("memfd_create:1:EMFILE...2500", "memfd_create: Too many open files"),
                           ("fork:1:EAGAIN...2500", "fork: Resource temporarily unavailable"),
                           ("pipe2:4:ENFILE", "pipe: Too many open files in system"),
                           ("child.fcntl:3:EMFILE", "exec crawl-fetcher: Too many open files"),
                           ("child.execveat:2:ENOMEM", "exec crawl-fetcher: Cannot allocate memory")):
            with self.subTest(spec):
                self.assertIn(f"warning: cannot start a fetcher now: {says}\n", self.survives(spec).stderr)

    def test_what_stays_short_ends_the_run(self):
        ended = self.suffer("memfd_create:1:EMFILE...")
        self.assertEqual(ended.code, IO)
        self.assertIn("error: no fetcher can be started: memfd_create: Too many open files\n", ended.stderr)
        self.assertEqual(list(self.place.folder.glob("crawl.db*")), [])

    def test_descriptors_that_are_short_in_mid_crawl(self):
        at_work, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def wait(_request):
            at_work.set()
            go_on.wait(crawl_run.DEADLINE_S)
            return page("a")

        self.server.routes["/a"] = wait
        spec = "memfd_create:3:EMFILE...3000"  # the first of those that are born later
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", "--delay", "0",
                               "-f", "2", self.server.url(),
                               environment=faults.environment(spec, report=self.place.folder / "report"))
        self.assertTrue(at_work.wait(crawl_run.DEADLINE_S))
        for fetcher in run.fetchers():
            fetcher.kill()
        go_on.set()
        ended = self.finish(run)
        self.assertIn("cannot start a fetcher now: ", ended.stderr)
        self.assertEqual(set(self.urls().values()), {"ok"})

    def connections_are_decided_outside(self):
        """By how many calls; skips the test where this machine does not permit it."""
        report = self.place.folder / "counted"
        ended = self.place.run("-d", self.place.folder / "counted.db", "-q", "--delay", "0", "--no-sitemaps",
                               "-f", "2", self.server.url(),
                               environment=faults.environment("ioctl@seccomp:0:count", report=report))
        self.assertEqual(ended.code, 0, ended.stderr)
        return sum(faults.Report(report).seen.values()) or self.skipTest("this machine does not permit it")

    def test_a_shortage_opens_no_door(self):
        """A fetcher that cannot be closed in just now is started again, not left as it is."""
        self.connections_are_decided_outside()
        for spec in ("eventfd:1:EMFILE", "epoll_create1:2:EMFILE", "pidfd_open:3:EMFILE", "pthread_create:1:EAGAIN",
                     "fopen64@resolv.conf:1:EMFILE"):
            with self.subTest(spec):
                ended = self.survives(spec)
                self.assertIn("cannot start a fetcher now", ended.stderr)
                self.assertNotIn("without: connections decided outside", ended.stderr)

    def test_a_signal_in_the_midst_of_a_decision(self):
        for number in range(1, min(self.connections_are_decided_outside(), 5) + 1):
            with self.subTest(number):
                ended = self.survives(f"ioctl@seccomp:{number}:EINTR", certain=number == 1)
                self.assertNotIn("heartbeat", ended.stderr)

    # ---- the database

    def test_a_lock_that_cannot_be_looked_at(self):
        for spec, code in (("lstat@.lock:1:EIO...", IO), ("fcntl@.lock:1:ENOLCK...", CANNOT_CREATE)):
            with self.subTest(spec):
                ended = self.suffer(spec)
                self.assertEqual(ended.code, code, ended.stderr)
                self.assertRegex(ended.stderr, r"crawl\.db\.lock: ")

    def test_a_database_that_cannot_be_made_whole(self):
        for spec in ("fdatasync@crawl.db:1:EIO", "pwrite64@crawl.db:1:EIO", "sqlite3_exec:1:SQLITE_IOERR",
                     "pthread_create:2:EAGAIN"):
            with self.subTest(spec):
                self.assertEqual(self.suffer(spec).code, IO)
                self.completes()

    # ---- what is left behind

    def test_nothing_is_left_beside_the_database(self):
        ended = self.place.run("-d", self.place.database, "-q", "--delay", "0", self.server.url())
        self.assertEqual((ended.code, ended.stderr), (0, ""))
        self.assertEqual([path.name for path in self.place.folder.iterdir()], ["crawl.db"])

    # ---- reading

    def test_check_does_not_take_a_read_error_for_damage(self):
        self.crawl("--delay", "0", "-f", "1", "-q", self.server.url())
        report = self.place.folder / "report"
        failed = 0
        for nth in range(1, 40):
            report.unlink(missing_ok=True)
            ended = self.place.start("check", "-d", self.place.database,
                                     environment=faults.environment(f"pread64:{nth}:EIO", report=report)).wait()
            if not faults.Report(report).fired:
                break
            if ended.code != 0:
                failed += 1
                self.assertEqual((ended.code, ended.stdout), (IO, ""), nth)
                self.assertRegex(ended.stderr, r"I/O error|Input/output error|malformed|unable to open", nth)
        self.assertGreater(failed, 3)


if __name__ == "__main__":
    crawl_run.main(faults.needed)
