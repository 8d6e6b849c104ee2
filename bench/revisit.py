#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What does it cost to look again at 10,000 pages that have not changed?

Serves OpenJDK's documentation with nginx on loopback, which sends ETag and Last-Modified, crawls it, and
runs the same command again with everything due. ROUNDS times; prints medians and their ratio. CPU is
user and system time of all processes of crawl (its own and its children's, from wait4). nginx has the
last CPU to itself.

Usage: revisit.py BUILD_DIR [--rounds N] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

import pipeline

CORPUS = "usr/share/doc/openjdk-17-jre-headless"
BUDGET = 1 / 3


def corpus_dir():
    for root in filter(None, (os.environ.get("CRAWL_CORPORA_DIR", ""), "/")):
        if (pathlib.Path(root, CORPUS, "api") / "index.html").is_file():
            return pathlib.Path(root, CORPUS)
    sys.exit("revisit: no documentation to crawl (install openjdk-17-doc)")


def one_round(build, folder, seed, cpus):
    """What the first crawl and the revisit took, and how many pages were not modified."""
    for old in folder.glob("crawl.db*"):
        old.unlink()
    database = folder / "crawl.db"
    argv = [str(word) for word in (
        build / "crawl", "run", seed, "-d", database, "-f", len(cpus), "--delay", "0", "--host-concurrency",
        pipeline.HOST_CONCURRENCY, "--revisit", "0", "--no-progress", "-q")]

    def visits(run, condition="1"):
        sql = f"SELECT count(*) FROM visits WHERE run = {run} AND {condition}"
        return lambda _output: pipeline.query(database, sql)[0]

    first = pipeline.measure(argv, cpus, visits(1))
    again = pipeline.measure(argv, cpus, visits(2))
    unchanged = visits(2, "outcome = 'not_modified'")("")
    return first, again, unchanged


def report(rounds):
    """Prints a table; gives it back, with the ratio."""
    result = {"not_modified": rounds[0][2]}
    print(f"{'':14}{'fetches':>8}{'CPU s':>9}{'wall s':>9}{'CPU ms/fetch':>14}")
    for name, runs in (("first crawl", [each[0] for each in rounds]), ("revisit", [each[1] for each in rounds])):
        cpu, wall = (statistics.median(run[key] for run in runs) for key in ("cpu", "wall"))
        fetches = runs[0]["pages"]
        result[name] = {"fetches": fetches, "cpu_s": cpu, "wall_s": wall}
        print(f"{name:14}{fetches:>8}{cpu:>9.2f}{wall:>9.2f}{1000 * cpu / fetches:>14.3f}")
    result["ratio"] = statistics.median(again["cpu"] / first["cpu"] for first, again, _ in rounds)
    print(f"{result['not_modified']} pages not modified; CPU, revisit / first crawl: {result['ratio']:.3f}"
          f"   (budget {BUDGET:.2f})")
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()

    corpus = corpus_dir()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        sys.exit("revisit: needs two CPUs, one for the web server")
    with tempfile.TemporaryDirectory(prefix="revisit-", dir=options.build) as name:
        folder = pathlib.Path(name).resolve()
        nginx = pipeline.Nginx(folder, [corpus], cpus[-1])
        try:
            seed = nginx.urls()[0] + "api/index.html"
            rounds = [one_round(options.build.resolve(), folder, seed, set(cpus[:-1]))
                      for _ in range(options.rounds)]
        finally:
            nginx.stop()
    if len({(first["pages"], again["pages"], unchanged) for first, again, unchanged in rounds}) != 1:
        sys.exit("the rounds did not read the same number of pages")
    result = report(rounds)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
