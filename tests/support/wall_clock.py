# SPDX-License-Identifier: MIT
"""A wall clock of its own for a `crawl`, to be set at any time, also while it runs:

    clock = WallClock(folder)
    place.start(*arguments, environment=clock.environment())
    clock.set(365 * DAY_S)

It concerns the coordinator only: fetchers are started with an empty environment."""

import os
import pathlib
import struct
import time

import crawl_run

DAY_S = 86_400
YEAR_S = 365 * DAY_S


def library():
    return pathlib.Path(os.environ.get("CRAWL_TEST_PROGRAMS", ""), "libcrawl_wall_clock.so").absolute()


def needed():
    """For crawl_run.main(): builds with a sanitizer have no such library."""
    if not library().is_file():
        crawl_run.skip_all(f"there is no {library()}: a build with a sanitizer")


class WallClock:
    def __init__(self, folder):
        self._path = pathlib.Path(folder, "wall_clock")
        self.offset_s = 0
        self._path.write_bytes(struct.pack("q", 0))

    def set(self, offset_s):
        self.offset_s = offset_s
        with self._path.open("r+b") as file:
            file.write(struct.pack("q", offset_s))

    def now_ms(self):
        return int((time.time() + self.offset_s) * 1000)

    def environment(self):
        return {"LD_PRELOAD": str(library()), "CRAWL_WALL_CLOCK": str(self._path)}
