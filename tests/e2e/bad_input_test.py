#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What cannot work: one clear line on stderr, the exit code of docs/promises.md, and nothing changed
on disk."""

import contextlib
import hashlib
import os
import pathlib
import re
import sqlite3
import stat
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page

USAGE, NO_SEEDS, NO_INPUT, UNREACHABLE, CANNOT_CREATE, BUSY, CONFIG = 64, 65, 66, 69, 73, 75, 78
NOBODY = 65534
GOOD = "http://127.0.0.1:82/\n"


def snapshot(folder):
    """Every file and folder: kind, rights, time of change, content."""
    state = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        # Reading changes no file; a folder's time tells of files that came and went.
        state[str(path)] = (info.st_mode, info.st_size, info.st_mtime_ns,
                            hashlib.sha256(content).hexdigest())
    return state, folder.stat().st_mtime_ns


class BadInput(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.seeds = self.place.write("seeds.txt", GOOD)

    def refused(self, code, *arguments, says, lines=1, user=None):
        """Refused with `code`, in `lines` lines of which one says `says`; nothing is changed."""
        folder = self.place.folder
        inputs = snapshot(folder)
        ended = self.place.run(*arguments, user=user)
        self.assertEqual((ended.code, ended.stdout), (code, ""), ended.stderr)
        self.assertEqual(len(crawl_run.complaints(ended.stderr)), lines, ended.stderr)
        self.assertTrue(ended.stderr.endswith("\n"))
        self.assertRegex(ended.stderr, says)
        after = snapshot(folder)
        self.assertEqual(inputs[0], after[0])
        return ended.stderr

    def run_with(self, *arguments):
        return ["-d", str(self.place.database), "--no-progress", *arguments]

    # ---- seeds

    def test_seeds_file_missing(self):
        self.refused(NO_INPUT, *self.run_with("./none.txt"), says="none.txt.*No such file")

    def test_seeds_file_unreadable(self):
        self.refused(NO_INPUT, *self.run_with(str(self.place.folder)), says="directory")

    def test_seeds_file_empty(self):
        for text in (b"", b"\n\n", b"# only a comment\n", b"\xef\xbb\xbf"):
            self.seeds.write_bytes(text)
            self.refused(NO_SEEDS, *self.run_with("seeds.txt"), says="no usable seed")
        self.refused(NO_SEEDS, *self.run_with("-"), says="no usable seed")

    def test_seeds_file_binary(self):
        for content in (pathlib.Path(crawl_run.program("CRAWL_BIN")).read_bytes()[:1 << 16],
                        os.urandom(512).replace(b"\n", b"\0") + b"\0"):
            self.seeds.write_bytes(content)
            self.refused(NO_SEEDS, *self.run_with("seeds.txt"), says="not a text file")
        self.seeds.write_bytes("http://127.0.0.1/\n".encode("utf-16"))
        self.refused(NO_SEEDS, *self.run_with("seeds.txt"), says="UTF-16|not a text file")

    def test_seeds_file_with_bad_lines_only(self):
        self.seeds.write_text("example.com\nftp://example.com/\n")
        message = self.refused(NO_SEEDS, *self.run_with("seeds.txt"), says="no usable seed", lines=3)
        self.assertRegex(message, r"seeds\.txt:1: no scheme: write https://example\.com/")
        self.assertRegex(message, r"seeds\.txt:2: only http and https")

    def test_strict_refuses_one_bad_line(self):
        self.seeds.write_text(GOOD + "example.com\n")
        self.refused(NO_SEEDS, *self.run_with("--strict", "seeds.txt"), says="--strict", lines=2)

    def test_a_bad_line_is_named_and_the_others_are_crawled(self):
        server = ScriptedServer({"/": page("x")})
        self.addCleanup(server.close)
        self.seeds.write_text(f"{server.url()} depth=x\nnonsense\n{server.url()} # fine\n")
        ended = self.crawl("seeds.txt")
        self.assertIn("seeds.txt:1: depth=x", ended.stderr)
        self.assertIn("seeds.txt:2: ", ended.stderr)
        self.assertEqual(self.urls(), {server.url(): "ok"})

    def test_a_bad_line_cannot_write_to_the_terminal(self):
        self.seeds.write_bytes(b"\x1b]0;owned\x07\nhttp://\xe2\x80\xae/\n")
        message = self.refused(NO_SEEDS, *self.run_with("seeds.txt"), says="no usable seed", lines=3)
        self.assertNotRegex(message, "[\x00-\x09\x0b-\x1f\x7f\u202e]")

    def test_no_seeds_at_all(self):
        self.refused(USAGE, *self.run_with(), says="no seeds")

    # ---- the database

    def test_database_is_a_directory(self):
        self.place.database.mkdir()
        self.refused(CANNOT_CREATE, *self.run_with("seeds.txt"), says="is a directory")

    def test_database_in_no_directory(self):
        self.refused(CANNOT_CREATE, "-d", "none/crawl.db", "seeds.txt", says="there is no directory")
        self.refused(CANNOT_CREATE, "-d", "seeds.txt/crawl.db", "seeds.txt", says="seeds.txt")

    def test_database_not_writable(self):
        self.place.run("-d", self.place.database, "-q", "--max-time", "1ms", "seeds.txt")
        (self.place.folder / "closed").mkdir()
        user = self.nobody()
        self.place.database.chmod(0o444)
        self.refused(CANNOT_CREATE, *self.run_with("seeds.txt"), says="is not writable", user=user)
        self.place.database.chmod(0o644)
        (self.place.folder / "closed").chmod(0o555)
        self.refused(CANNOT_CREATE, "-d", "closed/crawl.db", "seeds.txt", says="not writable", user=user)

    def nobody(self):
        """Somebody who may not write everything, who owns this test's files from here on."""
        if os.geteuid() != 0:
            return None
        for path in [self.place.folder, *self.place.folder.iterdir()]:
            os.chown(path, NOBODY, NOBODY)
        try:
            self.assertEqual(self.place.run("--version", user=NOBODY).code, 0)
        except PermissionError:
            self.skipTest("only root can run the program where it is, and root may write everything")
        return NOBODY

    def test_database_not_writable_by_its_place(self):
        # For root as well: /proc takes no files.
        self.refused(CANNOT_CREATE, "-d", "/proc/crawl.db", "seeds.txt", says="/proc")

    def test_not_a_database(self):
        self.place.database.write_text("these are the notes of somebody else\n" * 200)
        self.refused(CANNOT_CREATE, *self.run_with("seeds.txt"), says="is not a database")

    def test_a_device(self):
        self.refused(CANNOT_CREATE, "-d", "/dev/null", "seeds.txt", says="not a regular file")

    def test_database_of_another_program(self):
        with contextlib.closing(sqlite3.connect(self.place.database)) as other:
            other.executescript("CREATE TABLE notes (text); INSERT INTO notes VALUES ('x');")
        self.refused(CANNOT_CREATE, *self.run_with("seeds.txt"), says="another program")

    def test_database_from_a_newer_version(self):
        self.place.run("-d", self.place.database, "-q", "--max-time", "1ms", "seeds.txt")
        with contextlib.closing(sqlite3.connect(self.place.database)) as newer:
            newer.execute("PRAGMA user_version = 1000")
            newer.execute("PRAGMA journal_mode = DELETE")
        self.refused(CANNOT_CREATE, *self.run_with("seeds.txt"), says="newer crawl.*1000")

    def test_reading_a_database_that_is_not_there(self):
        for command in (["status"], ["check"], ["why", "http://a/"], ["cat", "http://a/"]):
            self.refused(NO_INPUT, *command, "-d", "none.db", says="none.db.*No such file")

    # ---- the fetcher

    def test_fetcher_missing(self):
        self.refused(NO_INPUT, *self.run_with("--fetcher", "/none/crawl-fetcher", "seeds.txt"),
                     says="/none/crawl-fetcher")

    def test_fetcher_not_executable(self):
        self.refused(CONFIG, *self.run_with("--fetcher", "seeds.txt", "seeds.txt"),
                     says="not executable")
        self.refused(CONFIG, *self.run_with("--fetcher", "/", "seeds.txt"), says="is not a file")

    def test_fetcher_of_another_version(self):
        # A program that knows nothing of the protocol, one that says something else, and no program.
        for text in ("#!/bin/sh\nexit 0\n", "#!/bin/sh\nprintf 'protocol 0\\n' >&3\nsleep 1\n",
                     "neither a script nor a program\n"):
            other = self.place.write("crawl-fetcher", text)
            other.chmod(0o755)
            self.refused(CONFIG, *self.run_with("--fetcher", "./crawl-fetcher", "seeds.txt"),
                         says="fetcher")

    # ---- the command line

    def test_unknown_options(self):
        self.refused(USAGE, *self.run_with("--dealy", "1s", "seeds.txt"),
                     says="unknown option --dealy; did you mean --delay")
        self.refused(USAGE, *self.run_with("--xyzzy", "seeds.txt"), says="unknown option --xyzzy")
        self.refused(USAGE, "statsu", says="did you mean status")

    def test_bad_values(self):
        for option, value, says in [
                ("--delay", "1", "is not a duration"), ("--delay", "soon", "is not a duration"),
                ("--delay", "-1s", "is not a duration"), ("--timeout", "0s", "between"),
                ("--max-size", "10 apples", "is not a size"), ("--depth", "-1", "whole number"),
                ("--depth", "9x", "whole number"), ("--scope", "hots", "did you mean host"),
                ("--robots", "maybe", "obey"), ("--include", "(", "regular expression"),
                ("--header", "no colon", "header line"), ("--proxy", "::", "proxy"),
                ("--ca-file", "none.pem", "none.pem"), ("--fetchers", "0", "whole number"),
                ("--log-format", "xml", "text, json"), ("--host-concurrency", "65", "more than --concurrency")]:
            with self.subTest(option=option, value=value):
                self.refused(USAGE, *self.run_with(f"{option}={value}", "seeds.txt"), says=says)

    def test_bad_configuration(self):
        self.place.write("crawl.toml", 'delay = "soon"\n')
        self.refused(CONFIG, *self.run_with("--config", "crawl.toml", "seeds.txt"),
                     says=r"crawl\.toml:1: .*duration")
        self.place.write("crawl.toml", "[[[\n")
        self.refused(CONFIG, *self.run_with("--config", "crawl.toml", "seeds.txt"), says="crawl.toml")
        self.refused(CONFIG, *self.run_with("--config", "none.toml", "seeds.txt"), says="none.toml")

    def test_no_seed_can_be_reached(self):
        closed = ScriptedServer()
        closed.close()
        ended = self.crawl("-q", "--retries", "0", closed.url(), code=UNREACHABLE)
        self.assertEqual(self.urls(), {closed.url(): "connect_failed"})
        self.assertEqual(ended.stdout, "")

    # ---- another run

    def test_the_database_is_in_use(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def wait(_request):
            release.wait()
            return page("x")

        server = ScriptedServer({"/": wait})
        self.addCleanup(server.close)
        first = self.place.start("-d", self.place.database, "-q", server.url())
        crawl_run.wait_for(lambda: server.asked("/"), "the first run is at work")
        before = self.place.query("SELECT * FROM runs"), self.place.query("SELECT * FROM urls")
        for name in (self.place.database, "crawl.db", "./crawl.db"):
            second = self.place.run("-d", name, "--no-progress", "seeds.txt")
            self.assertEqual(second.code, BUSY)
            self.assertEqual(len(crawl_run.complaints(second.stderr)), 1, second.stderr)
            self.assertIn(f"PID {first.pid}", second.stderr)
        self.assertEqual(before, (self.place.query("SELECT * FROM runs"),
                                  self.place.query("SELECT * FROM urls")))
        # Reading goes on meanwhile.
        self.assertEqual(self.place.run("status", "-d", self.place.database).code, 0)
        waiting = self.place.start("-d", self.place.database, "-q", "--lock-wait", "1m", server.url("/2"))
        release.set()
        self.assertEqual(first.wait().code, 0)
        self.assertEqual(waiting.wait().code, 0)
        self.check_promises()
        self.assertEqual(len(self.place.query("SELECT 1 FROM runs")), 2)

    def test_two_starts_at_once(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def wait(_request):
            release.wait()
            return links("/1")

        server = ScriptedServer({"/": wait, "/1": page("x")})
        self.addCleanup(server.close)
        for _ in range(5):
            release.clear()
            database = self.place.folder / f"{_}.db"
            runs = [self.place.start("-d", database, "--no-progress", "--delay", "0", server.url())
                    for _ in range(3)]
            crawl_run.wait_for(lambda: sum(run.alive() for run in runs) == 1, "one of the runs is left")
            release.set()
            ended = [run.wait() for run in runs]
            self.assertEqual(sorted(each.code for each in ended), [0, BUSY, BUSY])
            winner = next(run for run, each in zip(runs, ended) if each.code == 0)
            for each in ended:
                if each.code == BUSY:
                    self.assertEqual(re.findall(r"PID (\d+)", each.stderr), [str(winner.pid)])
            self.check_promises(database=database)
            self.assertEqual(len(self.place.query("SELECT 1 FROM runs", database=database)), 1)


if __name__ == "__main__":
    crawl_run.main()
