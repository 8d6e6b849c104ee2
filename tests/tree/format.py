#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every C++ file is as clang-format writes it. Exits 77 (skipped) where no clang-format 14 to 16 is
installed: other versions differ in details. Usage: format.py [ROOT]"""

import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
VERSIONS = range(14, 17)
FOLDERS = ("base", "web", "ipc", "storage", "seeds", "fetcher", "report", "crawler", "tests", "bench")


def find_tool():
    for name in ["clang-format", *(f"clang-format-{version}" for version in VERSIONS)]:
        tool = shutil.which(name)
        if not tool:
            continue
        text = subprocess.run([tool, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout
        version = re.search(r"version (\d+)", text)
        if version and int(version[1]) in VERSIONS:
            return tool
    return None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    tool = find_tool()
    if not tool:
        print("clang-format is not installed")
        return SKIPPED
    files = [str(path) for folder in FOLDERS for suffix in ("*.h", "*.cc")
             for path in sorted((root / folder).rglob(suffix)) if "data" not in path.parts]
    return subprocess.run([tool, "--dry-run", "--Werror", "--style=file", *files]).returncode


if __name__ == "__main__":
    sys.exit(main())
