#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Politeness that listens, judged by the server's own log: Retry-After, refusals, many hosts at one
address, robots.txt of both schemes, redirected and failing."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import tls
from scripted_server import (ScriptedServer, http_date, links, most_at_once, page, redirect, reply)

DENY_ALL = "User-agent: *\nDisallow: /\n"


def robots(text):
    return reply(200, text, "text/plain")


def pauses(requests):
    """From the end of each request to the beginning of the next."""
    return [after.begun - before.ended for before, after in zip(requests, requests[1:])]


def slowly(answer, seconds=0.05):
    """A server that takes its time, so that requests that may overlap do."""
    def route(_):
        time.sleep(seconds)
        return answer
    return route


class Listening(crawl_run.EndToEnd):
    def serve(self, routes, **options):
        server = ScriptedServer(routes, **options)
        self.addCleanup(server.close)
        return server

    def crawl(self, *arguments, **options):
        return super().crawl("-f", 2, *arguments, **options)

    def check_pauses(self, requests, at_least):
        measured = pauses(requests)
        self.assertEqual(len(measured), len(at_least), [request.path for request in requests])
        for pause, expected in zip(measured, at_least):
            self.assertGreaterEqual(pause, expected - 0.002, measured)

    # ---- Retry-After (RFC 9110 §10.2.3) --------------------------------------------------------

    def test_retry_after_in_seconds(self):
        server = self.serve({"/": [reply(429, headers=["Retry-After: 4"]), links("/next")],
                             "/next": page("")})
        self.crawl("--delay", "100ms", "--retry-wait", "10ms", server.url())
        self.assertEqual(server.paths(), ["/robots.txt", "/", "/", "/next"])
        self.check_pauses(server.requests, [0.1, 4, 0.1])

    def test_retry_after_as_a_date(self):
        until = []

        def busy(_):
            until.append(int(time.time()) + 4)
            return reply(503, headers=[f"Retry-After: {http_date(until[0])}"])

        came = []

        def calm(_):
            came.append(time.time())
            return page("")

        def route(request):
            return busy(request) if request.count == 1 else calm(request)

        server = self.serve({"/": route})
        self.crawl("--delay", "100ms", "--retry-wait", "10ms", server.url())
        self.assertEqual(len(came), 1)
        self.assertGreaterEqual(came[0], until[0] - 0.002)

    def test_a_date_that_is_past_speeds_nothing_up(self):
        past = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"
        server = self.serve({"/": [reply(503, headers=[past]), page("")]})
        self.crawl("--delay", "100ms", "--retry-wait", "10ms", server.url())
        self.check_pauses(server.requests, [0.1, 2])  # the back-off's first level

    # ---- refusals ------------------------------------------------------------------------------

    def test_refusals_double_the_pause_and_successes_halve_it(self):
        server = self.serve({"/": [reply(503), reply(429), links("/1", "/2")], "/1": page(""),
                             "/2": page("")})
        self.crawl("--delay", "300ms", "--retry-wait", "10ms", server.url())
        self.assertEqual(server.paths(), ["/robots.txt", "/", "/", "/", "/1", "/2"])
        self.check_pauses(server.requests, [0.3, 2, 4, 2, 0.3])
        told = self.place.query("SELECT url, text FROM events WHERE kind = 'host_backoff' ORDER BY at")
        host = f"127.0.0.1:{server.port}"
        self.assertEqual(told, [
            (host, "HTTP status 503, back-off level 1, 2000 ms between requests"),
            (host, "HTTP status 429, back-off level 2, 4000 ms between requests")])

    def test_a_back_off_survives_the_end_of_the_run(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number):
                server = self.serve({"/": [reply(503), reply(503), page("")]})
                arguments = ["--delay", "100ms", "--retry-wait", "10ms", server.url()]
                run = self.begin(*arguments)
                host = f"127.0.0.1:{server.port}"
                crawl_run.wait_for(
                    lambda: self.place.database.exists() and server.asked("/")[1:] and
                    self.place.query("SELECT 1 FROM events WHERE kind = 'host_backoff' AND url = ? "
                                     "AND text LIKE '%level 2%'", host), "the second refusal is stored")
                if number == signal.SIGKILL:
                    run.kill()
                else:
                    run.send(number)
                    run.wait()
                self.finish(self.begin(*arguments))
                self.assertEqual(server.paths(), ["/robots.txt", "/", "/", "/"])
                self.check_pauses(server.requests, [0.1, 2, 4])

    # ---- many hosts at one address -------------------------------------------------------------

    def test_hosts_at_one_address_share_its_limit(self):
        many = links(*(f"/{number}" for number in range(5)))
        routes = {f"/{number}": slowly(page("")) for number in range(5)}
        server = self.serve({"/": slowly(many), **routes})
        seeds = "".join(server.url(host=f"v{number}.localhost") + "\n" for number in range(12))
        self.crawl("--delay", "0", "--address-concurrency", "3",
                   self.place.write("seeds.txt", seeds))
        # Where a host lives is known from its first answer on.
        pages = [request for request in server.requests if request.path != "/robots.txt"]
        self.assertEqual(len(pages), 12 * 6)
        self.assertEqual(most_at_once(pages), 3)

    def test_an_address_in_the_url_is_known_from_the_beginning(self):
        servers = [self.serve({"/robots.txt": slowly(reply(404)), "/": slowly(links("/1")),
                               "/1": slowly(page(""))}) for _ in range(8)]
        self.crawl("--delay", "0", "--address-concurrency", "2",
                   self.place.write("seeds.txt", "".join(each.url() + "\n" for each in servers)))
        requests = [request for each in servers for request in each.requests]
        self.assertEqual(len(requests), 8 * 3)
        self.assertEqual(most_at_once(requests), 2)

    # ---- robots.txt (RFC 9309) -----------------------------------------------------------------

    # §2.3.1.2: the rules are those of whoever redirected; the pauses those of whoever is asked.
    def test_a_host_that_others_redirect_to_keeps_its_pauses(self):
        def own_robots(request):
            if request.host == "busy.localhost":
                return reply(404)
            target = "quiet" if request.host.startswith("q") else "busy"
            return redirect(f"http://{target}.localhost:{server.port}/rules.txt")

        server = self.serve({"/robots.txt": own_robots, "/rules.txt": slowly(robots(DENY_ALL)),
                             "/": slowly(links("/1", "/2", "/3")), "/1": page(""), "/2": page(""),
                             "/3": page("")})
        hosts = ["busy", "a1", "a2", "a3", "q1", "q2", "q3"]
        seeds = "".join(server.url(host=f"{host}.localhost") + "\n" for host in hosts)
        self.crawl("--delay", "400ms", "--allow-private", self.place.write("seeds.txt", seeds))
        for name, paths in (("busy", ["/", "/1", "/2", "/3", "/robots.txt"] + ["/rules.txt"] * 3),
                            ("quiet", ["/rules.txt"] * 3)):
            asked = [each for each in server.requests if each.host == f"{name}.localhost"]
            self.assertEqual(sorted(each.path for each in asked), paths)
            self.check_pauses(asked, [0.4] * (len(paths) - 1))
        reasons = {url: reason for url, reason in self.urls("reason").items() if reason}
        self.assertEqual(reasons, {server.url(host=f"{host}.localhost"): "robots_denied"
                                   for host in hosts[1:]})

    # §2.3: each scheme has its own; the pauses are the host's.
    def test_http_and_https_have_a_robots_txt_each(self):
        context = tls.server_context()
        if context is None:
            self.skipTest("openssl is not here")
        server = self.serve(
            {"/robots.txt": lambda request: robots("User-agent: *\nDisallow: /" + request.scheme + "$"),
             "/": links("/http", "/https"), "/http": page(""), "/https": page("")}, tls=context)
        secure = server.url(scheme="https")
        self.crawl("--delay", "300ms", "--insecure", server.url(), secure)
        fetched = sorted((request.scheme, request.path) for request in server.requests)
        self.assertEqual(fetched, [("http", "/"), ("http", "/https"), ("http", "/robots.txt"),
                                   ("https", "/"), ("https", "/http"), ("https", "/robots.txt")])
        self.check_pauses(server.requests, [0.3] * 5)
        reasons = {url: reason for url, reason in self.urls("reason").items() if reason}
        self.assertEqual(reasons, {server.url("/http"): "robots_denied",
                                   server.url("/https", scheme="https"): "robots_denied"})
        # The next run knows both.
        self.crawl("--delay", "0", "--insecure", "--revisit", "0", server.url(), secure)
        self.assertEqual(len(server.asked("/robots.txt")), 2)

    # §2.3.1.4.
    def test_an_unreachable_robots_txt_forbids_all_for_now(self):
        server = self.serve({"/robots.txt": [reply(500), reply(502), robots("")], "/": page("")})
        arguments = ["--delay", "10ms", "--retry-wait", "10ms", "--retries", "1", server.url()]
        self.crawl(*arguments)
        self.assertEqual(server.paths(), ["/robots.txt", "/robots.txt"])
        self.assertEqual(self.urls("outcome, reason"), {
            server.url(): ("robots_unreachable", "robots.txt: HTTP status 502")})
        self.crawl("--revisit", "0", *arguments)
        self.assertEqual(server.paths()[2:], ["/robots.txt", "/"])
        self.assertEqual(self.urls(), {server.url(): "ok"})

    def test_a_crawl_delay_is_capped_and_that_is_told(self):
        server = self.serve({"/robots.txt": robots("User-agent: *\nCrawl-delay: 120"), "/": page("")})
        self.crawl("--max-time", "1s", server.url(), complete=False)
        told = self.place.query("SELECT url, text FROM events WHERE kind = 'robots'")
        self.assertEqual(told, [(server.url("").rstrip("/"),
                                 "ok, 0 rules, Crawl-delay 120000 ms, capped at 30000 ms")])
        self.assertEqual(server.paths(), ["/robots.txt"])


if __name__ == "__main__":
    crawl_run.main()
