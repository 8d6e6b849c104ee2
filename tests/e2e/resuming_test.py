#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run keeps of the ones before it, and what it decides anew: other options, another user agent,
a politeness that was interrupted, credentials that stay with their origin."""

import os
import pathlib
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, redirect, reply

FAST = ["-q", "-f", "2", "--delay", "0"]


def takes_signals_itself(pid):
    """SIGINT is blocked: the event loop reads it, instead of the kernel ending the process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    blocked = int(re.search(r"^SigBlk:\s*([0-9a-f]+)$", status, re.MULTILINE).group(1), 16)
    return blocked & 1 << signal.SIGINT - 1


class Resuming(crawl_run.EndToEnd):
    def serve(self, routes, address="127.0.0.1"):
        server = ScriptedServer(routes, address=address)
        self.addCleanup(server.close)
        return server

    def states(self, server):
        return {url.removeprefix(server.url("")): value
                for url, value in self.urls("coalesce(outcome, reason)").items()}

    def test_new_options_hold_for_what_is_pending(self):
        pages = {f"/{folder}/{i}": page("x") for folder in ("calendar", "docs") for i in range(3)}
        server = self.serve({"/": page(links(*pages)), **pages})
        self.crawl(*FAST, "--max-pages", "1", server.url(), complete=False)
        self.crawl(*FAST, "--exclude", "/calendar/", server.url())
        self.assertEqual(self.states(server), {
            "/": "ok", **{path: "excluded" if "calendar" in path else "ok" for path in pages}})
        self.assertFalse([path for path in server.paths() if "calendar" in path])

    def test_other_options_reopen_what_was_decided(self):
        server = self.serve({"/": links("/1", "/x.pdf"), "/1": links("/2"), "/2": links("/3"), "/3": page("3"),
                             "/x.pdf": page("p")})
        self.crawl(*FAST, "--depth", "1", "--exclude", "pdf", server.url())
        self.assertEqual(self.states(server), {"/": "ok", "/1": "ok", "/2": "depth_limit", "/x.pdf": "excluded"})
        self.crawl(*FAST, "--depth", "1", "--exclude", "pdf", server.url())
        self.assertEqual(self.states(server)["/2"], "depth_limit")
        self.crawl(*FAST, "--depth", "2", server.url())
        self.assertEqual(self.states(server), {"/": "ok", "/1": "ok", "/2": "ok", "/3": "depth_limit", "/x.pdf": "ok"})

    def test_another_robots_txt_reopens_what_was_denied(self):
        rules = [b"User-agent: *\nDisallow: /secret\n", b"User-agent: *\nDisallow: /other\n"]
        server = self.serve({"/": links("/secret"), "/secret": page("s"),
                             "/robots.txt": [reply(body=text, content_type="text/plain") for text in rules]})
        self.crawl(*FAST, server.url())
        self.assertEqual(self.states(server)["/secret"], "robots_denied")
        self.crawl(*FAST, server.url())  # the rules are fresh for a day
        self.assertEqual(self.states(server)["/secret"], "robots_denied")
        self.crawl(*FAST, "-U", "another/1.0", server.url())  # who must ask for them anew
        self.assertEqual(self.states(server)["/secret"], "ok")

    def test_each_attempt_is_a_visit(self):
        server = self.serve({"/": [reply(500), reply(502), page("fine")]})
        self.crawl(*FAST, "--retry-wait", "10ms", server.url())
        self.assertEqual(self.place.query("SELECT status, outcome, changed FROM visits ORDER BY at"),
                         [(500, "http_error", 0), (502, "http_error", 0), (200, "ok", 1)])

    def test_a_host_that_falls_silent_is_left_to_the_next_run(self):
        silent = []

        def answer(request):
            if silent:
                raise ScriptedServer.Close(b"")
            if request.path == "/2":
                silent.append(True)
            return page(f"page {request.path}")

        paths = [f"/{i}" for i in range(12)]
        server = self.serve({"/": links(*paths), **{path: answer for path in paths}})
        options = [*FAST, "--retries", "0", "--host-patience", "0", "--no-sitemaps", server.url()]
        self.crawl(*options)
        states = self.states(server)
        stored = [path for path, outcome in states.items() if outcome == "ok"]
        self.assertEqual(set(states.values()), {"ok", "connect_failed"})
        # robots.txt, pages, three in vain (the first of them twice: a kept connection may be stale).
        self.assertEqual(len(set(server.paths())), 1 + len(stored) + 3)
        self.assertEqual(self.place.query("SELECT url FROM events WHERE kind = 'host_given_up'"),
                         [(server.url("")[len("http://"):],)])
        silent.clear()
        del server.routes["/2"]
        server.routes["/2"] = page("fine")
        self.crawl(*options)
        self.assertEqual(set(self.states(server).values()), {"ok"})

    def test_a_silent_host_is_not_asked_for_the_rules_of_others(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        server = self.serve({"/robots.txt": redirect(f"http://127.0.0.1:{port}/robots.txt"), "/": page("home")})
        seeds = [server.url(host=f"host{i}.localhost") for i in range(40)]
        self.crawl(*FAST, "--retries", "0", "--host-patience", "0", "--no-sitemaps", "--allow-private", *seeds)
        self.assertEqual(set(self.urls().values()), {"robots_unreachable"})
        self.assertEqual(self.place.query("SELECT url FROM events WHERE kind = 'host_given_up'"), [(f"127.0.0.1:{port}",)])

    def test_rules_of_another_agent_are_not_obeyed(self):
        robots = b"User-agent: nicebot\nAllow: /\n\nUser-agent: *\nDisallow: /secret\n"
        secrets = {f"/secret/{i}": page("x") for i in range(4)}
        server = self.serve({"/robots.txt": reply(body=robots, content_type="text/plain"),
                             "/": page(links(*secrets)), **secrets})
        self.crawl(*FAST, "--max-pages", "1", "-U", "nicebot/1", server.url(), complete=False)
        self.crawl(*FAST, "-U", "otherbot/1", server.url())
        self.assertEqual(self.states(server), {"/": "ok", **{path: "robots_denied" for path in secrets}})
        self.assertEqual(server.paths().count("/robots.txt"), 2)

    def test_stored_rules_are_not_asked_for_again(self):
        server = self.serve({"/": page(links("/a")), "/a": page("x")})
        self.crawl(*FAST, "--max-pages", "1", server.url(), complete=False)
        self.crawl(*FAST, server.url())
        self.assertEqual(server.paths().count("/robots.txt"), 1)

    def test_an_interrupted_delay_is_waited_out(self):
        server = self.serve({"/": page(links("/a", "/b")), "/a": page("x"), "/b": page("x")})
        options = ["-q", "-f", "1", "--delay", "2s", server.url()]
        run = self.begin(*options)
        crawl_run.wait_for(lambda: server.asked("/"), "the first page")
        asked = time.monotonic()
        run.send(signal.SIGINT)
        run.send(signal.SIGINT)
        self.finish(run, code=130, complete=False)
        before = len(server.paths())
        run = self.begin(*options)
        crawl_run.wait_for(lambda: len(server.paths()) > before, "the next request")
        self.assertGreaterEqual(time.monotonic() - asked, 1.9)
        self.finish(run)

    def test_credentials_stay_with_the_origins_of_seeds(self):
        other = self.serve({"/robots.txt": reply(body=b"", content_type="text/plain"), "/x": page("x")})
        server = self.serve({"/robots.txt": redirect(other.url("/robots.txt")),
                             "/": page(links("/a", other.url("/x"))), "/a": page("a")})
        self.crawl(*FAST, "--allow-private", "--scope", "any", "-H", "Authorization: Bearer secret",
                   "-H", "X-Plain: yes", server.url())
        self.assertEqual({request.headers.get("authorization") for request in server.asked("/a")}, {"Bearer secret"})
        for path in ("/robots.txt", "/x"):
            for request in other.asked(path):
                self.assertNotIn("authorization", request.headers)
                self.assertEqual(request.headers.get("x-plain"), "yes")
        self.assertTrue(other.asked("/x"))

    def test_waiting_for_the_lock_can_be_interrupted(self):
        server = self.serve({"/": page(links(*(f"/{i}" for i in range(50))))})
        first = self.begin("-q", "-f", "1", "--delay", "1s", server.url())
        crawl_run.wait_for(lambda: server.asked("/"), "the first page")
        second = self.begin("-q", "-f", "1", "--lock-wait", "60s", server.url())
        crawl_run.wait_for(lambda: takes_signals_itself(second.pid), "the second run waits")
        self.assertEqual(second.fetchers(), [])  # before it is its turn it starts nothing
        second.send(signal.SIGINT)
        ended = second.wait()
        self.assertEqual((ended.code, ended.stderr), (130, ""))
        first.send(signal.SIGINT)
        self.finish(first, code=130, complete=False)

    def test_counters_say_what_the_rows_say(self):
        server = self.serve({"/": page(links("/a", "/r", "/gone", "/404")), "/a": page("x"),
                             "/r": redirect("/a"), "/gone": reply(410), "/404": reply(404)})
        self.crawl(*FAST, server.url())
        self.assertEqual(self.place.query("SELECT pages FROM runs"), [(5,)])
        self.assertEqual(self.place.query("SELECT pages, errors FROM hosts"), [(5, 2)])


if __name__ == "__main__":
    crawl_run.main()
