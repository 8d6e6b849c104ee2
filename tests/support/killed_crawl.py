# SPDX-License-Identifier: MIT
"""A crawl that is started again and again, what is done to it, and what must hold each time it has died: nothing
that was committed is lost, nothing is fetched twice, and no part of a page is there without the rest."""

import pathlib
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import closing

import crawl_run

# What is only ever added to.
KEPT = {
    "visits": "SELECT url_id, run_id, at, status, outcome, content_hash, bytes, change FROM visit",
    "URLs": "SELECT id, url, first_seen_at FROM url",
    "hosts": "SELECT id, name FROM host",
    "events": "SELECT id, run_id, at, kind, url FROM event",
    "runs": "SELECT id, started_at, pid FROM run",
    "seeds": "SELECT id, url FROM seed",
}
# A page and its links are there together.
WHOLE_PAGES = ("SELECT u.url, p.outcome, p.content_hash, p.title, length(c.text), length(c.zstd), "
               "(SELECT count(*) FROM link WHERE src_id = u.id) "
               "FROM page p JOIN url u ON u.id = p.url_id LEFT JOIN content c ON c.id = p.content_id")
# What a run has fetched is not fetched by a later one, before the next night.
SETTLED = ("SELECT url FROM url WHERE state = 'done' AND id IN (SELECT url_id FROM visit WHERE run_id > ?1) "
           "UNION ALL SELECT scheme || '://' || name || '/robots.txt' FROM robots_txt "
           "JOIN host ON host.id = host_id WHERE state <> 'unreachable'")


# What is done to fetchers, and how often. Other deaths than SIGKILL make their page a suspect.
HURTS = {signal.SIGKILL: 85, signal.SIGSEGV: 4, signal.SIGABRT: 3, signal.SIGTERM: 3, signal.SIGSTOP: 5}
if crawl_run.SANITIZED:  # they answer this one themselves, as if they had found something
    del HURTS[signal.SIGSEGV]
HURT_EVERY_S = 0.2 * crawl_run.PATIENCE


# ---- the crawl ---------------------------------------------------------------------------------


class KilledCrawl:
    """One crawl of a site, and what was seen of it between its deaths."""

    def __init__(self, case, site, chance):
        self.case, self.site, self.chance = case, site, chance
        self.place = crawl_run.Workplace()
        case.addClassCleanup(self.place.close)
        self.database = self.place.folder / "killed.db"
        self.undisturbed = self.place.folder / "undisturbed.db"
        self.options = site.options
        self.waits = []  # seconds from a start to its first request
        self.deaths = 0
        self._whole_pages = set()
        self._forget()

    def _forget(self):
        self.kept = {what: set() for what in KEPT}
        self.settled = set()
        self.nights_before = 0  # the last run of the night before
        self.complete = False
        self._mark = self.site.mark()

    def fresh(self):
        """Another crawl of the same site from the beginning."""
        for path in self.place.folder.glob("killed.db*"):
            path.unlink()
        self._forget()

    def command(self, database, *options):
        return ["-d", database, "-q", "--no-progress", *options, *self.site.seeds]

    def crawl_undisturbed(self):
        ended = self.place.run(*self.command(self.undisturbed, *self.site.options, *self.fast()))
        self.case.assertEqual(ended.code, 0, ended.stderr)
        self._whole_pages |= set(crawl_run.query(self.undisturbed, WHOLE_PAGES))

    def fast(self):
        """Without its pauses; the order stays, where it is compared."""
        return ["--delay", "0"] if self.site.compared is crawl_run.COMPARED else ["--delay", "1ms"]

    def start(self, *options, environment=None):
        self._started = self.site.mark()
        command = self.command(self.database, *self.options, *options)
        return self.place.start(*command, environment=environment)

    def asked(self):
        """(moment, URL) of what the latest run has asked for."""
        return self.site.since(self._started)

    def died(self, run):
        """To be called when `run` is over, however it ended: what must hold then."""
        self.deaths += 1
        if first := min((moment for moment, _ in self.asked()), default=None):
            self.waits.append(max(0.0, first - run.started))
        again = {url for _, url in self.site.since(self._mark)} & self.settled
        self.case.assertEqual(sorted(again)[:5], [], "asked for again, and it was committed")
        copy = self._copy()
        self._mark = self.site.mark()
        with closing(sqlite3.connect(copy)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'versions'").fetchall():
                self.case.assertFalse(any(self.kept.values()), "there was a database")
                return
            self._check(database)

    def _copy(self):
        """The files as they lie, so that reading mends nothing for the run that follows."""
        copy = self.place.folder / "copy.db"
        for suffix in ("", "-wal", "-journal"):
            source, target = pathlib.Path(f"{self.database}{suffix}"), pathlib.Path(f"{copy}{suffix}")
            target.unlink(missing_ok=True)
            if source.exists():
                shutil.copyfile(source, target)
        return copy

    def _check(self, database):
        assert_equal = self.case.assertEqual
        assert_equal(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        for what, sql in KEPT.items():
            rows = set(database.execute(sql))
            assert_equal(sorted(self.kept[what] - rows)[:5], [], f"lost: {what}")
            self.kept[what] = rows
        for what, sql in crawl_run.PROMISES.items():
            assert_equal(database.execute(sql).fetchmany(5), [], what)
        halves = set(database.execute(WHOLE_PAGES)) - self._whole_pages
        assert_equal(sorted(halves, key=repr)[:3], [], "pages as the undisturbed crawl never had them")
        self.settled = {url for url, in database.execute(SETTLED, [self.nights_before])}
        self.complete, = database.execute(
            "SELECT EXISTS (SELECT 1 FROM visit WHERE run_id > ?1) AND "
            "NOT EXISTS (SELECT 1 FROM url WHERE state = 'pending')", [self.nights_before]).fetchone()

    def look_while_it_runs(self):
        """What any reader can see now must be there when the crawl has died."""
        try:
            self.kept["visits"] |= set(crawl_run.query(self.database, KEPT["visits"]))
        except sqlite3.Error:  # no database yet, or one without a schema
            pass

    def finish(self):
        """The rest of the crawl, which nobody disturbs; its database equals that of the other one."""
        if not self.complete:
            run = self.start(*self.fast())
            ended = run.wait()
            self.case.assertEqual(ended.code, 0, ended.stderr)
            self.died(run)
        self.case.assertTrue(self.complete)
        self.case.check_promises(complete=False, database=self.database)
        self.case.check_promises(database=self.undisturbed)
        self.case.check_same(self.undisturbed, self.database, self.site.compared)

    def next_night(self, night):
        self.site.set_night(night)
        self.nights_before = max(run for run, *_ in self.kept["runs"])
        self.settled = set()
        self.complete = False


# ---- what is done to it --------------------------------------------------------------------------


def pause(seconds):
    threading.Event().wait(seconds)  # never set: a clock, not a wait for something


def wait_for_work(crawl, run):
    crawl_run.wait_for(lambda: crawl.asked() or not run.alive(), "a request")


def kill_again_and_again(crawl, kills, kill):
    """Until it has been killed often enough, or is complete: a run after that would be the next night's."""
    while kills > 0 and not crawl.complete:
        kill(crawl)
        kills -= 1


def kill_coordinator(crawl):
    """kill -9 at a moment of one of these kinds."""
    run = crawl.start()
    kind, = crawl.chance.choices(["birth", "work", "write", "stop"], [2, 4, 3, 1])
    if kind == "birth":
        pause(crawl.chance.uniform(0, 0.2))
    else:
        wait_for_work(crawl, run)
        pause(crawl.chance.uniform(0, 0.4))
    if kind == "write":
        wait_for_write(crawl, run)
        pause(crawl.chance.uniform(0, 0.003))
    elif kind == "stop":
        run.send(crawl.chance.choice(list(crawl_run.STOPPED)))
        pause(crawl.chance.uniform(0, 0.1))
    if crawl.chance.random() < 0.3:
        crawl.look_while_it_runs()
    run.kill()
    crawl.died(run)


def wait_for_write(crawl, run):
    """Until the log of the database has just been written to."""
    log = pathlib.Path(f"{crawl.database}-wal")

    def state():
        try:
            status = log.stat()
        except FileNotFoundError:
            return None
        return status.st_size, status.st_mtime_ns

    before = state()
    end = time.monotonic() + 1
    while state() == before and run.alive() and time.monotonic() < end:
        pause(0.0005)


def hurt_fetchers(run, chance, over):
    """One of them every 200 ms, until `over`, an Event, is set or the run has ended. The ids of those that must
    have died of it."""
    dead, stopped = set(), []
    while not over.wait(HURT_EVERY_S) and run.alive():
        fetchers = run.fetchers()
        if not fetchers:
            continue
        victim = chance.choice(fetchers)
        number, = chance.choices(list(HURTS), HURTS.values())
        if number == signal.SIGSTOP:
            stopped.append(victim)
        if victim.kill(number) and number == signal.SIGKILL:
            dead.add(victim.pid)
        if stopped and chance.random() < 0.2:  # the others are the watchdog's
            stopped.pop().kill(signal.SIGCONT)
    return dead
