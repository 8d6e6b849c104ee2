#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What does `crawl report` cost as the database grows?

Fills databases of some sizes by SQL (tests/support/large_crawl.py), makes a report of each with the usual
patience, and prints seconds, processor time and the most memory it had.

Usage: report.py BUILD_DIR [--urls N...] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))

import large_crawl


def measure(crawl, database, page):
    begun = time.monotonic()
    with subprocess.Popen([crawl, "report", "-d", database, "-o", page]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"report: exit {process.returncode}")
    return {"wall_s": time.monotonic() - begun, "cpu_s": usage.ru_utime + usage.ru_stime,
            "memory_mib": usage.ru_maxrss / 1024, "page_kib": page.stat().st_size / 1024,
            "out_of_time": len(set(re.findall(r"Not complete: ([^<]*) could not", page.read_text())))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--urls", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    crawl = options.build / "crawl"
    results = {}
    print(f"{'URLs':>12}{'wall s':>9}{'CPU s':>9}{'MiB':>8}{'page KiB':>10}{'sections out of time':>22}")
    with tempfile.TemporaryDirectory(prefix="crawl-bench-", dir=options.build) as folder:
        database, page = pathlib.Path(folder, "crawl.db"), pathlib.Path(folder, "report.html")
        # Nothing can be crawled here, but the database is made.
        subprocess.run([crawl, "-q", "--no-progress", "-d", database, "--retries", "0", "http://nowhere.invalid/"],
                       stderr=subprocess.DEVNULL, check=False)
        for urls in options.urls:
            large_crawl.fill(database, urls)
            one = results[urls] = measure(crawl, database, page)
            print(f"{urls:>12,}{one['wall_s']:>9.1f}{one['cpu_s']:>9.1f}{one['memory_mib']:>8.0f}"
                  f"{one['page_kib']:>10.0f}{one['out_of_time']:>22}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
