#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the dynamic sections of the programs: the linker's proof that storage and the web's bytes never meet
in one process, and that what listens is in one of its own. Usage: linkage.py CRAWL CRAWL-FETCHER CRAWL-SERVE"""

import re
import subprocess
import sys

WEB = {"libcurl", "libgumbo", "libcares", "libuchardet"}
STORAGE = {"libsqlite3"}
SERVER = {"libmicrohttpd"}


def dynamic_section(program):
    return subprocess.run(["readelf", "--wide", "--dynamic", program], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def needed(dynamic):
    """{'libcurl', …}: names without version."""
    return {re.split(r"\.so|-[0-9]", name)[0]
            for name in re.findall(r"\(NEEDED\).*\[([^\]]+)\]", dynamic)}


def check(program, dynamic, must, never):
    """Problems, as lines."""
    libraries = needed(dynamic)
    problems = [f"{program} does not link {name}" for name in sorted(must - libraries)]
    problems += [f"{program} links {name}" for name in sorted(never & libraries)]
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        problems.append(f"{program} has a library path of its own")
    if "BIND_NOW" not in dynamic and not re.search(r"FLAGS_1.*\bNOW\b", dynamic):
        problems.append(f"{program} is not linked with -z now")
    if not re.search(r"FLAGS_1.*\bPIE\b", dynamic):
        problems.append(f"{program} is not position independent")
    return problems


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    crawl, fetcher, server = sys.argv[1:]
    problems = check(crawl, dynamic_section(crawl), must=STORAGE, never=WEB | SERVER)
    problems += check(fetcher, dynamic_section(fetcher), must=WEB, never=STORAGE | SERVER)
    problems += check(server, dynamic_section(server), must=STORAGE | SERVER, never=WEB)
    print("\n".join(problems) or "each program links its own side only")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
