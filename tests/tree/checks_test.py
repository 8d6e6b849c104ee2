#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checks of the tree, seen failing: each is given a small tree or text that breaks its rule."""

import pathlib
import tempfile
import unittest

import file_length
import layering
import linkage

HEAD = "// SPDX-License-Identifier: MIT\n"


def tree(files):
    """A temporary tree: {path: text}."""
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        file = pathlib.Path(folder.name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def layering_problems(path, line):
    layers = {f"{layer}/x.h": "" for layer in layering.LAYERS}
    with tree({**layers, path: f"{line}\n"}) as root:
        return layering.check(pathlib.Path(root))


class Layering(unittest.TestCase):
    def test_permitted(self):
        for path, line in [
                ("crawler/a.cc", '#include "storage/x.h"'), ("fetcher/a.cc", "#include <curl/curl.h>"),
                ("fetcher/a.cc", '#include "ipc/x.h"'), ("ipc/shared_queue.cc", "#include <boost/a.hpp>"),
                ("storage/a.cc", "#include <sqlite3.h>"), ("tests/storage/a.cc", "#include <sqlite3.h>"),
                ("base/a.cc", "#include <sys/epoll.h>"), ("base/a.cc", "#include <vector>"),
                ("tests/web/a_test.cc", "#include <nlohmann/json.hpp>"),
                ("bench/a.cc", "#include <sqlite3.h>")]:
            self.assertEqual(layering_problems(path, line), [], (path, line))

    def test_refused(self):
        for path, line in [
                ("crawler/a.cc", '#include "fetcher/x.h"'), ("fetcher/a.cc", '#include "crawler/x.h"'),
                ("fetcher/a.cc", '#include "storage/x.h"'), ("base/a.h", '#include "web/x.h"'),
                ("web/a.cc", '#include "ipc/x.h"'), ("ipc/a.cc", '#include "web/x.h"'),
                ("ipc/channel.cc", "#include <boost/a.hpp>"), ("crawler/a.cc", "#include <sqlite3.h>"),
                ("crawler/a.cc", "#include <curl/curl.h>"), ("crawler/a.cc", "#include <gumbo.h>"),
                ("web/a.cc", "#include <ares.h>"), ("base/a.cc", "#include <fmt/format.h>"),
                ("tests/crawler/a.cc", "#include <sqlite3.h>"), ("base/a.cc", "#include <unheard_of.h>"),
                ("storage/a.cc", '#include "sqlite3.h"'), ("web/a.cc", '#include "x.h"'),
                ("tests/fetcher/a.cc", '#include "crawler/x.h"'), ("web/a.cc", "  #  include <curl/curl.h>"),
                ("crawler/a.cc", '#include "tests/support/catch.h"')]:
            self.assertEqual(len(layering_problems(path, line)), 1, (path, line))


class Linkage(unittest.TestCase):
    GOOD = ("0x1 (NEEDED) Shared library: [libsqlite3.so.0]\n0x1 (NEEDED) Shared library: [libc.so.6]\n"
            "0x6ffffffb (FLAGS_1) Flags: NOW PIE\n")

    def problems(self, dynamic):
        return linkage.check("crawl", dynamic, linkage.STORAGE, linkage.WEB)

    def test_permitted(self):
        self.assertEqual(self.problems(self.GOOD), [])

    def test_refused(self):
        for broken in [
                self.GOOD.replace("libsqlite3.so.0", "libz.so.1"),
                self.GOOD + "0x1 (NEEDED) Shared library: [libcurl.so.4]\n",
                self.GOOD + "0x1 (NEEDED) Shared library: [libgumbo.so.1]\n",
                self.GOOD + "0x1 (NEEDED) Shared library: [libcares.so.2]\n",
                self.GOOD + "0x1d (RUNPATH) Library runpath: [/opt/lib]\n",
                self.GOOD.replace("NOW PIE", "PIE"), self.GOOD.replace("NOW PIE", "NOW")]:
            self.assertEqual(len(self.problems(broken)), 1, broken)


class FileLength(unittest.TestCase):
    def problems(self, path, text):
        with tree({path: text}) as root:
            return file_length.check(pathlib.Path(root))[0]

    def test_permitted(self):
        self.assertEqual(self.problems("web/a.cc", HEAD + "\n" * 499), [])
        self.assertEqual(self.problems("tests/web/data/a.txt", "\n" * 9999), [])
        self.assertEqual(self.problems("seeds/samples/a.txt", "\n" * 9999), [])

    def test_refused(self):
        for path, text in [("web/a.cc", HEAD + "\n" * 500), ("web/a.cc", "\n"), ("web/a.h", HEAD),
                           ("tests/e2e/a.py", "#!/usr/bin/env python3\n"), ("bench/run", "#!/bin/sh\n"),
                           (".ci/run", "#!/bin/sh\n")]:
            self.assertEqual(len(self.problems(path, text)), 1, path)


if __name__ == "__main__":
    unittest.main()
