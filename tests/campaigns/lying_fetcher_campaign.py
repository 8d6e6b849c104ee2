#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fetcher that lies: over its pipe, in its shared memory, in every field of its results, from its birth.
The coordinator never crashes, hangs, grows or stores a row that the policy forbids: it kills, counts, and
goes on. tests/support/lying_fetcher.h tells who lies when."""

import collections
import json
import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from crawl_run import scaled

NONSENSE = "sent a control message that makes no sense, killed"
RULES = "sent a result that breaks the rules, killed"
FRAMING = "peer broke the framing, killed"
TALK = "talks without end, killed"
FROZEN = "no heartbeat|never answered"  # where the same fetcher lies about its pulse as well
INDEX = "ring: impossible producer index, killed"
SILENT_END = "closed its control channel, killed"
# By kind: what `events` says of the fetcher's end; None: the lie is borne, the page stored.
KINDS = {
    "garbage": f"{FRAMING}|{NONSENSE}",
    "frame_empty": FRAMING, "frame_huge": FRAMING, "frame_too_long": FRAMING,
    "frame_unfinished": "exited with code 5",
    "unknown_type": NONSENSE, "wake_long": NONSENSE, "log_cut": NONSENSE, "log_long": NONSENSE,
    "downward": NONSENSE, "job_upward": NONSENSE, "result_on_pipe": NONSENSE, "hello_again": NONSENSE,
    "ready_again": NONSENSE, "listener_late": NONSENSE, "mutated_control": f"{NONSENSE}|{FRAMING}",
    "wakes": TALK, "logs": TALK, "chatter": None, "hang_up": SILENT_END,
    "head_back": INDEX, "head_beyond": INDEX, "head_odd": INDEX, "head_far": INDEX,
    "head_storm": "ring: |" + RULES, "tail_storm": None,
    "length_zero": RULES, "length_huge": "ring: record beyond", "length_past": "ring: record beyond",
    "part_empty": "ring: part too small", "part_small": "ring: part too small",
    "parts_endless": "ring: message too long", "part_last": "exited with code 6",
    "record_half": "exited with code 6", "flags": None,
    "empty": RULES, "job_back": RULES, "wake_in_ring": RULES, "lease_none": RULES, "lease_far": RULES,
    "lease_other": RULES, "generation": RULES, "swapped": RULES, "robots_swapped": RULES,
    "robots_rules": RULES, "robots_away": RULES, "error_as_ok": RULES, "not_asked_304": RULES,
    "answer_of_silence": RULES, "content_of_silence": RULES, "private_address": RULES,
    "etag_lines": RULES, "sizes": RULES, "metadata": RULES, "not_canonical": RULES, "too_long": RULES,
    "stand_in": RULES, "many_links": RULES, "redirect_odd": RULES, "text_hash": RULES, "content_hash": None,
    "dates": None, "schemes": None, "frozen": FROZEN, "stopped": "no heartbeat", "pulse": None,
    "blame": "killed by SIGABRT", "leaves": "exited with code 0",
}
# Found out only when their jobs are long overdue.
SLOW_KINDS = {"silent": "never answered", "turn_away": "never answered"}
# Lies that may also be found out when the next page is answered: whatever becomes of them, all rows are lawful.
ANY_END = ["twice", "rewrite", "no_reason", "redirect_file", "redirect_private", "redirect_away",
           "redirect_self", "kills_itself", "giant"]
HONEST_HOSTS = 10
HONEST_PAGES = 11
HONEST = [f"http://honest-{number}.example/" for number in range(HONEST_HOSTS)]
EXTRA_PROMISES = {
    "a scheme that nobody asks for": "SELECT url, state FROM urls WHERE state <> 'skipped' "
                                     "AND url NOT LIKE 'http://%' AND url NOT LIKE 'https://%'",
    "out of scope": "SELECT url, state FROM urls WHERE state <> 'skipped' "
                    "AND url NOT GLOB 'http://*.example/*'",
    "a URL too long": "SELECT length(url) FROM urls WHERE length(CAST(url AS BLOB)) > 8192",
    "a text too long": "SELECT url FROM pages WHERE length(title) > 4096 OR length(description) > 16384 "
                       "OR length(lang) > 1024 OR length(charset) > 1024 OR length(content_type) > 1024",
    "a private address": "SELECT url, address FROM pages WHERE status > 0 AND address LIKE '10.%'",
    "nothing that SQL can read": "SELECT url FROM pages WHERE julianday(fetched_at) IS NULL",
}


class Watch(threading.Thread):
    """What a process has used, as long as it lived."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.cpu_s = 0.0
        self.peak_mib = 0
        self.start()

    def run(self):
        try:
            while True:
                with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
                    fields = file.read().rpartition(")")[2].split()
                self.cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                    peak = re.search(r"VmHWM:\s+(\d+)", file.read())
                if peak is None:
                    return
                self.peak_mib = int(peak[1]) // 1024
                time.sleep(0.02)
        except OSError:
            return


# What all fetchers but the first do from their birth: what `events` says of their end.
BIRTHS = {
    "version": NONSENSE, "hello_twice": NONSENSE, "hellos": NONSENSE, "ready_first": NONSENSE,
    "mute": "was not ready after", "never_ready": "was not ready after", "garbage_first": FRAMING,
    "ready_and_nonsense": NONSENSE, "ready_and_gone": "exited with code 0", "ready_bytes": NONSENSE,
    "result_early": RULES, "listener_none": "its connections cannot be decided",
    "listener_memory": "its connections cannot be decided", "listener_event": "no listener",
    "listener_twice": NONSENSE, "listener_stolen": ".",
}
# The same of all of them: the run ends, and says that it failed.
ALL_BORN = {"all_version": (78,), "all_mute": (78,), "all_garbage_first": (78,),
            "all_ready_and_nonsense": (0, 69, 70, 78), "all_ready_and_gone": (0, 69, 70, 78)}


class Trial:
    """A run with lies, and what is to hold after it. Trials may be under way at the same time."""

    def __init__(self, test, seeds, *arguments, fetcher="lying_fetcher", hook=""):
        self.place = crawl_run.Workplace()
        test.addCleanup(self.place.close)
        self.place.write("seeds.txt", "\n".join(seeds) + "\n")
        program = self.place.folder / fetcher
        shutil.copy(os.path.join(os.environ["CRAWL_TEST_PROGRAMS"], "lying_fetcher"), program)
        program.chmod(0o755)
        usual = ["--retries", "0", "--timeout", "1s", "--no-sitemaps", "-q", "--no-progress"]
        self.run = self.place.start(
            "-d", self.place.database, *usual, "--fetcher", program, "--test-hook",
            f"seed={test.random.randrange(1 << 30)};{hook}", *arguments,
            *([] if "--delay" in arguments else ["--delay", "0"]),
            *([] if "--watchdog" in arguments else ["--watchdog", f"{3 * crawl_run.PATIENCE}s"]),
            self.place.folder / "seeds.txt")
        self.watch = Watch(self.run.pid)

    def wait(self):
        ended = self.run.wait(scaled(120, 3600))
        self.watch.join()
        return ended

    def deaths(self):
        """{host blamed: [causes]}"""
        found = collections.defaultdict(list)
        for url, text in self.place.query(
                "SELECT url, text FROM events WHERE kind = 'fetcher_exited' ORDER BY at"):
            found[(url or "nobody").removeprefix("http://").partition("/")[0]].append(text)
        return found


class LyingFetcher(crawl_run.EndToEnd):
    def setUp(self):
        self.random = crawl_run.seeded_random()

    def finish_trial(self, trial, complete=True, honest=True):
        ended = trial.wait()
        self.assertEqual(ended.code, 0, ended.stderr)
        self.place = trial.place
        self.check_promises(complete)
        self.check_rows()
        if honest:
            self.check_honest()
        print(f"  coordinator: {trial.watch.cpu_s:.1f} s CPU, {trial.watch.peak_mib} MiB", flush=True)

    def check_rows(self):
        for what, sql in EXTRA_PROMISES.items():
            self.assertEqual(self.place.query(sql)[:5], [], what)
        urls = [row[0] for row in self.place.query(
            "SELECT url FROM urls WHERE reason IS NOT 'url_too_long'")]
        asked = "".join(json.dumps({"input": url}) + "\n" for url in urls)
        told = self.place.run("url", "--jsonl", stdin=asked.encode()).stdout.splitlines()
        self.assertEqual([json.loads(line).get("href") for line in told], urls, "every URL is canonical")
        for url in urls:
            self.assertNotIn("#", url)
            self.assertNotIn("@", url.partition("//")[2].partition("/")[0])
        for table, in self.place.query("SELECT name FROM sqlite_master WHERE type = 'table'"):
            self.check_texts(table)

    def check_texts(self, table):
        columns = [row[1] for row in self.place.query(f'PRAGMA table_info("{table}")')
                   if row[2].upper() == "TEXT"]
        for column in columns:  # what is no UTF-8 makes this fail
            for value, in self.place.query(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):
                self.assertNotIn("\0", str(value), f"{table}.{column}")

    def check_honest(self):
        rows = self.place.query("SELECT count(*) FROM pages WHERE outcome = 'ok' AND url GLOB "
                                "'http://honest-*.example/*' AND title = 'page ' || url")
        others = self.place.query("SELECT url, state, outcome, reason FROM urls WHERE url GLOB 'http://honest-*.example/*' "
                                  "AND outcome IS NOT 'ok'")
        self.assertEqual((rows[0][0], others), (HONEST_HOSTS * HONEST_PAGES, []))

    def test_each_lie_costs_its_fetcher_and_nothing_else(self):
        lies = self.begin_each_lie()
        any_end = Trial(self, HONEST + [f"http://{kind}.lie.example/" for kind in ANY_END], "-f", "2", "-c", "6")
        births = {name: Trial(self, ["http://honest-0.example/"], "-f", "2", "-c", "2", "--delay", "700ms",
                              "--watchdog", "3s", fetcher=name) for name in BIRTHS}
        hopeless = {name: Trial(self, [HONEST[0]], "-f", "2", fetcher=name) for name in ALL_BORN}
        pause = Trial(self, [*HONEST, "http://pause_of_years.lie.example/"], "--max-time", "4s")
        body = Trial(self, [*HONEST, "http://body.lie.example/"])
        always = self.begin_putting_away()
        self.check_each_lie(lies)
        self.finish_trial(any_end)
        for name, trial in births.items():
            with self.subTest(name):
                self.check_birth(trial, BIRTHS[name])
        for name, trial in hopeless.items():
            with self.subTest(name):
                self.assertIn(trial.wait().code, ALL_BORN[name])
        self.check_pause(pause)
        self.check_body(body)
        self.check_putting_away(always)

    def begin_each_lie(self):
        self.kinds = {**KINDS, **scaled({}, SLOW_KINDS)}
        return Trial(self, HONEST + [f"http://{kind}.lie.example/" for kind in self.kinds],
                     "-f", "3", "-c", "3")

    def check_each_lie(self, trial):
        self.finish_trial(trial)
        deaths = trial.deaths()
        for kind, cause in self.kinds.items():
            with self.subTest(kind):
                host = f"{kind}.lie.example"
                self.assertEqual(len(deaths[host]), 1 if cause else 0, deaths[host])
                if cause:
                    self.assertRegex(deaths[host][0], cause)
                stored = self.place.query("SELECT outcome, count(*) FROM pages WHERE url GLOB ? GROUP BY 1",
                                          f"http://{host}/*")
                self.assertEqual(len(stored), 1, stored)
                self.assertEqual(stored[0][0], "ok")
                if cause:  # what was not believed was asked for again
                    self.assertEqual(stored[0][1], HONEST_PAGES)

    def check_birth(self, trial, cause):
        self.finish_trial(trial, honest=False)
        stored = self.place.query("SELECT count(*) FROM pages WHERE outcome = 'ok'")
        self.assertEqual(stored, [(HONEST_PAGES,)])
        self.assertRegex("\n".join(sum(trial.deaths().values(), [])), cause)
        self.assertLess(trial.watch.cpu_s, 20 if crawl_run.SANITIZED else 5)

    def check_pause(self, trial):
        self.finish_trial(trial, complete=False)
        self.assertEqual(self.place.query("SELECT count(*) FROM hosts WHERE julianday(next_at) > "
                                          "julianday('now', '+61 minutes')"), [(0,)])

    # Nobody unpacks a body before it is asked for.
    def check_body(self, trial):
        self.assertEqual(trial.wait().code, 0)
        self.place = trial.place
        self.check_honest()
        checked = self.place.run("check", "-d", self.place.database)
        self.assertEqual(checked.code, 74)
        self.assertIn("a body that does not decompress (1)", checked.stdout)

    def test_suspects_get_their_turn_among_many(self):
        others = [f"http://other-{i}.example/" for i in range(scaled(200, 2000))]
        nameless = [f"http://nameless-{i}.lie.example/" for i in range(scaled(10, 200))]
        trial = Trial(self, others + nameless + HONEST, "-f", "3", "-c", "12")
        self.finish_trial(trial)
        self.assertEqual(self.place.query("SELECT outcome, count(*) FROM pages GROUP BY 1"),
                         [("ok", HONEST_PAGES * (len(others) + len(nameless) + len(HONEST)))])

    def begin_putting_away(self):
        self.always = ["unknown_type", "lease_far", "frame_huge", "leaves",
                       *scaled([], ["kills_itself-1", "kills_itself-2", "kills_itself-3", "kills_itself-4"])]
        return Trial(self, HONEST + [f"http://{kind}.lie.example/" for kind in self.always],
                     "-f", "3", "-c", "12", hook="always")

    def check_putting_away(self, trial):
        self.finish_trial(trial)
        outcomes = self.urls()
        for kind in self.always:
            self.assertEqual(outcomes[f"http://{kind}.lie.example/"], "crashed_fetcher", kind)

    def test_any_field_of_a_result_may_be_a_lie(self):
        count = scaled(20, 500)
        seeds = [f"http://{kind}-{number}.lie.example/" for number in range(count)
                 for kind in ("mutated", "robots_mutated")]
        # A body that is none would be seen by `crawl check`, and only there.
        trial = Trial(self, HONEST + seeds, "-f", "3", "-c", "12", "--no-body", hook="often")
        self.finish_trial(trial, honest=False)
        # One field is the lease: a lie may be about an honest page that the same fetcher has at that moment.
        spared, = self.place.query("SELECT count(*) FROM pages WHERE url GLOB 'http://honest-*.example/*' AND "
                                   "outcome = 'ok' AND title = 'page ' || url")[0]
        self.assertGreaterEqual(spared, HONEST_HOSTS * HONEST_PAGES - 1 - count // 50)
        deaths = trial.deaths()
        told = sum(map(len, deaths.values()))
        print(f"  {told} fetchers lost", flush=True)
        self.assertGreater(told, count)
        causes = {re.sub(r" (during|with nothing).*", "", text) for texts in deaths.values() for text in texts}
        self.assertLessEqual(causes, {RULES, "exited with code 0"})

    def test_messages_without_end_are_borne_or_cut_off(self):
        hosts = scaled(20, 2030)  # 450 messages before each page: 99 thousand, 10 million
        trial = Trial(self, HONEST + [f"http://chatter-{i}.lie.example/" for i in range(hosts)],
                      "-f", "3", "-c", "12", hook="always")
        self.finish_trial(trial)
        if not crawl_run.SANITIZED:  # slower than they talk
            self.assertEqual(trial.deaths().keys(), {"nobody"})
        self.assertLess(trial.watch.cpu_s, scaled(20, 200) * (5 if crawl_run.SANITIZED else 1))

    def test_giant_results_do_not_add_up(self):
        hosts = scaled(2, 24)
        whole = Trial(self, HONEST + [f"http://giant-{i}.lie.example/" for i in range(hosts)],
                      "-f", "4", "-c", "16", hook="always")
        # Each may be of 144 MiB, and while it grows it may be there one and a half times.
        in_parts = Trial(self, HONEST + [f"http://hoard-{i}.lie.example/" for i in range(hosts + 1)],
                         "-f", str(scaled(3, 8)), "-c", str(scaled(3, 8)))
        self.finish_trial(in_parts)
        self.assertEqual(len([host for host in in_parts.deaths() if host.startswith("hoard")]), hosts + 1)
        self.finish_trial(whole)
        if not crawl_run.SANITIZED:
            self.assertLess(in_parts.watch.peak_mib, scaled(400, 500))
            self.assertLess(whole.watch.peak_mib, 700)


if __name__ == "__main__":
    crawl_run.main()
