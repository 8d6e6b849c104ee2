#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file past 300 lines is named, past 500 it fails: one subject per file. Also: each source begins with
its licence, and each header with #pragma once after it. Usage: file_length.py [ROOT]"""

import pathlib
import sys

LONG, TOO_LONG = 300, 500
FOLDERS = ("base", "web", "ipc", "storage", "seeds", "fetcher", "report", "crawler", "tests", "bench", "cmake")
SUFFIXES = (".h", ".cc", ".py", ".sql", ".cmake", ".txt", "")
SPDX = "SPDX-License-Identifier: MIT"


def is_source(path):
    """Sources, and scripts without a suffix; not test data and not seed lists."""
    if path.suffix not in SUFFIXES or "data" in path.parts or "__pycache__" in path.parts:
        return False
    if path.suffix == ".txt":
        return path.name == "CMakeLists.txt"
    if path.suffix == "":
        return path.read_bytes().startswith(b"#!")
    return True


def check(root):
    """(problems, remarks), as lines."""
    problems, remarks = [], []
    files = [root / "bootstrap", root / "CMakeLists.txt", root / ".ci" / "run"]
    for folder in FOLDERS:
        files += sorted(path for path in (root / folder).rglob("*") if path.is_file())
    for file in files:
        if not file.is_file() or not is_source(file.relative_to(root) if file.suffix else file):
            continue
        path = file.relative_to(root).as_posix()
        lines = file.read_text(encoding="utf-8").splitlines()
        if not any(SPDX in line for line in lines[:2]):
            problems.append(f"{path}: does not begin with {SPDX}")
        if file.suffix == ".h" and "#pragma once" not in lines[:12]:
            problems.append(f"{path}: no #pragma once at its head")
        if len(lines) > TOO_LONG:
            problems.append(f"{path}: {len(lines)} lines; split it ({TOO_LONG} at most)")
        elif len(lines) > LONG:
            remarks.append(f"{path}: {len(lines)} lines")
    return problems, remarks


def main():
    problems, remarks = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    if remarks:
        print(f"past {LONG} lines (a question, not an error):", *remarks, sep="\n  ")
    print("\n".join(problems) or "no file is too long")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
