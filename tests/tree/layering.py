#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on any #include that the layers do not permit. Usage: layering.py [ROOT]

Every include must be explained by a table below: one of ours by LAYERS, a third-party header by
THIRD_PARTY, a system header by its form. An unknown header is an error, so a new dependency is a
decision written down here.
"""

import pathlib
import re
import sys

# What each folder may include of ours (itself always).
LAYERS = {
    "base": set(),
    "web": {"base"},
    "ipc": {"base"},
    "storage": {"base", "web"},
    "seeds": {"base", "web"},
    "fetcher": {"base", "web", "ipc"},
    "report": {"base", "web", "storage"},
    "archive": {"base", "web"},
    "reader": {"base", "web", "storage", "report", "archive"},
    "serve": {"base", "web", "storage", "reader", "report"},
    "crawler": {"base", "web", "ipc", "storage", "seeds", "reader", "archive"},
}

# Which folders or files may include a third-party header, by prefix of its name.
THIRD_PARTY = {
    "boost/": {"ipc/shared_queue."},
    "sqlite3.h": {"storage/", "tests/support/faults/", "tests/support/memory_", "tests/campaigns/disk_"},
    "curl/": {"fetcher/"},
    "openssl/": {"fetcher/ca_store.", "archive/digest."},
    "ares": {"fetcher/"},
    "gumbo.h": {"fetcher/"},
    "uchardet": {"fetcher/"},
    "unicode/": {"web/", "fetcher/"},
    "libpsl.h": {"web/"},
    "expat.h": {"fetcher/xml_reader.", "fetcher/library_versions."},
    "zlib.h": {"fetcher/gunzip.", "archive/gzip."},
    "seccomp.h": {"fetcher/"},
    "xxhash.h": {"web/", "storage/", "fetcher/", "crawler/", "reader/", "tests/campaigns/disk_", "tests/support/lying_"},
    "zstd": {"fetcher/", "storage/"},
    "fmt/": {"storage/", "report/", "reader/", "serve/", "crawler/"},
    "CLI/": {"crawler/"},
    "re2/": {"crawler/"},
    "microhttpd.h": {"serve/http_server."},
    "nlohmann/": {"reader/", "crawler/", "serve/", "fetcher/json_ld."},
    "cld2/": {"fetcher/language."},
    "catch2/": {"tests/support/catch"},
    "benchmark/": {"bench/"},
    "fuzzer/": {"tests/fuzz/"},
}

CXX_STANDARD = re.compile(r"[a-z_0-9]+")
POSIX_FOLDERS = ("sys/", "netinet/", "arpa/", "linux/", "net/")
POSIX = {
    "dirent.h", "dlfcn.h", "errno.h", "fcntl.h", "grp.h", "link.h", "limits.h", "malloc.h", "netdb.h", "poll.h",
    "pthread.h", "pwd.h", "sched.h", "setjmp.h", "signal.h", "spawn.h", "stdint.h", "stdlib.h", "string.h",
    "strings.h", "sysexits.h", "syslog.h", "termios.h", "time.h", "unistd.h",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SOURCES = (".h", ".cc")


def may_use_layer(path, layer):
    """May the file at `path` include headers of `layer`?"""
    parts = path.split("/")
    if parts[0] in LAYERS:
        return layer == parts[0] or layer in LAYERS[parts[0]]
    if parts[0] == "tests" and parts[1] in LAYERS:
        return layer in ("tests", parts[1]) or layer in LAYERS[parts[1]]
    # tests/support, tests/fuzz, tests/e2e and bench look at any layer, one program at a time.
    return parts[0] in ("tests", "bench")


def may_use_third_party(path, header):
    """None: not a known third-party header."""
    for prefix, users in THIRD_PARTY.items():
        if not header.startswith(prefix):
            continue
        if path.startswith(("bench/", "tests/fuzz/")):
            return True
        if prefix == "nlohmann/" and path.startswith("tests/"):
            return True  # test data
        # The tests of a layer may look at what the layer itself uses.
        mirrored = re.sub(r"^tests/(?!support/)", "", path)
        return any(path.startswith(user) or mirrored.startswith(user) for user in users)
    return None


def problem_with(root, path, ours, system):
    if ours is not None:
        if may_use_third_party(path, ours) is not None:
            return f'write third-party headers in angle brackets: "{ours}"'
        if not (root / ours).is_file():
            return f'"{ours}" is not a path from the top of the tree'
        layer = ours.split("/")[0]
        return None if may_use_layer(path, layer) else f'"{ours}": {layer}/ is not for this folder'
    allowed = may_use_third_party(path, system)
    if allowed is not None:
        return None if allowed else f"<{system}> is not for this folder"
    if CXX_STANDARD.fullmatch(system) or system in POSIX or system.startswith(POSIX_FOLDERS):
        return None
    return f"<{system}> is unknown: name it in tests/tree/layering.py"


def check(root):
    """All problems, as lines."""
    problems = []
    for folder in [*LAYERS, "tests", "bench"]:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                problem = match and problem_with(root, path, match[1], match[2])
                if problem:
                    problems.append(f"{path}:{number}: {problem}")
    return problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems = check(root)
    print("\n".join(problems) or "every include is permitted")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
