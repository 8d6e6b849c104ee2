# SPDX-License-Identifier: MIT
"""Tests that run `crawl search`."""

import json

import crawl_run


class Searching(crawl_run.EndToEnd):
    def search(self, *words, code=0, says=""):
        ended = self.place.run("search", "-d", self.place.database, *words)
        self.assertEqual(ended.code, code, ended.stdout + ended.stderr)
        if says:
            self.assertRegex(ended.stderr, says)
        return ended

    def found(self, *words):
        """[hit] of a search; [] where nothing is found."""
        ended = self.place.run("search", "-d", self.place.database, "--json", *words)
        hits = json.loads(ended.stdout)
        self.assertEqual(ended.code, 0 if hits else 66, ended.stderr)
        return hits
