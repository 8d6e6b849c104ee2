#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full text search on a disk that is nearly full, or becomes so: the crawl is left its room, nothing of it is
harmed, and the index goes on when there is room."""

import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import private_disk
from scripted_server import ScriptedServer, links, page

MIB = 1 << 20
PAGES = 100


def noise(number, words):
    """Words that no other page has."""
    return " ".join(hashlib.sha256(f"{number} {i}".encode()).hexdigest()[:12] for i in range(words))


class NoRoom(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.disk = private_disk.Disk(self.place.folder / "disk", 48 * MIB)
        self.addCleanup(self.disk.close)
        self.place.database = self.disk.folder / "crawl.db"
        server = ScriptedServer({"/": links(*(f"/{n}" for n in range(PAGES))),
                                 **{f"/{n}": page(f"common {noise(n, 9_000)}") for n in range(PAGES)}})
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", "--no-body", server.url())

    def search(self, code, *words):
        ended = self.place.run("search", "-d", self.place.database, "--json", "--limit", "1000", *words)
        self.assertEqual(ended.code, code, ended.stderr)
        return ended

    def check_all_found(self):
        self.disk.make_room()
        self.assertEqual(len(json.loads(self.search(0, "common").stdout)), PAGES)
        self.check_promises()

    def test_the_room_that_a_crawl_needs_is_left(self):
        self.disk.fill(leave=11 * MIB)  # less than a quarter
        before = self.disk.free()
        ended = self.search(74, "common")
        self.assertRegex(ended.stderr, r"^crawl: the search index is not written: 1\d\.\d MiB free, and a crawl needs "
                                       "some; --no-update searches")
        self.assertGreater(self.disk.free(), before - MIB)
        self.check_all_found()

    def test_the_disk_becomes_full_in_between(self):
        self.disk.fill(leave=13 * MIB)
        # More than a quarter, and less than the index takes.
        self.assertGreater(self.place.query("SELECT sum(text_bytes) FROM page")[0][0], 11 * MIB)
        ended = self.search(74, "common")
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertRegex(ended.stderr, r"disk is full \(\d.* free\)|free, and a crawl needs some")
        self.check_all_found()


if __name__ == "__main__":
    private_disk.enter(__file__)
    crawl_run.main()
