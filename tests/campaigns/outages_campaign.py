#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The network goes away in mid crawl and comes back: the run pauses, no URL is the worse for it, and the
run goes on. In a network of this test's own, whose routes and name server it can take away."""

import contextlib
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import crawl_run  # noqa: E402
import private_network  # noqa: E402
from crawl_run import scaled  # noqa: E402
from scripted_dns import FAILING, ScriptedDns  # noqa: E402
from scripted_server import ScriptedServer, links, page  # noqa: E402

SITE, PORT = "93.184.215.14", 8080
# Strangers that come last.
DEAD, BROKEN = [f"http://dead-{number}.example/" for number in range(6)], ["http://broken.example/"]
LOST, NOWHERE = "198.41.0.0/16", "198.41.0.1"
HOSTS, PAGES = 6, scaled(8, 40)
OUTAGE_S = scaled([1], [5, 60, 600])  # from the moment it was noticed
PACE = ["--delay", "100ms", "--delay-factor", "0", "--timeout", "1s", "--retry-wait", "200ms", "--retries", "1",
        "--address-concurrency", "64", "-f", "2"]


def host(number):
    return f"http://site-{number}.example:{PORT}"


class Outages(crawl_run.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.dns = ScriptedDns(private_network.NAME_SERVER, lambda name, count: [SITE])
        routes = {f"/{number}": page(f"page {number}") for number in range(PAGES)}
        routes["/"] = links(*(f"/{number}" for number in range(PAGES)))
        # Hosts that nobody has heard of before, one after another.
        routes["/strangers"] = links(*(f"/to/{number}" for number in range(PAGES)))
        for number in range(PAGES):
            routes[f"/to/{number}"] = links(f"http://stranger-{number}.example:{PORT}/0")
        routes["/dead"], routes["/broken"] = links(*DEAD), links(*BROKEN)
        cls.server = ScriptedServer(routes, SITE, PORT)

    def setUp(self):
        super().setUp()
        self.asked_before = len(self.server.paths())
        self.seeds = [f"{host(number)}/" for number in range(HOSTS)]

    def asked(self):
        return len(self.server.paths()) - self.asked_before

    def outage(self, run, begin, end, notice="outage_began"):
        """Waits until the crawl is under way, takes the network away, and gives it back after a while."""
        crawl_run.wait_for(lambda: self.asked() > 2 * HOSTS or not run.alive(), "the crawl is under way")
        begin()
        try:
            crawl_run.wait_for(lambda: not notice or self.told(notice) or not run.alive(), "it was noticed")
            self.assertTrue(run.alive())
            threading.Event().wait(self.outage_s)
            self.assertTrue(run.alive(), "it waits")
        finally:
            end()

    def told(self, kind):
        return self.place.query("SELECT text FROM events WHERE kind = ?", kind)

    @staticmethod
    def cpu_s(run):
        fields = pathlib.Path(f"/proc/{run.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def whole(self, count):
        """All URLs are ok, and none was given up on the way."""
        self.assertEqual(set(self.urls().values()), {"ok"})
        self.assertEqual(len(self.urls()), count)
        self.assertEqual(self.place.query("SELECT url, outcome, status FROM pages WHERE status <> 200"), [])
        self.assertEqual(self.told("host_given_up"), [])

    def test_the_network_is_away(self):
        takers = {"no route": private_network.take_down, "packets vanish": private_network.swallow}
        for seconds in OUTAGE_S:
            for what, take in takers.items():
                with self.subTest(what=what, seconds=seconds), crawl_run.Workplace() as self.place:
                    self.outage_s, self.asked_before = seconds, len(self.server.paths())
                    run = self.begin(*PACE, *self.seeds)
                    self.outage(run, take, private_network.bring_back)
                    ended = self.finish(run)
                    self.whole(HOSTS * (PAGES + 1))
                    self.assertEqual(len(self.told("outage_began")), 1, ended.stderr)
                    self.assertEqual(len(self.told("outage_ended")), 1, ended.stderr)
                    self.assertIn("nobody answers any more", ended.stderr)
                    self.assertIn("answers again, after", ended.stderr)

    def test_one_host_alone_is_out_of_reach(self):
        self.outage_s = 1
        run = self.begin(*PACE, self.seeds[0])
        crawl_run.wait_for(lambda: self.asked() > 2, "the crawl is under way")
        private_network.swallow()
        try:
            crawl_run.wait_for(lambda: self.told("outage_began"), "it was noticed")
        finally:
            private_network.bring_back()
        self.finish(run)
        self.whole(PAGES + 1)

    def test_it_sleeps_until_its_host_may_be_asked(self):
        """The host's pause, of 4 s, is longer than that between two requests of an outage."""
        run = self.begin(*PACE, "--delay", "2s", self.seeds[0])
        crawl_run.wait_for(lambda: self.asked() > 1, "the crawl is under way")
        private_network.swallow()
        try:
            crawl_run.wait_for(lambda: self.told("outage_began"), "it was noticed")
            spent_s = self.cpu_s(run)
            threading.Event().wait(4)
            self.assertLess(self.cpu_s(run) - spent_s, 0.15)
        finally:
            private_network.bring_back()
            run.send(signal.SIGTERM)
        self.finish(run, code=143, complete=False)

    def test_the_name_server_is_away(self):
        """Hosts whose addresses are known go on; those that are new wait, and lose nothing."""
        for mood in ("silent", "failing"):
            with self.subTest(mood=mood), crawl_run.Workplace() as self.place:
                self.outage_s, self.asked_before = scaled(3, 60), len(self.server.paths())
                # Longer than the pauses of the resolver, which asks again after 2.5 and 5 s.
                run = self.begin(*PACE, "--timeout", "8s", "--scope", "any", f"{host(0)}/strangers", *self.seeds)
                self.outage(run, lambda: setattr(self.dns, "mood", mood), lambda: setattr(self.dns, "mood", "well"),
                            notice=None)
                self.finish(run)
                self.whole(HOSTS * (PAGES + 1) + 1 + 2 * PAGES)

    def resolve(self, answers):
        """Names whose addresses are not this site's."""
        self.dns.answers = lambda name, count: answers(name) or [SITE]
        self.addCleanup(setattr, self.dns, "answers", lambda name, count: [SITE])

    @contextlib.contextmanager
    def lost(self):
        private_network.lose(LOST)
        try:
            yield
        finally:
            private_network.bring_back()

    def ended_by_itself(self, dead):
        """The hosts of these URLs, and no others, had failed; who answered before was asked whether it still does."""
        self.assertEqual(self.told("outage_began"), [])
        self.assertEqual(self.told("host_given_up"), [])
        self.assertEqual({url: outcome for url, outcome in self.urls().items() if outcome != "ok"}, dead)

    def controls(self):
        """robots.txt asked for once more."""
        return self.server.paths()[self.asked_before:].count("/robots.txt") - 1

    def test_dead_hosts_at_the_end_are_no_outage(self):
        """Others have answered, and are done; whoever is left has never been heard of."""
        self.resolve(lambda name: [NOWHERE] if name.startswith("dead") else None)
        with self.lost():
            self.crawl(*PACE, "--scope", "any", f"{host(0)}/dead")
        self.ended_by_itself(dict.fromkeys(DEAD, "connect_failed"))
        self.assertIn(self.controls(), range(1, 4))

    def test_the_next_run_knows_whom_to_ask(self):
        """A run that begins with nothing but dead links, one of whose hosts had answered before."""
        self.resolve(lambda name: [NOWHERE] if name.startswith(("dead", "late")) else None)
        late = ScriptedServer({"/": page("late")}, NOWHERE, PORT)
        self.addCleanup(late.close)
        self.crawl(*PACE, f"{host(0)}/0", f"{host(1)}/0", f"http://late.example:{PORT}/")
        with self.lost():
            for retries in ("9", "0"):
                run = self.begin(*PACE, "--retries", retries, "--retry-wait", "1s", "--revisit", "0s", "--scope", "any",
                                 f"{host(0)}/dead", f"http://late.example:{PORT}/")
                if retries == "9":
                    crawl_run.wait_for(lambda: len(self.told("host_backoff")) > 3 and not self.place.query(
                        "SELECT 1 FROM urls WHERE url LIKE 'http://site%' AND state = 'pending'"), "only the dead are left")
                    run.send(signal.SIGTERM)
                    self.finish(run, code=143, complete=False)
                else:
                    self.finish(run)
        self.assertEqual(self.place.query("SELECT url FROM urls WHERE state = 'pending'"), [])
        self.assertEqual(len(self.told("outage_began")), len(self.told("outage_ended")))

    def test_whoever_is_paused_for_long_does_not_hold_the_run(self):
        """The last that answered asks for ten minutes' peace; the one before it can tell as well."""
        self.resolve(lambda name: [NOWHERE] if name.startswith("dead") else ["93.184.215.99"]
                     if name.startswith("busy") else None)
        busy = ScriptedServer({"/": b"HTTP/1.1 503 Later\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"},
                              "93.184.215.99", PORT)
        self.addCleanup(busy.close)
        with self.lost():
            self.crawl(*PACE, "--retries", "0", "--scope", "any", f"{host(0)}/dead", f"http://busy.example:{PORT}/")
        self.assertEqual(self.told("outage_began"), [])
        self.assertEqual({self.urls()[url] for url in DEAD}, {"connect_failed"})

    def test_names_out_of_reach_take_nobody_else_down(self):
        """Hosts whose addresses are known go on, however often a stranger's name cannot be had."""
        self.resolve(lambda name: FAILING if name.startswith("broken") else None)
        seeds = [f"{host(number)}/" for number in range(3)]
        run = self.begin(*PACE, "--scope", "any", "--delay", scaled("1s", "200ms"), f"{host(0)}/broken", *seeds)
        crawl_run.wait_for(lambda: self.asked() > 8, "the crawl is under way")
        self.dns.mood = FAILING
        try:
            crawl_run.wait_for(lambda: self.place.query("SELECT 1 FROM urls WHERE url LIKE 'http://site%' AND "
                                                        "state = 'pending'") == [], "all that is known is done")
        finally:
            self.dns.mood = "well"
        self.finish(run)
        # When only the stranger is left, and no name at all can be had, that is one.
        self.assertEqual(self.place.query("SELECT text FROM events WHERE kind = 'outage_began' AND at < "
                                          "(SELECT max(fetched_at) FROM pages WHERE outcome = 'ok')"), [])
        self.assertEqual({url: outcome for url, outcome in self.urls().items() if outcome != "ok"},
                         dict.fromkeys(BROKEN, "dns_failed"))

    def test_one_name_at_the_end_that_no_server_knows(self):
        self.resolve(lambda name: FAILING if name.startswith("broken") else None)
        self.crawl(*PACE, "--scope", "any", f"{host(0)}/broken")
        self.ended_by_itself(dict.fromkeys(BROKEN, "dns_failed"))
        self.assertEqual(self.controls(), 0)  # a look-up is enough

    def test_the_last_host_falls_silent(self):
        """It had answered; so had another, which is done."""
        self.resolve(lambda name: [NOWHERE] if name.startswith("late") else None)
        late = ScriptedServer({"/": links(*(f"/{number}" for number in range(PAGES)))}, NOWHERE, PORT)
        self.addCleanup(late.close)
        run = self.begin(*PACE, "--delay", "1s", "--host-patience", "5s", f"{host(0)}/0", f"http://late.example:{PORT}/")
        crawl_run.wait_for(lambda: "/" in late.paths() and self.place.query(
            "SELECT 1 FROM urls WHERE url LIKE 'http://late%/0'"), "it has answered")
        with self.lost():
            self.finish(run)
        self.assertEqual(self.told("outage_began"), [])
        self.assertEqual(self.place.query("SELECT url FROM events WHERE kind = 'host_given_up'"),
                         [(f"late.example:{PORT}",)])
        self.assertEqual({outcome for url, outcome in self.urls().items() if outcome != "ok"}, {"connect_failed"})
        self.assertGreaterEqual(self.controls(), 1)

    def test_only_strangers_are_left_and_the_network_goes(self):
        """Nobody with work could end the outage: one that answered before does."""
        self.resolve(lambda name: [NOWHERE] if name.startswith("dead") else None)
        # What fails while the network is still there counts: on a slow machine that may be a while.
        run = self.begin(*PACE, "--timeout", "3s", "--retries", "2", "--scope", "any", f"{host(0)}/dead")
        crawl_run.wait_for(lambda: "/dead" in self.server.paths()[self.asked_before:], "only strangers are left")
        private_network.swallow()
        try:
            crawl_run.wait_for(lambda: self.told("outage_began"), "it was noticed")
            threading.Event().wait(5)
            self.assertEqual({self.urls()[url] for url in DEAD}, {None})
        finally:
            private_network.bring_back()
        with self.lost():
            self.finish(run)
        self.assertEqual(len(self.told("outage_ended")), 1)
        self.assertEqual(self.told("host_given_up"), [])
        self.assertEqual({self.urls()[url] for url in DEAD}, {"connect_failed"})

    def test_nobody_ever_comes_back(self):
        run = self.begin(*PACE, "--outage-patience", "3s", *self.seeds)
        crawl_run.wait_for(lambda: self.asked() > 2 * HOSTS, "the crawl is under way")
        private_network.take_down()
        try:
            ended = self.finish(run, code=69, complete=False)
        finally:
            private_network.bring_back()
        self.assertIn("nobody has answered for", ended.stderr)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs"), [("network_gone",)])
        self.assertEqual(set(self.urls().values()), {None, "ok"})
        self.crawl(*PACE, *self.seeds)
        self.whole(HOSTS * (PAGES + 1))

    def test_a_night_without_a_network(self):
        """What is known of pages stays as it was, and the next night goes on."""
        self.crawl(*PACE, *self.seeds)
        before = self.place.query("SELECT url, status, text, changed_at FROM pages ORDER BY url")
        private_network.take_down()
        try:
            self.crawl(*PACE, "--outage-patience", "2s", "--revisit", "0s", *self.seeds, code=69, complete=False)
        finally:
            private_network.bring_back()
        self.assertEqual(self.place.query("SELECT url, status, text, changed_at FROM pages ORDER BY url"), before)
        self.assertEqual(self.place.query("SELECT url FROM urls WHERE outcome <> 'ok'"), [])
        self.crawl(*PACE, "--revisit", "0s", *self.seeds)
        self.whole(HOSTS * (PAGES + 1))
        self.assertEqual(self.place.query("SELECT DISTINCT change FROM changes WHERE run > 1"), [])


if __name__ == "__main__":
    private_network.enter(__file__)
    crawl_run.main()
