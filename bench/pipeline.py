#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What does the whole crawl cost beside a bare loop of the same libraries, and how does it scale?

Serves Debian's documentation with nginx on loopback and reads the same pages in turn with
  bare     bare_loop: one process, no queue, no frontier, no supervision
  crawl 1  crawl with one fetcher
  crawl N  crawl with one fetcher for each CPU that is left beside nginx
in alternation, ROUNDS times, and prints medians. CPU is user and system time of all processes of a
program (its own and its children's, from wait4). nginx has the last CPU to itself; everything measured
shares the others.

Usage: pipeline.py BUILD_DIR [--rounds N] [--copies N] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

CORPORA = ("usr/share/doc/postgresql-doc-15/html", "usr/share/doc/python3.11/html")
HOST_CONCURRENCY = 16


def corpus_dirs():
    roots = [os.environ.get("CRAWL_CORPORA_DIR", ""), "/"]
    found = []
    for folder in CORPORA:
        for root in filter(None, roots):
            path = pathlib.Path(root, folder)
            if (path / "index.html").is_file():
                found.append(path)
                break
    return found


class Nginx:
    """One worker on one CPU, a server for each (corpus, copy), each on a port of its own."""

    def __init__(self, folder, corpora, cpu):
        self.ports = [free_port() for _ in corpora]
        servers = "".join(
            f"server {{ listen 127.0.0.1:{port}; root {corpus}; index index.html; }}\n"
            for port, corpus in zip(self.ports, corpora))
        config = pathlib.Path(folder, "nginx.conf")
        paths = "".join(f"{kind}_temp_path {folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config.write_text(
            f"daemon off; pid {folder}/nginx.pid; worker_processes 1; error_log {folder}/error.log;\n"
            + ("user root;\n" if os.geteuid() == 0 else "")
            + "events { worker_connections 4096; }\n"
            + f"http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000;\n{paths}"
            + "types { text/html html; text/plain txt; text/css css; application/javascript js;\n"
            + "image/png png; image/svg+xml svg; }\n" + servers + "}\n")
        # A minimal PATH of a user lacks /usr/sbin.
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen(
            [program, "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(config)],
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.wait_until_ready()

    def urls(self):
        return [f"http://127.0.0.1:{port}/" for port in self.ports]

    def wait_until_ready(self):
        for _ in range(200):
            try:
                urllib.request.urlopen(self.urls()[-1], timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("nginx does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(argv, cpus, pages_of):
    """Runs argv on `cpus`: pages, wall and CPU seconds of the process and all it waited for."""
    # What the run before left to be written belongs to that run.
    os.sync()
    started = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if process.returncode != 0:
        sys.exit(f"{argv[0]} ended with {process.returncode}: {output}")
    return {"pages": pages_of(output), "wall": wall, "cpu": usage.ru_utime + usage.ru_stime}


def query(database, sql):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


class Bench:
    def __init__(self, build, folder, seeds, cpus):
        self.build, self.folder, self.seeds, self.cpus = build, folder, seeds, cpus
        self.list = folder / "urls.txt"

    def crawl(self, fetchers):
        for old in self.folder.glob("crawl.db*"):
            old.unlink()
        database = self.folder / "crawl.db"
        argv = [self.build / "crawl", "run", self.seeds, "-d", database, "-f", fetchers, "--delay", "0",
                "--host-concurrency", HOST_CONCURRENCY, "--max-size", "100MiB", "--no-progress", "-q"]
        pages = "SELECT count(*) FROM pages"
        return measure([str(word) for word in argv], self.cpus, lambda _: query(database, pages)[0])

    def learn_urls(self):
        """The bare loop reads exactly what crawl fetched, in the order it did."""
        urls = query(self.folder / "crawl.db", "SELECT url FROM pages ORDER BY fetched_at")
        self.list.write_text("".join(f"{url}\n" for url in urls))

    def bare(self):
        for old in self.folder.glob("bare.db*"):
            old.unlink()
        argv = [self.build / "bench" / "bare_loop", self.list, self.folder / "bare.db", HOST_CONCURRENCY]
        return measure([str(word) for word in argv], self.cpus, int)


def summary(runs):
    return {
        "pages": runs[0]["pages"],
        "cpu_ms_per_page": statistics.median(1000 * run["cpu"] / run["pages"] for run in runs),
        "wall_s": statistics.median(run["wall"] for run in runs),
        "pages_per_s": statistics.median(run["pages"] / run["wall"] for run in runs),
    }


def report(results, fetchers):
    print(f"{'':10}{'pages':>8}{'CPU ms/page':>14}{'wall s':>9}{'pages/s':>10}")
    for name, result in results.items():
        print(f"{name:10}{result['pages']:>8}{result['cpu_ms_per_page']:>14.3f}"
              f"{result['wall_s']:>9.2f}{result['pages_per_s']:>10.0f}")
    bare, one, many = (results[name] for name in ("bare", "crawl 1", f"crawl {fetchers}"))
    ratios = {
        "cpu_one_over_bare": one["cpu_ms_per_page"] / bare["cpu_ms_per_page"],
        "cpu_many_over_bare": many["cpu_ms_per_page"] / bare["cpu_ms_per_page"],
        "scaling": many["pages_per_s"] / one["pages_per_s"],
        "scaling_per_cpu": many["pages_per_s"] / one["pages_per_s"] / fetchers,
    }
    print(f"CPU per page, crawl 1 / bare: {ratios['cpu_one_over_bare']:.2f}   (budget 1.30)")
    print(f"CPU per page, crawl {fetchers} / bare: {ratios['cpu_many_over_bare']:.2f}   (budget 1.30)")
    print(f"rate, crawl {fetchers} / crawl 1: {ratios['scaling']:.2f}   "
          f"(budget {0.75 * fetchers:.2f} = 0.75 x {fetchers})")
    return ratios


def run(bench, fetchers, rounds):
    many = f"crawl {fetchers}"
    bench.crawl(fetchers)  # warms the page cache, and names the pages
    bench.learn_urls()
    runs = {"bare": [], "crawl 1": [], many: []}
    for number in range(1, rounds + 1):
        runs["bare"].append(bench.bare())
        runs["crawl 1"].append(bench.crawl(1))
        runs[many].append(bench.crawl(fetchers))
        print(f"round {number}: " + ", ".join(f"{name} {1000 * all_runs[-1]['cpu'] / all_runs[-1]['pages']:.3f} ms "
              f"{all_runs[-1]['wall']:.2f} s" for name, all_runs in runs.items()), flush=True)
    counts = {one_run["pages"] for all_runs in runs.values() for one_run in all_runs}
    if len(counts) != 1:
        sys.exit(f"the runs did not read the same number of pages: {sorted(counts)}")
    return runs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=3, help="servers per corpus")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()

    corpora = corpus_dirs() * options.copies
    cpus = sorted(os.sched_getaffinity(0))
    if not corpora:
        sys.exit("pipeline: no documentation to crawl (install postgresql-doc-15 and python3.11-doc)")
    if len(cpus) < 2:
        sys.exit("pipeline: needs two CPUs, one for the web server")
    measured = set(cpus[:-1])
    with tempfile.TemporaryDirectory(prefix="pipeline-", dir=options.build) as name:
        folder = pathlib.Path(name).resolve()
        nginx = Nginx(folder, corpora, cpus[-1])
        try:
            seeds = folder / "seeds.txt"
            seeds.write_text("".join(f"{url}\n" for url in nginx.urls()))
            runs = run(Bench(options.build.resolve(), folder, seeds, measured), len(measured), options.rounds)
        finally:
            nginx.stop()
    results = {kind: summary(all_runs) for kind, all_runs in runs.items()}
    ratios = report(results, len(measured))
    if options.json:
        options.json.write_text(json.dumps({"results": results, "ratios": ratios}, indent=1) + "\n")


if __name__ == "__main__":
    main()
