#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What others say of an archive of ours: warcio for Node (`npm install warcio`; CRAWL_WARCIO names its dist/cli.js)
makes the same index, warcio for Python finds every digest right. Skipped where there is neither."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import warc_records
from scripted_server import ScriptedServer, links, page, redirect, reply, with_validators

WARCIO = os.environ.get("CRAWL_WARCIO", "")
HAS_NODES = bool(shutil.which("node")) and pathlib.Path(WARCIO).is_file()
HAS_PYTHONS = importlib.util.find_spec("warcio") is not None


def entries(index):
    """Of a CDXJ index, in the order of the records."""
    split = (line.split(" ", 2) for line in index.splitlines())
    return sorted(((key, time, json.loads(rest)) for key, time, rest in split), key=lambda one: int(one[2]["offset"]))


class Readers(crawl_run.EndToEnd):
    def archive(self):
        """The files of two runs."""
        server = ScriptedServer({
            "/": links("/text", "/etag", "/same", "/hop", "/gone", "/image", "/q?b=2&a=1&B", "/WWW/%41", "/empty"),
            "/text": reply(body="plain", content_type="Text/Plain; charset=utf-8"),
            "/etag": with_validators(page("tagged"), etag='"v1"'), "/same": page("the same each time"),
            "/hop": redirect("/text"), "/image": reply(body=b"PNG", content_type="image/png"),
            "/q?b=2&a=1&B": page("query"), "/WWW/%41": page("path"), "/empty": reply(body=b"", content_type="")})
        self.addCleanup(server.close)
        folder = self.place.folder / "archive"
        for _ in range(2):
            self.crawl("-q", "--delay", "0", "--revisit", "0", "--warc", folder, server.url())
            server.routes["/text"] = reply(body="changed", content_type="text/plain")
        files = sorted(folder.glob("*.warc.gz"))
        self.assertEqual(len(files), 2)
        return files

    @unittest.skipUnless(HAS_NODES, "CRAWL_WARCIO names no warcio/dist/cli.js, or there is no node")
    def test_nodes(self):
        for path in self.archive():
            ended = subprocess.run(["node", WARCIO, "cdx-index", path], capture_output=True, text=True, check=True)
            ours = path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_text()
            self.assertEqual(entries(ours), entries(ended.stdout))
            listed = subprocess.run(["node", WARCIO, "index", path], capture_output=True, text=True, check=True)
            self.assertEqual(len(listed.stdout.splitlines()), len(warc_records.read(path)))

    @unittest.skipUnless(HAS_PYTHONS, "there is no module warcio")
    def test_pythons(self):
        for path in self.archive():
            ended = subprocess.run([sys.executable, "-m", "warcio.cli", "check", "-v", path], capture_output=True,
                                   text=True, check=False)
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
            passed = ended.stdout.count("digest pass") + ended.stdout.count("not checked (revisit)")
            self.assertEqual(passed, len(warc_records.read(path)), ended.stdout)


def one_of_them():
    if not HAS_NODES and not HAS_PYTHONS:
        crawl_run.skip_all("no warcio here, neither Node's (CRAWL_WARCIO) nor Python's")


if __name__ == "__main__":
    crawl_run.main(one_of_them)
