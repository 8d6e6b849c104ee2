#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every allocation, SQLite call and system call of the coordinator fails, once, and from there on. Each time
the run ends, says why where it does not go on, leaves no fetcher, no file and no descriptor behind, and the
same command again ends with what an undisturbed run stores."""

import collections
import concurrent.futures
import ctypes
import dataclasses
import errno
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import faults
from scripted_server import ScriptedServer, links, page, redirect, reply, sitemap

DEADLINE_S = 150  # of a run of half a second
AT_ONCE = crawl_run.scaled(2, 3)
PACE = ["--delay", "0", "--retry-wait", "10ms", "-f", "2"]

# What each may say, by the manual pages and the documentation of SQLite, where nothing is wrong with the
# arguments. "child.": between fork and exec.
DESCRIPTORS = "EMFILE ENFILE ENOMEM"
SQLITE = "SQLITE_NOMEM SQLITE_IOERR SQLITE_FULL SQLITE_BUSY SQLITE_CORRUPT"
MAY_FAIL = {
    "open": f"{DESCRIPTORS} EACCES EIO EINTR", "open64": f"{DESCRIPTORS} EACCES EIO EROFS ENOSPC EINTR",
    "fopen": f"{DESCRIPTORS} EACCES EIO EINTR", "fopen64": f"{DESCRIPTORS} EACCES EIO EINTR",
    "stat": "EACCES EIO ENOMEM", "stat64": "EACCES EIO ENOMEM",
    "lstat": "EACCES EIO ENOMEM", "lstat64": "EACCES EIO ENOMEM",
    "fstat": "EIO ENOMEM", "fstat64": "EIO ENOMEM", "access": "EACCES EIO ENOMEM",
    "faccessat": "EACCES EIO ENOMEM", "realpath": "EACCES EIO ENOMEM", "__realpath_chk": "EACCES EIO ENOMEM",
    "readlink": "EACCES EIO ENOMEM", "getcwd": "EACCES ENOMEM", "statvfs": "EIO EINTR ENOMEM",
    "unlink": "EACCES EIO EBUSY EROFS", "ftruncate": "EIO ENOSPC EINTR", "ftruncate64": "EIO ENOSPC EINTR",
    "fsync": "EIO ENOSPC EDQUOT", "fdatasync": "EIO ENOSPC EDQUOT", "fchmod": "EPERM EIO",
    "fchown": "EPERM EIO", "fcntl@.lock": "ENOLCK EINTR", "fcntl@memfd:": "EBUSY EPERM", "fcntl64": "ENOLCK EACCES EIO EINTR",
    "read@pipe:": "EIO EINTR ENOMEM short", "read@/": "EIO EINTR short", "__read_chk": "EIO EINTR short", "pread": "EIO EINTR short",
    "pread64": "EIO EINTR short", "write@pipe:": "EINTR EAGAIN EPIPE short",
    "write@(deleted)": "EIO ENOSPC EINTR EAGAIN short", "pwrite": "EIO ENOSPC EINTR",
    "pwrite64": "EIO ENOSPC EDQUOT EFBIG EINTR short", "writev": "EAGAIN EINTR EPIPE short", "close": "EIO EINTR",
    "malloc": "ENOMEM", "calloc": "ENOMEM", "realloc": "ENOMEM", "aligned_alloc": "ENOMEM",
    "mmap": "ENOMEM EAGAIN", "mmap64": "ENOMEM EAGAIN", "mremap": "ENOMEM", "memfd_create": DESCRIPTORS,
    "pipe2": DESCRIPTORS, "eventfd": DESCRIPTORS, "signalfd": DESCRIPTORS, "epoll_create1": DESCRIPTORS,
    "epoll_ctl": "ENOMEM ENOSPC", "epoll_wait": "EINTR", "poll": "EINTR ENOMEM", "ioctl": "EINTR ENOMEM",
    "openat": f"{DESCRIPTORS} EACCES", "mkdtemp": "EACCES ENOSPC EROFS", "rmdir": "EACCES EBUSY",
    "socket": f"{DESCRIPTORS} EACCES", "bind": "EADDRINUSE EACCES", "listen": "EADDRINUSE", "getsockname": "ENOBUFS",
    "accept4": f"{DESCRIPTORS} ECONNABORTED EINTR", "recv": "EINTR ECONNRESET short", "send": "EINTR EPIPE short",
    "getsockopt": "ENOBUFS", "connect": "EADDRNOTAVAIL ENOBUFS EINTR", "fork": "EAGAIN ENOMEM",
    "pthread_create": "EAGAIN", "waitid": "EINTR ECHILD", "waitpid": "EINTR", "process_vm_readv": "ENOMEM EPERM",
    "sched_getaffinity": "EPERM EINVAL", "getrandom": "EINTR ENOSYS short", "nanosleep": "EINTR",
    "pidfd_open": DESCRIPTORS, "pidfd_getfd": f"{DESCRIPTORS} EPERM", "pidfd_send_signal": "EPERM ESRCH",
    "seccomp": "ENOSYS EPERM", "capget": "EPERM",
    "child.prctl": "EPERM", "child.fcntl": "EMFILE", "child.dup2": "EMFILE EINTR", "child.dup3": "EMFILE EINTR",
    "child.close_range": "ENOSYS ENOMEM", "child.execveat": f"{DESCRIPTORS} EACCES EAGAIN E2BIG ETXTBSY ENOEXEC EIO",
    "sqlite3_open_v2": f"{SQLITE} SQLITE_CANTOPEN SQLITE_READONLY",
    "sqlite3_prepare_v2": SQLITE, "sqlite3_prepare_v3": SQLITE, "sqlite3_exec": f"{SQLITE} SQLITE_READONLY",
    "sqlite3_step": f"{SQLITE} SQLITE_READONLY SQLITE_INTERRUPT SQLITE_CANTOPEN SQLITE_LOCKED",
    "sqlite3_wal_checkpoint_v2": SQLITE,
    "sqlite3_bind_int64": "SQLITE_NOMEM", "sqlite3_bind_null": "SQLITE_NOMEM", "sqlite3_bind_text64": "SQLITE_NOMEM",
    "sqlite3_bind_blob64": "SQLITE_NOMEM", "sqlite3_column_text": "SQLITE_NOMEM", "sqlite3_column_blob": "SQLITE_NOMEM",
}
# Said again and again, these would be another kernel, or looked like a network that is down.
ONLY_ONCE = {"poll", "openat", "write@(deleted)", "pidfd_getfd", "process_vm_readv", "accept4", "recv", "send", "EINTR", "EPIPE", "short", "connect", "getsockopt", "ioctl"}
# From there on, these are waited for: 15 s for what is short, 30 s for a lock.
SLOW = {"fcntl64", "fork", "memfd_create", "pipe2", "eventfd", "epoll_create1", "epoll_ctl", "pidfd_open", "pidfd_getfd",
        "pthread_create", "open", "fopen64", "mmap", "ftruncate", "process_vm_readv"}
# Nothing wrong with them: the interposer counts them, and they cannot fail.
NEVER_FAIL = {"sqlite3_errcode", "sqlite3_extended_errcode", "sqlite3_errmsg", "read", "write", "fcntl", "sqlite3_close_v2", "clock_gettime", "sigaction", "munmap", "prctl", "setsid", "kill", "sqlite3_db_config", "syscall"}

COMPARED = {
    "urls": "SELECT url, state, outcome, reason FROM urls",
    "pages": "SELECT url, status, outcome, content_type, title, text, bytes, "
             "CASE WHEN url NOT LIKE '%map.xml' THEN content_hash END FROM pages",
    "links": "SELECT src, seq, dst, kind, rel, anchor FROM links",
}
COMMANDS = [
    ("status", "-d", "{db}"), ("status", "--json", "-d", "{db}"), ("why", "-d", "{db}", "{url}"),
    ("cat", "-d", "{db}", "{url}"), ("check", "-d", "{db}"), ("url", "http://B\u00dcCHER.example/%7e"),
    ("robots", "{robots}", "/x/y"), ("parse", "{page}"), ("demo", "-q", "-f", "1"),
]
# docs/promises.md. 64, 65, 75: nothing that fails makes a command, seeds or a second run of it.
MAY_END_WITH = {0, 66, 70, 73, 74, 78}
UNTOUCHED = {66, 73, 78}
REASONS = {
    "SQLITE_NOMEM": ["out of memory"], "SQLITE_IOERR": ["disk I/O error"], "SQLITE_FULL": ["is full"],
    "SQLITE_BUSY": ["is locked"], "SQLITE_LOCKED": ["is locked"], "SQLITE_CORRUPT": ["malformed"],
    "SQLITE_READONLY": ["readonly", "file is not writable"], "SQLITE_CANTOPEN": ["unable to open"],
    "SQLITE_INTERRUPT": ["interrupted"],
}
# How SQLite puts what the system has told it.
OF_SQLITE = ["disk I/O error", "is full", "unable to open database file", "locking protocol", "readonly database",
             "file is not writable", "out of memory", "is locked", "is not a database", "malformed"]


def site():
    return {
        "/robots.txt": lambda request: reply(
            200, f"User-agent: *\nDisallow: /hidden\nSitemap: http://{request.headers['host']}/map.xml\n",
            "text/plain"),
        "/map.xml": lambda request: reply(
            200, sitemap(f"http://{request.headers['host']}/island"), "application/xml"),
        "/": links("/a", "/b", "/moved", "/shaky", "/none", "/hidden/x", "http://b\u00fccher.example/"),
        "/a": page("the first page " * 200, "A"), "/b": links("/a", "/c"), "/c": page("c" * 30_000),
        "/moved": redirect("/a"), "/shaky": [reply(500), page("steady now")], "/island": page("unlinked"),
    }


@dataclasses.dataclass(frozen=True)
class Fault:
    function: str
    nth: int
    error: str  # an errno, a SQLITE_ code, or "short"
    on_and_on: bool = False

    def __str__(self):
        return f"{self.function}:{self.nth}:{self.error}{'...' if self.on_and_on else ''}"


class Torture(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        # Orphans come to this process, and can be seen.
        self.assertEqual(ctypes.CDLL(None).prctl(36, 1, 0, 0, 0), 0)
        self.random = crawl_run.seeded_random()
        self.pids = set()
        self.brief = crawl_run.scaled(True, False)
        self.lock = threading.Lock()
        self.ends = collections.defaultdict(collections.Counter)
        with Sample(self, None) as undisturbed:
            ended = undisturbed.crawl()
            self.assertEqual(ended.code, 0, ended.stderr)
            self.reference = undisturbed.stored()
            self.calls = undisturbed.report().calls

    def test_a_crawl(self):
        self.known(self.calls)
        every = [fault for function in MAY_FAIL for fault in self.faults_of(function, self.calls[function])]
        self.go_through(Sample, self.chosen(every, crawl_run.scaled(24, 3000)))

    def test_the_other_commands(self):
        every = []
        for command in COMMANDS:
            with Command(self, command, None) as undisturbed:
                ended = undisturbed.run()
                self.assertEqual(ended.code, 0, (command, ended.stderr))
                self.known(undisturbed.report().calls)
                every += [(command, fault) for function in MAY_FAIL
                          for fault in self.faults_of(function, undisturbed.report().calls[function], few=True)]
        self.go_through(lambda torture, chosen: Command(torture, *chosen),
                        self.chosen(every, crawl_run.scaled(12, 600)))

    def known(self, calls):
        unknown = set(calls) - set(MAY_FAIL) - NEVER_FAIL
        self.assertEqual(unknown, set(), "how can these fail?")

    def chosen(self, every, count):
        """CRAWL_TORTURE=FUNCTION:N:ERROR[...],…: these of a crawl, and no others."""
        wanted = os.environ.get("CRAWL_TORTURE")
        if wanted:
            faults_wanted = [Fault(function, int(nth), error.removesuffix("..."), error.endswith("..."))
                             for function, nth, error in (each.split(":") for each in wanted.split(","))]
            return faults_wanted if isinstance(every[0], Fault) else []
        self.random.shuffle(every)
        return every[:count]

    def go_through(self, sample, plan):
        print(f"{len(plan)} faults", flush=True)
        begun, failed = time.monotonic(), []
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for what, trouble in pool.map(lambda what: self.attempt(sample, what), plan):
                if trouble:
                    failed.append(f"{what}: {trouble}")
                    print(f"FAILED {failed[-1]}", flush=True)
        print(f"{len(plan)} faults in {time.monotonic() - begun:.0f} s; what came of them:", flush=True)
        for kind, ends in sorted(self.ends.items()):
            print(f"  {kind}: {dict(sorted(ends.items()))}", flush=True)
        self.assertEqual(failed, [], f"{len(failed)} of {len(plan)}")

    def attempt(self, sample, what):
        try:
            with sample(self, what) as one:
                one.suffer()
        except Exception as trouble:  # pylint: disable=broad-except
            return what, f"{type(trouble).__name__}: {trouble}"
        return what, None

    def faults_of(self, function, count, few=False):
        """All calls of what is seldom called, and many of the rest."""
        first, more = (3, 3) if few else (200, 300) if function == "malloc" else (12, 24)
        for nth in self.numbers(count, first, more):
            for error in MAY_FAIL[function].split():
                yield Fault(function, nth, error)
                slow = function in SLOW or function.startswith("child.") or error == "SQLITE_BUSY"
                if not {error, function} & ONLY_ONCE and not (slow and self.brief):
                    yield Fault(function, nth, error, on_and_on=True)

    def numbers(self, count, first, more):
        rest = range(first + 1, count + 1)
        return [*range(1, min(count, first) + 1), *self.random.sample(rest, min(len(rest), more))]


class Sample:
    """One fault, in a folder of its own and with a server of its own."""

    def __init__(self, torture, fault):
        self.torture, self.fault = torture, fault

    def __enter__(self):
        self.place = crawl_run.Workplace()
        self.server = ScriptedServer(site())
        self.seeds = self.place.write("seeds.txt", self.server.url() + "\n")
        self.reported = self.place.folder / "report"
        return self

    def __exit__(self, *_):
        self.server.close()
        self.place.close()

    def report(self):
        report = faults.Report(self.reported)
        for name in MAY_FAIL:
            if not name.isidentifier():
                report.calls[name] = report.seen[f"{name}:0:count"]
        return report

    def crawl(self, fault=None):
        counted = [f"{name}:0:count" for name in MAY_FAIL if not name.isidentifier()]
        specs = [str(fault)] if fault else counted
        environment = {**faults.environment(*specs, report=self.reported), "TMPDIR": str(self.place.folder)}
        return self.ended(["-d", self.place.database, "--no-progress", *PACE, self.seeds],
                          environment if fault or not self.fault else None)

    def ended(self, arguments, environment):
        run = self.place.start(*arguments, environment=environment)
        with self.torture.lock:
            self.torture.pids.add(run.pid)
        ended = run.wait(DEADLINE_S)
        self.no_fetcher_is_left()
        return ended

    def suffer(self):
        ended = self.crawl(self.fault)
        report = self.report()
        survived = ended.code == 0
        self.note(ended, report)
        self.check_end(ended, report)
        self.check_files(ended)
        if survived:
            self.check(self.stored() == self.torture.reference, "exit 0, and not all is there",
                       self.difference(), ended.stderr)
        if not survived:
            again = self.crawl()
            self.check(again.code == 0, "run again", again.code, again.stderr)
            self.check(self.stored() == self.torture.reference, "run again, and not all is there",
                       self.difference(), ended.stderr, again.stderr)
        broken = {what: rows for what, sql in {**crawl_run.PROMISES, **crawl_run.WHEN_COMPLETE}.items()
                  if (rows := self.place.query(sql)[:3])}
        broken.pop("a run that has not ended", None)
        self.check(not broken, broken, ended.stderr)
        self.check(self.place.query("PRAGMA integrity_check") == [("ok",)], "integrity_check")

    def note(self, ended, report):
        kind = f"{self.fault.function} {'from there on' if self.fault.on_and_on else 'once'}"
        end = f"exit {ended.code}" if report.fired else "not reached"
        with self.torture.lock:
            self.torture.ends[kind][end] += 1

    def check(self, true, *what):
        if not true:
            raise AssertionError(" | ".join(map(str, what)))

    def check_end(self, ended, report):
        self.check(ended.code in MAY_END_WITH, f"exit {ended.code}", ended.stderr)
        self.check("bug" not in ended.stderr and "terminate" not in ended.stderr, ended.stderr)
        mute = self.fault.function == "write@(deleted)" and self.fault.on_and_on  # stdout and stderr
        if ended.code != 0 and not mute:
            said = [line for line in ended.stderr.splitlines() if re.search("error: |^crawl: ", line)]
            self.check(any(reason in line for line in said for reason in self.reasons()),
                       f"exit {ended.code} without the reason", ended.stderr)
        if report.open:  # not where the process was ended from within
            left = {fd: target for fd, target in report.open.items() if fd > 2}
            self.check(not left, f"open at the end: {left}")

    def reasons(self):
        error = self.fault.error
        if error in REASONS:
            return REASONS[error]
        if error == "EACCES" and self.fault.function == "faccessat":
            return ["is not executable", "is not writable", os.strerror(errno.EACCES)]
        number = errno.EIO if error == "short" else getattr(errno, error, 0)
        # A thread that has no memory for itself is one that cannot be had now.
        return [os.strerror(number), os.strerror(errno.EAGAIN), *OF_SQLITE]

    def check_files(self, ended):
        there = {path.name for path in self.place.folder.iterdir()} - {"seeds.txt", "report"}
        if ended.code in UNTOUCHED and self.fault.error != "SQLITE_CORRUPT":
            # The lock is taken first, and one that cannot be judged is left alone.
            self.check(there <= {"crawl.db.lock"}, f"exit {ended.code} and {there}", ended.stderr)
        usual = {"crawl.db", "crawl.db-wal", "crawl.db-shm", "crawl.db.lock", "crawl.db-journal"}
        closing = ("unlink", "stat", "close", "fcntl", "sqlite3_wal", "sqlite3_close")
        if ended.code == 0 and not any(name in self.fault.function for name in closing):
            usual = {"crawl.db"}
        self.check(there <= usual, f"left behind: {there - usual}", ended.stderr)

    def stored(self):
        port = f":{self.server.port}"
        return {what: sorted((tuple(value.replace(port, "") if isinstance(value, str) else value
                                    for value in row) for row in self.place.query(sql)), key=repr)
                for what, sql in COMPARED.items()}

    def difference(self):
        stored, reference = self.stored(), self.torture.reference
        return {what: ("missing", [row[:4] for row in reference[what] if row not in stored[what]][:3],
                       "more", [row[:4] for row in stored[what] if row not in reference[what]][:3])
                for what in stored if stored[what] != reference[what]}

    def no_fetcher_is_left(self):
        def orphans():
            with self.torture.lock:
                known = set(self.torture.pids)
            return [each for each in crawl_run.children(os.getpid()) if each.pid not in known]
        crawl_run.wait_for(lambda: not orphans(), "the fetchers are gone", 30)


class Command(Sample):
    """A fault in another command, which reads what a crawl has stored, or starts a fetcher of its own."""

    def __init__(self, torture, command, fault):
        super().__init__(torture, fault)
        self.command = command

    def run(self, *specs):
        if "{db}" in self.command:
            self.check(self.crawl().code == 0, "a crawl")
            self.reported.unlink(missing_ok=True)
        names = {"{db}": self.place.database, "{url}": self.server.url(),
                 "{page}": self.place.write("page.html", "<a href=/x>x</a>" * 2000),
                 "{robots}": self.place.write("robots.txt", "User-agent: *\nDisallow: /x\n")}
        counted = [f"{name}:0:count" for name in MAY_FAIL if not name.isidentifier()]
        environment = faults.environment(*(specs or counted), report=self.reported)
        environment["TMPDIR"] = str(self.place.folder)
        return self.ended([names.get(word, word) for word in self.command], environment)

    def suffer(self):
        fault, self.fault = self.fault, None  # the crawl that comes first has none
        try:
            ended = self.run(str(fault))
        finally:
            self.fault = fault
        report = self.report()
        self.note(ended, report)
        self.check_end(ended, report)
        if "{db}" in self.command:
            self.check(self.stored() == self.torture.reference, "changed", self.difference(), ended.stderr)
        there = {path.name for path in self.place.folder.glob("crawl-demo-*")}
        self.check(not there or ended.code == 74, f"left behind: {there}", ended.stderr)


if __name__ == "__main__":
    crawl_run.main(faults.needed)
