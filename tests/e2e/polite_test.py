#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Default options, judged by the web server's own log: at most one connection and one request per
second and host, robots.txt first, nothing disallowed, Crawl-delay obeyed."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx

PAGES = [f"/{number}.html" for number in range(1, 5)]
FORBIDDEN = ["/private/1.html", "/private/2.html", "/x?session=1"]
SLOW = "User-agent: crawl\nCrawl-delay: 1.5\nAllow: /\n\n"


class Polite(crawl_run.EndToEnd):
    def write_site(self, name, robots):
        root = self.place.folder / name
        (root / "private").mkdir(parents=True)
        if robots:
            (root / "robots.txt").write_text(robots)
        links = "".join(f'<a href="{path}">x</a>' for path in PAGES + (FORBIDDEN if robots else []))
        for path in ["/index.html", *PAGES, *FORBIDDEN[:2]]:
            (root / path.lstrip("/")).write_text(f"<title>{path}</title>{links}")
        return root

    def log_of(self, host):
        """Requests of one host: (begun, ended, connection, uri), by their beginning. nginx writes the
        end of a request and how long it took, in milliseconds."""
        rows = [line for line in self.server.log_lines()
                if line["http_host"] == f"{host}:{self.server.port}"]
        return sorted((float(row["msec"]) - float(row["request_time"]), float(row["msec"]),
                       row["connection"], row["request_uri"]) for row in rows)

    def check_polite(self, host, delay_s, uris):
        log = self.log_of(host)
        self.assertEqual(log[0][3], "/robots.txt")
        self.assertEqual(sorted(row[3] for row in log[1:]), sorted(uris), "each page once")
        for before, after in zip(log, log[1:]):
            # Both ends of the interval are rounded to a millisecond.
            self.assertGreaterEqual(after[0] - before[1], delay_s - 0.002, (before, after))
        self.assertEqual(len({row[2] for row in log}), 1, "one connection, kept open")

    def test_default_options(self):
        rules = "User-agent: *\nDisallow: /private/\nDisallow: /*session\n"
        sites = {"127.0.0.1": self.write_site("one", rules),
                 "two.localhost": self.write_site("two", ""),
                 "slow.localhost": self.write_site("slow", SLOW + rules)}
        self.server = nginx.Nginx(self.place.folder, sites)
        self.addCleanup(self.server.stop)
        seeds = "".join(self.server.url(host) + "\n" for host in sites)
        self.crawl(self.place.write("seeds.txt", seeds))

        self.check_polite("127.0.0.1", 1, ["/", *PAGES])
        self.check_polite("two.localhost", 1, ["/", *PAGES])
        # The group that names us counts, and only that: RFC 9309 §2.2.1.
        self.check_polite("slow.localhost", 1.5, ["/", *PAGES, *FORBIDDEN])

        denied = self.place.query("SELECT url, state FROM urls WHERE reason = 'robots_denied'")
        self.assertEqual(sorted(denied), sorted(
            (self.server.url("127.0.0.1", path), "skipped") for path in FORBIDDEN))
        hosts = {row[0]: row[1:] for row in self.place.query(
            "SELECT host, robots_state, crawl_delay_ms FROM hosts")}
        port = self.server.port
        self.assertEqual(hosts, {f"127.0.0.1:{port}": ("ok", None),
                                 f"two.localhost:{port}": ("unavailable", None),
                                 f"slow.localhost:{port}": ("ok", 1500)})
        agents = {line["http_user_agent"] for line in self.server.log_lines()}
        self.assertEqual(len(agents), 1)
        self.assertTrue(agents.pop().startswith("crawl/"))

    def test_a_restart_does_not_reset_the_delay(self):
        sites = {"127.0.0.1": self.write_site("one", "")}
        self.server = nginx.Nginx(self.place.folder, sites)
        self.addCleanup(self.server.stop)
        command = ["-d", self.place.database, "--no-progress", self.server.url()]
        for requests in (2, 3, 4):  # killed after so many
            run = self.place.start(*command)
            crawl_run.wait_for(lambda: self.server.requests() >= requests, "some requests")
            run.kill()
        self.crawl(self.server.url())
        log = self.log_of("127.0.0.1")
        for before, after in zip(log, log[1:]):
            self.assertGreaterEqual(after[0] - before[1], 0.998, (before, after))


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program)
