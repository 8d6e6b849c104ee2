# SPDX-License-Identifier: MIT
"""Calls that fail, and deaths at chosen calls, in a `crawl` that is started with

    place.start(*arguments, environment=faults.environment("fdatasync@-wal:3:kill"))

tests/support/faults/plan.h says what a fault is. They concern the coordinator only: fetchers are started
with an environment of their own, which is empty."""

import collections
import os
import pathlib

import crawl_run


def library():
    return pathlib.Path(os.environ.get("CRAWL_TEST_PROGRAMS", ""), "libcrawl_faults.so").absolute()


def needed():
    """For crawl_run.main(): builds with a sanitizer have no such library."""
    if not library().is_file():
        crawl_run.skip_all(f"there is no {library()}: a build with a sanitizer")


def environment(*faults, report=None):
    """What makes these faults strike. `report`: the file that Report reads."""
    variables = {"LD_PRELOAD": str(library()), "CRAWL_FAULT": ";".join(faults)}
    if report is not None:
        variables["CRAWL_FAULT_REPORT"] = str(report)
    return variables


class Report:
    """What the library has written of one or more runs. A process that is killed, or aborts, tells only
    which faults have struck."""

    def __init__(self, path):
        self.calls = collections.Counter()  # of each function
        self.seen = collections.Counter()  # of each fault: the calls it concerns
        self.fired = set()  # faults that have struck
        self.open = {}  # at the end: descriptor: what it is open on
        lines = pathlib.Path(path).read_text().splitlines() if os.path.exists(path) else []
        for line in lines:
            kind, _, rest = line.partition(" ")
            name, _, count = rest.rpartition(" ")
            if kind == "calls":
                self.calls[name] += int(count)
            elif kind == "spec":
                self.seen[name] += int(count)
            elif kind == "fired":
                self.fired.add(name)
            elif kind == "open":
                descriptor, _, target = name.partition(" ")
                self.open[int(descriptor)] = target
