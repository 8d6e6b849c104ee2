#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs of one database, started within 10 ms of each other: exactly one crawls, each other one says who
does and leaves, and changes nothing. On a path where nothing is yet, on a finished database, on what a
killed run has left; under other spellings of its name; while the holder is killed, or just finishes."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from crawl_run import scaled
from scripted_server import ScriptedServer, links, page

BUSY = 75
ROUNDS = scaled(24, 1000)
APART_S = 0.010
LEAVES_WITHIN_S = 30  # by far; what it took is reported
OPTIONS = ["-f", "1", "--delay", "0", "--robots", "ignore", "--no-sitemaps", "--no-progress"]


class Gated:
    """A `crawl` that is ready to start, and starts when it is let go."""

    def __init__(self, folder, arguments):
        self._stderr = tempfile.TemporaryFile(dir=folder)
        command = ["sh", "-c", 'read -r go; exec "$@" </dev/null', "sh",
                   crawl_run.program("CRAWL_BIN"), *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._stderr, cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder)})
        self.pid = self.process.pid
        self.started = self.took = None

    def start(self):
        self.started = time.monotonic()
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def ended(self):
        """The exit code, or None; the time it took is kept."""
        code = self.process.poll()
        if code is not None and self.took is None:
            self.took = time.monotonic() - self.started
        return code

    def stderr(self):
        self._stderr.seek(0)
        return self._stderr.read().decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self._stderr.close()


class TwoStarts(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.random = crawl_run.seeded_random()
        self.released = threading.Event()
        self.addCleanup(self.released.set)
        self.server = ScriptedServer({"/": self.held, "/1": page("one")})
        self.addCleanup(self.server.close)
        self.left_after = []
        self.templates = {"fresh": None, "finished": self.finished_template(), "killed": self.killed_template()}

    def held(self, _request):
        self.released.wait()
        return links("/1")

    # ---- what lies there before

    def template(self, name):
        folder = self.place.folder / f"template-{name}"
        folder.mkdir()
        return folder

    def finished_template(self):
        folder = self.template("finished")
        self.released.set()
        ended = self.place.run("-d", folder / "crawl.db", *OPTIONS, self.server.url())
        self.assertEqual(ended.code, 0, ended.stderr)
        return folder

    def killed_template(self):
        """With its log, and a lock file that nobody holds."""
        folder = self.template("killed")
        self.released.clear()
        run = self.place.start("-d", folder / "crawl.db", *OPTIONS, self.server.url("/1"), self.server.url())
        crawl_run.wait_for(lambda: self.rows(folder, "page"), "a page is stored")
        run.kill()
        self.assertTrue((folder / "crawl.db.lock").exists())
        self.assertGreater((folder / "crawl.db-wal").stat().st_size, 0)
        return folder

    @contextlib.contextmanager
    def there(self, number, kind):
        """A folder of its own, as `kind` says."""
        folder = self.place.folder / f"round-{number}"
        if self.templates[kind] is None:
            folder.mkdir()
        else:
            shutil.copytree(self.templates[kind], folder)
        (folder / "x").mkdir()
        (folder / "here").symlink_to(".")
        if kind != "fresh":
            (folder / "link.db").symlink_to("crawl.db")
        self.round = []
        try:
            yield folder
        finally:
            for run in self.round:
                run.close()
            shutil.rmtree(folder)

    def spelling(self, folder, kind):
        names = ["crawl.db", "./crawl.db", "x/../crawl.db", "here/crawl.db", folder / "crawl.db",
                 f"../{folder.name}//crawl.db"]
        return self.random.choice(names if kind == "fresh" else [*names, "link.db", "here/link.db"])

    def gated(self, folder, kind, *options):
        run = Gated(folder, ["-d", self.spelling(folder, kind), *OPTIONS, *options, self.server.url()])
        self.round.append(run)
        return run

    def start_together(self, runs):
        order = self.random.sample(runs, len(runs))
        order[0].start()
        for run in order[1:]:
            self.random.choice([lambda: None, lambda: time.sleep(self.random.uniform(0, APART_S))])()
            run.start()

    # ---- what holds

    def rows(self, folder, table):
        """How many; 0 while the database is being made."""
        try:
            return crawl_run.query(folder / "crawl.db", f"SELECT count(*) FROM {table}")[0][0]
        except sqlite3.OperationalError:
            return 0

    def runs_of(self, folder):
        return crawl_run.query(folder / "crawl.db", "SELECT id, pid, end_reason FROM run ORDER BY id")

    def check_files(self, folder):
        """No lock and no log is left. To be looked at before anybody reads the database."""
        names = {path.name for path in folder.iterdir()} - {"x", "here", "link.db"}
        self.assertEqual(names, {"crawl.db"})

    def check_database(self, folder, runs):
        self.check_rows(folder)
        self.assertEqual(len(self.runs_of(folder)), runs)

    def check_rows(self, folder):
        for what, sql in {**crawl_run.PROMISES, **crawl_run.WHEN_COMPLETE}.items():
            self.assertEqual(crawl_run.query(folder / "crawl.db", sql)[:3], [], what)
        self.assertEqual(crawl_run.query(folder / "crawl.db", "PRAGMA integrity_check"), [("ok",)])

    def check_loser(self, run, winner):
        said = run.stderr()
        self.assertEqual(len(crawl_run.complaints(said)), 1, said)
        self.assertEqual(re.findall(r"PID (\d+)", said), [str(winner.pid)], said)
        self.left_after.append(run.took)

    # ---- the kinds of rounds

    def of_several_one_runs(self, folder, kind):
        before = len(self.runs_of(folder)) if kind != "fresh" else 0
        runs = [self.gated(folder, kind) for _ in range(self.random.choice([2, 2, 2, 3]))]
        self.released.clear()
        self.start_together(runs)
        crawl_run.wait_for(lambda: len([run for run in runs if run.ended() is None]) <= 1,
                           "all but one have left", LEAVES_WITHIN_S)
        winners = [run for run in runs if run.ended() is None]
        self.assertEqual(len(winners), 1, [(run.ended(), run.stderr()) for run in runs])
        # It may still be about to make the database; the others have left nothing in it.
        crawl_run.wait_for(lambda: self.rows(folder, "run") == before + 1, "the winner's run has begun")
        self.assertEqual(self.runs_of(folder)[-1], (before + 1, winners[0].pid, None))
        self.released.set()
        codes = sorted(run.process.wait(crawl_run.DEADLINE_S) for run in runs)
        self.assertEqual(codes, [0] + [BUSY] * (len(runs) - 1), [run.stderr() for run in runs])
        for run in runs:
            if run is not winners[0]:
                self.check_loser(run, winners[0])
        self.check_files(folder)
        self.check_database(folder, before + 1)

    def one_waits_for_the_other(self, folder, kind):
        before = len(self.runs_of(folder)) if kind != "fresh" else 0
        runs = [self.gated(folder, kind, "--lock-wait", "1m") for _ in range(2)]
        self.released.set()
        self.start_together(runs)
        codes = [run.process.wait(crawl_run.DEADLINE_S) for run in runs]
        self.assertEqual(codes, [0, 0], [run.stderr() for run in runs])
        self.check_files(folder)
        self.check_database(folder, before + 2)

    def the_holder_is_killed(self, folder, kind):
        before = len(self.runs_of(folder)) if kind != "fresh" else 0
        first, second = self.gated(folder, kind), self.gated(folder, kind)
        self.released.set()
        first.start()
        delay, other = self.random.uniform(0, 0.15), self.random.uniform(-APART_S, APART_S)
        time.sleep(max(0.0, delay))
        if other < 0:
            second.start()
            time.sleep(-other)
        first.process.send_signal(signal.SIGKILL)
        if other >= 0:
            time.sleep(other)
            second.start()
        codes = [run.process.wait(crawl_run.DEADLINE_S) for run in (first, second)]
        self.assertIn(tuple(codes), [(0, BUSY), (0, 0), (-signal.SIGKILL, BUSY), (-signal.SIGKILL, 0), (BUSY, 0)],
                      first.stderr() + second.stderr())
        # What the killed one has left keeps nobody out, and nothing is lost or half made.
        third = self.gated(folder, kind)
        third.start()
        self.assertEqual(third.process.wait(crawl_run.DEADLINE_S), 0, third.stderr())
        self.check_files(folder)
        self.check_rows_of_killed(folder, before)

    def check_rows_of_killed(self, folder, before):
        runs = self.runs_of(folder)
        self.assertGreater(len(runs), before)
        self.assertTrue(all(reason in ("done", "died") for _, _, reason in runs), runs)
        self.check_database(folder, len(runs))

    def the_holder_just_finishes(self, folder, kind):
        before = len(self.runs_of(folder)) if kind != "fresh" else 0
        first, second = self.gated(folder, kind), self.gated(folder, kind)
        self.released.set()
        first.start()
        time.sleep(self.random.uniform(0, 0.4))
        second.start()
        codes = [run.process.wait(crawl_run.DEADLINE_S) for run in (first, second)]
        self.assertIn(sorted(codes), ([0, 0], [0, BUSY]), first.stderr() + second.stderr())
        self.check_files(folder)
        self.check_database(folder, before + codes.count(0))

    def test_starts_within_10_ms(self):
        kinds = {}
        for number in range(ROUNDS):
            kind = self.random.choice(list(self.templates))
            act = self.random.choices(
                [self.of_several_one_runs, self.one_waits_for_the_other, self.the_holder_is_killed,
                 self.the_holder_just_finishes], [7, 1, 2, 2])[0]
            kinds[kind, act.__name__] = kinds.get((kind, act.__name__), 0) + 1
            with self.subTest(number=number, kind=kind, act=act.__name__), self.there(number, kind) as folder:
                act(folder, kind)
        took = sorted(self.left_after)
        print(f"{ROUNDS} rounds; {len(took)} starts left, after {statistics.median(took) * 1000:.0f} ms "
              f"(median), {took[int(len(took) * 0.99)] * 1000:.0f} ms (99 of 100), "
              f"{took[-1] * 1000:.0f} ms (longest)")
        for (kind, act), count in sorted(kinds.items()):
            print(f"  {kind}, {act}: {count}")

    def test_a_second_name_by_a_hard_link_is_refused(self):
        """Its log and its lock would lie beside the other name."""
        folder = self.place.folder / "names"
        shutil.copytree(self.templates["finished"], folder)
        os.link(folder / "crawl.db", folder / "other.db")
        before = (folder / "crawl.db").read_bytes()
        for name in ("crawl.db", "other.db"):
            ended = self.place.run("-d", folder / name, *OPTIONS, self.server.url())
            self.assertEqual(ended.code, 73, ended.stderr)
            self.assertIn("hard links", ended.stderr)
        self.assertEqual((folder / "crawl.db").read_bytes(), before)
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["crawl.db", "other.db"])


if __name__ == "__main__":
    crawl_run.main()
