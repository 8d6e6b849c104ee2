# SPDX-License-Identifier: MIT
"""Strings that harm whoever shows them raw, and what no output may hold."""

import json
import os
import pathlib
import unicodedata

# Format characters that have a shape, or that words and emoji are written with.
SHOWN = {0x200C, 0x200D, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD,
         *range(0x600, 0x606), *range(0x13430, 0x13440)}

COMMANDS = [  # for a terminal
    "\x1b[2J", "\x1b[31mred\x1b[0m", "\x1b]0;owned\x07", "\x1b]0;owned\x1b\\", "\x1b]52;c;cm0gLXJm\x07", "\x1b[6n",
    "\x1bP$q\"p\x1b\\", "\x1b[?1049h", "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\", "\x1bc", "\x1b[3;1f", "\x9b2J",
    "\x9d0;owned\x9c", "\x90q\x9c", "\x84\x85\x8d\x8e", "\x07\x08\x0b\x0c\x0e\x0f\x7f", "a\rb", "a\r\nb", "a\nb", "a\tb",
    "\x00", "a\x00b", *map(chr, range(1, 0x20)), *map(chr, range(0x7F, 0xA0))]
LINES = [  # that look like one of ours
    "x\n00:00:00 error: forged", "x\r00:00:00 error: forged", "x\ncrawl: forged", "x\n  outcome     ok",
    "x\"}\n{\"level\":\"error\"}", "x\u202800:00:00 error: forged", "x\u2029y", "x\x0by", "x\x85y"]
UNSEEN = ["\u202eevil", "\u2066a\u2069", "\u200epay\u200f", "\u061c", "pay\u200bpal", "\ufeffx", "x\u00ady", "\u2060",
          "\u2064", "\u206a", "\u180e", "\ufff9a\ufffab\ufffb", "\U000e0001\U000e0041\U000e007f", "\U0001d173", "\U0001bca0"]
ACTIVE = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "\uff1d1", "=HYPERLINK(\"http://evil/\")",
          "<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "'><img src=x onerror=alert(1)>", "]]><x/>", "-->",
          "&#27;[2J", "%1b[2J", "%0d%0aX: y", "{\"a\":1}", "\\u001b[2J", "\\", "%s%n%d{}{0}", "'; DROP TABLE url; --"]
LONG = ["a" * 30_000, "\x1b[2J" * 5_000, "\u202e" * 5_000, "/" * 5_000]


def from_file():
    """The list of naughty strings, where it is."""
    folder = os.environ.get("CRAWL_CONFORMANCE_DIR")
    if not folder:
        folder = pathlib.Path(__file__).resolve().parents[3] / "shared" / "conformance"
    path = pathlib.Path(folder, "naughty-strings.json")
    if not path.is_file():
        print(f"SKIPPED in part: {path} is not here (CRAWL_CONFORMANCE_DIR)", flush=True)
        return []
    return json.loads(path.read_text())


def strings():
    return list(dict.fromkeys([*COMMANDS, *LINES, *UNSEEN, *ACTIVE, *LONG, *filter(None, from_file())]))


def is_harmful(character):
    """To be seen by nobody raw, whatever it is part of."""
    code, kind = ord(character), unicodedata.category(character)
    return kind in ("Cc", "Zl", "Zp", "Cs") or (kind == "Cf" and code not in SHOWN)


def harm(output, layout="\n"):
    """What is wrong with the bytes of an output; None where nothing is."""
    try:
        text = output.decode()
    except UnicodeDecodeError as error:
        return f"no UTF-8: {error}"
    for place, character in enumerate(text):
        if character not in layout and is_harmful(character):
            return f"U+{ord(character):04X} in {text[max(0, place - 60):place + 60]!r}"
    return None
