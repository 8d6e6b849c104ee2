#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the coordinator does when a chosen call of its own fails: the cases that went wrong once, or that must
not be left to chance. tests/campaigns/torture_campaign.py goes through all of them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import faults
from scripted_server import ScriptedServer, links, page

IO = 74
NO_MEMORY = ("crawl: out of memory; nothing that was stored is lost: run the same command again, it resumes\n")


class FailingCalls(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = ScriptedServer({"/": links("/a", "/b"), "/a": page("a"), "/b": page("b")})
        self.addCleanup(self.server.close)

    def suffer(self, *specs):
        """What `specs` make of a crawl of three pages, in a database that is new."""
        report = self.place.folder / "report"
        for old in [report, *self.place.folder.glob("crawl.db*")]:
            old.unlink(missing_ok=True)
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", "--delay", "0",
                               "-f", "2", self.server.url(),
                               environment=faults.environment(*specs, report=report))
        ended = run.wait()
        self.assertEqual(faults.Report(report).fired, set(specs), ended.stderr)
        return ended

    def completes(self):
        self.crawl("--delay", "0", "-f", "1", "-q", self.server.url())
        self.assertEqual(set(self.urls().values()), {"ok"})
        self.assertEqual(len(self.urls()), 3)

    # ---- memory

    def test_no_memory_left(self):
        for spec in ("malloc:300:ENOMEM", "malloc:4500:ENOMEM", "realloc:100:ENOMEM...",
                     "sqlite3_open_v2:1:SQLITE_NOMEM", "sqlite3_open_v2:2:SQLITE_NOMEM",
                     "sqlite3_step:9:SQLITE_NOMEM", "sqlite3_exec@COMMIT:2:SQLITE_NOMEM",
                     "sqlite3_bind_int64:3:SQLITE_NOMEM", "sqlite3_bind_text64:3:SQLITE_NOMEM",
                     "sqlite3_column_text:1:SQLITE_NOMEM"):
            with self.subTest(spec):
                ended = self.suffer(spec)
                self.assertEqual((ended.code, ended.stderr), (IO, NO_MEMORY))
                self.completes()

    # ---- what is left behind

    def test_nothing_is_left_beside_the_database(self):
        ended = self.place.run("-d", self.place.database, "-q", "--delay", "0", self.server.url())
        self.assertEqual((ended.code, ended.stderr), (0, ""))
        self.assertEqual([path.name for path in self.place.folder.iterdir()], ["crawl.db"])


if __name__ == "__main__":
    crawl_run.main(faults.needed)
