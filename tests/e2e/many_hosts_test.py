#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many hosts with the longest robots.txt that is read: the coordinator's memory does not grow with them, and
each host's rules are obeyed all the same."""

import collections
import os
import pathlib
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, reply

HOSTS = 120
RULES = 27_000  # of 18 bytes: nearly 500 KiB, and more than 1 MiB in memory
MEMORY_MAX = 160 << 20  # all of them together would take 140 MiB more than the rest


class ManyHosts(crawl_run.EndToEnd):
    pause = threading.Event()  # never set: a clock

    def test_the_rules_of_all_do_not_stay_in_memory(self):
        rules = "".join(f"Disallow: /x{number:05}\n" for number in range(RULES))
        robots = reply(200, f"User-agent: *\n{rules}Disallow: /private\n", "text/plain")
        server = ScriptedServer({"/robots.txt": robots, "/": links("/a", "/private/b", "/x26999"), "/a": links("/c"),
                                 "/c": page("c")})
        self.addCleanup(server.close)
        hosts = [f"host-{number}.localhost" for number in range(HOSTS)]
        run = self.begin("--delay", "0", "-f", "2", "-c", "16", "--no-body",
                         *(server.url("/", host) for host in hosts))
        peak = 0
        while run.alive():
            peak = max(peak, self.memory_peak(run.pid))
            self.pause.wait(0.1)
        self.finish(run)
        print(f"memory at most {peak >> 20} MiB", flush=True)
        if not crawl_run.SANITIZED:  # they keep what was freed
            self.assertLess(peak, MEMORY_MAX)
        states = collections.Counter(row for row in self.place.query("SELECT state, reason FROM urls"))
        self.assertEqual(states, {("done", None): 3 * HOSTS, ("skipped", "robots_denied"): 2 * HOSTS})
        asked = collections.Counter(request.host for request in server.asked("/robots.txt"))
        self.assertEqual(asked, {host: 1 for host in hosts})

    def memory_peak(self, pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return 0
        lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(lines[0].split()[1]) << 10 if lines else 0


if __name__ == "__main__":
    crawl_run.main()
