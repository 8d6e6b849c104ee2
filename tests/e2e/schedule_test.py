#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples of a nightly run, as they are installed: each of their commands does what it says."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging"


def example(name):
    """As it is installed below /usr."""
    return (EXAMPLES / name).read_text().replace("@CMAKE_INSTALL_FULL_BINDIR@", "/usr/bin")


class Nightly(crawl_run.EndToEnd):
    sitemaps = True

    def setUp(self):
        super().setUp()
        self.server = ScriptedServer({"/": links("/a", "/b"), "/a": page("a"), "/b": page("b")})
        self.addCleanup(self.server.close)
        self.root = self.place.folder / "root"
        for folder in ("etc/crawl", "var/lib/crawl", "var/backups", "run"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "etc/crawl/news.txt").write_text(self.server.url() + "\n")
        self.database = self.root / "var/lib/crawl/news.db"

    def here(self, command):
        """The command with its files below this test's folder, and this build's crawl."""
        command = re.sub(r"(?<![\w.])/(etc/crawl|var/lib|var/backups|run)\b", rf"{self.root}/\1", command)
        return re.sub(r"\S*/bin/crawl\b", os.environ["CRAWL_BIN"], command)

    def run_line(self, command):
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)

    def commands_of_crontab(self):
        for line in example("crontab.in").splitlines():
            if re.match(r"[#A-Z]", line):
                continue
            fields = line.split(None, 5)
            self.assertEqual(len(fields), 6, line)
            for field in fields[:5]:
                self.assertRegex(field, r"^(\*|\*/\d+|\d+)$")
            self.assertNotRegex(fields[5].replace("\\%", ""), "%")  # there it would be a line's end
            yield self.here(fields[5].replace("\\%", "%"))

    def commands_of_service(self):
        text = example("crawl@.service.in").replace("%i", "news")
        return [self.here(line) for line in re.findall(r"^ExecStart=(.*)$", text, re.M)]

    def test_each_line_of_the_crontab(self):
        commands = list(self.commands_of_crontab())
        self.assertEqual(len(commands), 5)
        for command in commands * 2:  # tonight, and tomorrow
            ended = self.run_line(command)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""), command)
        self.assertEqual(len(list((self.root / "var/backups").glob("news-*.db"))), 1)
        self.assertRegex((self.root / "run/crawl-news.status").read_text(), "^OK")
        self.check_promises(database=self.database)

    def test_what_needs_a_person_is_printed(self):
        (self.root / "etc/crawl/news.txt").write_text("this is no URL\n")
        ended = self.run_line(next(self.commands_of_crontab()))
        self.assertEqual(ended.returncode, 65)
        self.assertIn("news.txt:1:", ended.stderr)

    def test_the_service(self):
        commands = self.commands_of_service()
        self.assertEqual(len(commands), 2)
        for command in commands * 2:
            ended = self.run_line(command)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""), command)
        self.check_promises(database=self.database)

    def test_a_night_that_is_not_over(self):
        go_on = threading.Event()
        slow = ScriptedServer({"/": links("/a"), "/a": lambda _: go_on.wait(60) and page("a")})
        self.addCleanup(slow.close)
        self.addCleanup(go_on.set)
        (self.root / "etc/crawl/news.txt").write_text(slow.url() + "\n")
        command = self.commands_of_service()[0]
        with subprocess.Popen(["sh", "-c", "exec " + command], stderr=subprocess.PIPE) as first:
            crawl_run.wait_for(lambda: "/a" in slow.paths(), "the first is under way")
            second = self.run_line(command)
            self.assertEqual(second.returncode, 75)
            self.assertIn(str(first.pid), second.stderr)
            first.terminate()
            first.communicate()
            self.assertEqual(first.returncode, 143)

    def test_numbers_for_the_node_exporter(self):
        numbers = self.place.folder / "crawl.prom"
        go_on = threading.Event()
        slow = ScriptedServer({"/": links("/a"), "/a": lambda _: go_on.wait(60) and page("a")})
        self.addCleanup(slow.close)
        self.addCleanup(go_on.set)
        run = self.begin("-q", "--delay", "0", "--no-sitemaps", "--metrics", numbers, slow.url())
        crawl_run.wait_for(numbers.exists, "the first numbers")
        self.assertIn("\ncrawl_running 1\n", numbers.read_text())
        go_on.set()
        self.finish(run)
        text = numbers.read_text()
        for line in ("crawl_run 1", "crawl_running 0", 'crawl_end{reason="done"} 1', "crawl_pages 2", "crawl_pending_urls 0",
                     "crawl_hosts_waiting 0"):
            self.assertIn(line, text.splitlines())
        self.assertEqual([path.name for path in self.place.folder.glob("crawl.prom*")], ["crawl.prom"])
        self.assertEqual(numbers.stat().st_mode & 0o777, 0o644)
        ended = self.place.run("run", "-d", self.place.database, "--metrics", self.place.folder / "none/x.prom", slow.url())
        self.assertEqual(ended.code, 73)
        self.assertIn("none/x.prom", ended.stderr)

    def test_numbers_are_written_to_files_of_our_own_alone(self):
        numbers = self.place.folder / "crawl.prom"
        os.mkfifo(self.place.folder / "crawl.prom.crawl-part")  # whoever opens it waits for ever
        self.crawl("-q", "--delay", "0", "--metrics", numbers, self.server.url())
        self.assertIn("crawl_running 0", numbers.read_text())
        self.assertFalse((self.place.folder / "crawl.prom.crawl-part").exists())
        folder = self.place.folder / "folder"
        folder.mkdir()
        ended = self.place.run("run", "-d", self.place.database, "--metrics", folder, self.server.url())
        self.assertEqual(ended.code, 73)
        self.assertIn("is not a regular file", ended.stderr)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_the_units_as_systemd_reads_them(self):
        units = self.place.folder / "units"
        units.mkdir()
        text = example("crawl@.service.in")
        text = re.sub(r"=\S*/bin/crawl\b", "=" + os.environ["CRAWL_BIN"], text).replace("man:crawl(1)", "https://example.org/")
        (units / "crawl@.service").write_text(text)
        (units / "crawl@.timer").write_text(example("crawl@.timer").replace("man:crawl(1)",
                                                                                         "https://example.org/"))
        ended = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", units / "crawl@news.service",
                                units / "crawl@news.timer"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))


if __name__ == "__main__":
    crawl_run.main()
