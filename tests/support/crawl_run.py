# SPDX-License-Identifier: MIT
"""What every end-to-end test needs: the programs under test, a folder of its own, runs of `crawl`
with their output, the database they leave, and the promises that hold after each of them."""

import contextlib
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PATIENCE = int(os.environ.get("CRAWL_TEST_PATIENCE", "1"))  # how much slower sanitizers make it all
DEADLINE_S = 90 * PATIENCE  # of whatever a test waits for; only a failing test gets there
STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}  # the exit codes of runs that were stopped
CORPUS_ROOTS = [os.environ.get("CRAWL_CORPORA_DIR", ""), "/"]


def skip_all(why):
    """Ends the whole file as skipped: what it needs is not on this machine."""
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def main(*needs):
    """Runs a file's tests. `needs`: functions that skip_all() where something is missing."""
    for need in needs:
        need()
    program("CRAWL_BIN")
    for number in STOPPED:  # a test in the background may ignore them; what it starts shall not
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    unittest.main(verbosity=2)


def program(variable):
    path = os.environ.get(variable, "")
    if not os.access(path, os.X_OK):
        sys.exit(f"the environment variable {variable} must name an executable, not {path!r}")
    return os.path.abspath(path)


def corpus(folder):
    """The pages of a documentation package, for example "postgresql-doc-15/html"."""
    for root in filter(None, CORPUS_ROOTS):
        path = pathlib.Path(root, "usr/share/doc", folder)
        if path.is_dir() and any(path.rglob("*.html")):
            return path
    return skip_all(f"/usr/share/doc/{folder} has no pages here (./bootstrap test installs them)")


def seeded_random():
    """Random, and repeatable: CRAWL_TEST_SEED chooses what happened before."""
    seed = int(os.environ.get("CRAWL_TEST_SEED", time.time_ns() % 1_000_000_007))
    print(f"CRAWL_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


def scaled(brief, full):
    """`brief` among the tests, `full` when tests/campaign runs it."""
    return full if os.environ.get("CRAWL_CAMPAIGN") == "full" else brief


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Waits until `condition()` is true, and gives its value back."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(0.002)


# ---- processes ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Process:
    """A process by its id and the moment of its birth: ids are used again."""
    pid: int
    born: int
    parent: int

    def alive(self):
        found = process(self.pid)
        return found is not None and found.born == self.born

    def kill(self, number=signal.SIGKILL):
        """Sends a signal, but never to another process that has got the id by now."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.alive():
                    signal.pidfd_send_signal(descriptor, number)
                    return True
            finally:
                os.close(descriptor)
        return False


def process(pid):
    """The process if it is there and no zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else Process(pid, int(fields[19]), int(fields[1]))


def children(pid):
    every = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [one for one in every if one is not None and one.parent == pid]


# ---- runs --------------------------------------------------------------------------------------


def complaints(stderr):
    """Its lines, without the one about what of the sandbox is not given here."""
    return [line for line in stderr.splitlines() if "warning: the fetchers' sandbox" not in line]


@dataclasses.dataclass
class Ended:
    code: int
    stdout: str
    stderr: str


class Running:
    """A `crawl` under way. Its output goes to files: a full pipe must not stop it."""

    def __init__(self, folder, arguments, stdin=b"", user=None, environment=None):
        self.started = time.time()
        self.command = [program("CRAWL_BIN"), *map(str, arguments)]
        self._files = [tempfile.TemporaryFile(dir=folder) for _ in range(3)]
        self._files[0].write(stdin)
        self._files[0].seek(0)
        clean = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        clean.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        clean.update(environment or {})
        self.process = subprocess.Popen(
            self.command, stdin=self._files[0], stdout=self._files[1], stderr=self._files[2],
            cwd=folder, env=clean, user=user,
            group=user, extra_groups=None if user is None else [])
        self.pid = self.process.pid

    def alive(self):
        return self.process.poll() is None

    def fetchers(self):
        return children(self.pid)

    def cpu_s(self):
        """Processor time of the coordinator so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, number):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, deadline_s=DEADLINE_S):
        try:
            code = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.command} did not end; stderr: {self._read(2)}") from None
        ended = Ended(code, self._read(1), self._read(2))
        self.close()
        return ended

    def kill(self):
        """SIGKILL, and everything that must be over then: the fetchers as well."""
        fetchers = self.fetchers()
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not any(one.alive() for one in fetchers), "the fetchers are gone", 20)
        self.close()

    def close(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        for file in self._files:
            file.close()

    def _read(self, index):
        self._files[index].seek(0)
        return self._files[index].read().decode("utf-8", "surrogateescape")


class Workplace:
    """A folder that is removed, and what was started in it is ended."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crawl-e2e-"))
        self.database = self.folder / "crawl.db"
        self._runs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for run in self._runs:
            run.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *arguments, stdin=b"", user=None, environment=None):
        """`environment`: variables beside the few that every run has."""
        self._runs.append(Running(self.folder, arguments, stdin, user, environment))
        return self._runs[-1]

    def run(self, *arguments, stdin=b"", user=None, environment=None):
        return self.start(*arguments, stdin=stdin, user=user, environment=environment).wait()

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def query(self, sql, *values, database=None):
        return query(database or self.database, sql, *values)


def query(database, sql, *values):
    """All rows, through a reader of its own, as any SQLite client would."""
    with contextlib.closing(
            sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(sql, values).fetchall()


# ---- what holds after every run ----------------------------------------------------------------

# docs/schema.md, "Skip reasons".
SKIP_REASONS = ("out_of_scope", "robots_denied", "depth_limit", "excluded", "nofollow", "trap", "budget",
                "scheme_refused", "url_too_long", "port_refused", "asset")
# docs/schema.md, "Outcomes"; a page that is not modified is an ok one here.
OUTCOMES = ("ok", "redirect", "http_error", "gone", "dns_failed", "connect_failed", "tls_failed", "timeout",
            "too_large", "incomplete", "decode_bomb", "headers_too_large", "protocol_error",
            "unsupported_type", "private_address", "port_refused", "redirect_limit",
            "robots_unreachable", "crashed_fetcher")

PROMISES = {
    "a URL twice": "SELECT url FROM urls GROUP BY url HAVING count(*) > 1",
    "a state of its own": "SELECT url, state FROM urls WHERE state NOT IN "
                          "('pending', 'done', 'skipped') OR state IS NULL",
    "done without an outcome": "SELECT url FROM urls WHERE state = 'done' AND outcome IS NULL",
    "an outcome, and not done": "SELECT url, state FROM urls WHERE state <> 'done' "
                                "AND outcome IS NOT NULL",
    "skipped without a reason": "SELECT url FROM urls WHERE state = 'skipped' "
                                "AND coalesce(reason, '') = ''",
    "skipped for no reason of the list": "SELECT url, reason FROM urls WHERE state = 'skipped' "
                                         f"AND reason NOT IN {SKIP_REASONS}",
    "done with no outcome of the list": "SELECT url, outcome FROM urls WHERE state = 'done' "
                                        f"AND outcome NOT IN {OUTCOMES}",
    "pending for a reason": "SELECT url, reason FROM urls WHERE state = 'pending' "
                            "AND reason IS NOT NULL",
    "done well for a reason": "SELECT url, reason FROM urls WHERE outcome = 'ok' "
                              "AND reason IS NOT NULL",
    "done badly for no reason": "SELECT url, outcome FROM urls WHERE state = 'done' AND outcome NOT IN "
                                "('ok', 'redirect') AND coalesce(reason, '') = ''",
    "a URL and its page disagree": "SELECT url, url.outcome, page.outcome FROM url JOIN page ON url_id = id "
                                   "WHERE state = 'done' AND url.outcome <> page.outcome "
                                   # The page is as it was when it could still be asked for.
                                   "AND url.outcome <> 'robots_unreachable'",
    "a page whose URL is not known": "SELECT url_id FROM page WHERE url_id NOT IN "
                                     "(SELECT id FROM url)",
    "a page of a URL that was skipped": "SELECT url FROM pages NATURAL JOIN "
                                        "(SELECT url FROM urls WHERE state = 'skipped')",
    "a URL that was found on an unknown page": "SELECT url FROM url WHERE via_id IS NOT NULL "
                                               "AND via_id NOT IN (SELECT id FROM url)",
    "a link from an unknown page": "SELECT src_id FROM link WHERE src_id NOT IN "
                                   "(SELECT url_id FROM page)",
    "a link to an unknown URL": "SELECT dst_id FROM link WHERE dst_id NOT IN (SELECT id FROM url)",
    "a visit of an unknown URL": "SELECT url_id FROM visit WHERE url_id NOT IN (SELECT id FROM url)",
    "two visits in a run": "SELECT url, run FROM visits WHERE outcome IN ('ok', 'not_modified', 'redirect', "
                           "'gone', 'too_large', 'unsupported_type') GROUP BY url, run HAVING count(*) > 1",
    "a page that was never visited": "SELECT url FROM pages WHERE url NOT IN "
                                     "(SELECT url FROM visits)",
    "content of nothing": "SELECT id FROM content WHERE id NOT IN "
                          "(SELECT content_id FROM page WHERE content_id IS NOT NULL UNION "
                          "SELECT content_id FROM visit WHERE content_id IS NOT NULL)",
}
# Sanitizers end a process with codes of their own. A fetcher's report cannot be read here: it may not write
# to files, and its stderr is one.
WHEN_SANITIZED = {
    "a fetcher that a sanitizer has ended": "SELECT pid, code, url FROM events WHERE "
                                            "kind = 'fetcher_exited' AND code IN (1, 23, 66)",
}
SANITIZED = any(name.endswith("SAN_OPTIONS") for name in os.environ)
WHEN_COMPLETE = {
    "still pending": "SELECT url FROM urls WHERE state = 'pending'",
    "a run that has not ended": "SELECT id FROM runs WHERE end_reason IS NULL",
}

# What two crawls of a site that stays as it is have in common: all but times, process ids, runs, and what
# depends on which of two pages came first.
COMPARED = {
    "urls": "SELECT url, state, outcome, reason, rule, role, tag, attempts FROM urls",
    "pages": "SELECT url, status, outcome, detail, content_type, charset, charset_source, document, title, "
             "description, lang, author, canonical, duplicate_of, redirect, text, main_text, text_bytes, bytes, "
             "content_hash, text_hash, simhash, parse_status, links_dropped, robots_directives, metadata, etag, "
             "last_modified, failures FROM pages",
    "links": "SELECT src, seq, dst, kind, rel, anchor FROM links",
    "contents": "SELECT refs, text, main_text, zstd FROM content",
    "visits": "SELECT url, status, outcome, content_hash, changed, bytes FROM visits",
    "changes": "SELECT url, change, text_changed FROM changes",
    "versions": "SELECT url, content_hash, bytes, text_changed, is_current, text FROM versions",
    "hosts": "SELECT host, robots_state, crawl_delay_ms, robots_rules, pages, errors FROM hosts",
    "robots": "SELECT host, scheme, state, rules, crawl_delay_ms FROM robots",
    "seeds": "SELECT url, depth, scope, tag FROM seed",
    "duplicates": "SELECT content_hash, copies, url FROM duplicates",
    "counters": "SELECT sum(pages), sum(bytes) FROM runs",
    "events": "SELECT kind, url, text FROM events WHERE kind IN ('robots', 'quarantined', 'host_given_up')",
}
# And where each host has one request at a time, and no page of one leads to another.
COMPARED_IN_ORDER = {
    **COMPARED,
    "found": "SELECT url, depth, via FROM urls",
    "near duplicates": "SELECT representative, url, distance FROM near_duplicates",
}


class EndToEnd(unittest.TestCase):
    """A test with a workplace of its own."""

    maxDiff = 4000
    sitemaps = False  # most sites here have none, and are not asked whether they do

    def setUp(self):
        self.place = Workplace()
        self.addCleanup(self.place.close)

    def begin(self, *arguments, stdin=b""):
        usual = ["-d", self.place.database, "--no-progress", *([] if self.sitemaps else ["--no-sitemaps"])]
        return self.place.start(*usual, *arguments, stdin=stdin)

    def finish(self, run, code=0, complete=True, deadline_s=DEADLINE_S):
        """Waits for the end, and checks what must hold after every run."""
        ended = run.wait(deadline_s)
        self.assertEqual(ended.code, code, ended.stderr)
        self.check_promises(complete)
        return ended

    def crawl(self, *arguments, code=0, complete=True, stdin=b""):
        return self.finish(self.begin(*arguments, stdin=stdin), code, complete)

    def check_promises(self, complete=True, database=None):
        promises = {**PROMISES, **(WHEN_SANITIZED if SANITIZED else {}), **(WHEN_COMPLETE if complete else {})}
        for what, sql in promises.items():
            self.assertEqual(self.place.query(sql, database=database)[:5], [], what)
        self.assertEqual(self.place.query("PRAGMA integrity_check", database=database), [("ok",)])
        checked = self.place.run("check", "-d", database or self.place.database)
        self.assertEqual(checked.code, 0, checked.stdout + checked.stderr)

    def check_same(self, expected, actual, compared=None):
        """Two databases tell the same."""
        for what, sql in (compared or COMPARED).items():
            rows = [sorted(query(database, sql), key=repr) for database in (expected, actual)]
            self.assertEqual(*rows, what)

    def urls(self, columns="outcome"):
        """{url: columns} of every URL that is known."""
        rows = self.place.query(f"SELECT url, {columns} FROM urls")
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}
