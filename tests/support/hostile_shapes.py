# SPDX-License-Identifier: MIT
"""Documents whose shape costs whoever reads them most, of any size: quadratic time in gumbo, memory many times
the input, deep recursion, repeated work. SHAPES: name -> Shape."""

import dataclasses
import json
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Shape:
    make: Callable[[int], bytes]  # of about that many bytes
    content_type: str = "text/html; charset=utf-8"


def repeated(unit, before=b"", after=b""):
    def make(size):
        room = size - len(before) - len(after)
        return before + unit * (room // len(unit)) + after
    return make


def numbered(unit, before=b"", after=b""):
    """`unit`: a format with one number, which is different each time."""
    def make(size):
        parts, left, n = [before], size - len(before) - len(after), 0
        while left > 0:
            piece = unit % n
            parts.append(piece)
            left -= len(piece)
            n += 1
        return b"".join([*parts, after])
    return make


def halves(first, second, before=b"", after=b""):
    """One unit many times, then the other as often."""
    def make(size):
        count = (size - len(before) - len(after)) // (len(first) + len(second))
        return before + first * count + second * count + after
    return make


def thirds_of_numbers(first, second, before=b""):
    def make(size):
        count = (size - len(before)) // (len(first % 10 ** 6) + len(second % 10 ** 6))
        return before + b"".join(first % n for n in range(count)) + b"".join(second % n for n in range(count))
    return make


def json_ld(unit, after):
    return halves(unit, after, b"<!doctype html><title>t</title><script type=application/ld+json>", b"</script>")


def wide_json(size):
    members = {f"k{n}": [n] for n in range(size // 18)}
    return b"<script type=application/ld+json>" + json.dumps(members).encode() + b"</script>"


SITEMAP = b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
XML = "text/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

SHAPES = {
    # What gumbo takes quadratic time for, most of all.
    "nested-span": Shape(repeated(b"<span>")),
    "nested-div": Shape(repeated(b"<div>")),
    "nested-div-closed": Shape(halves(b"<div>", b"</div>")),
    "nested-b": Shape(repeated(b"<b>")),
    "nested-a-p": Shape(repeated(b"<a href=x><p>")),
    "nested-list": Shape(repeated(b"<ul><li>")),
    "nested-dl": Shape(repeated(b"<dl><dd>")),
    "nested-table": Shape(repeated(b"<table><tr><td>")),
    "nested-button": Shape(repeated(b"<button>")),
    "nested-select": Shape(repeated(b"<select><option>")),
    "nested-frameset": Shape(repeated(b"<frameset>")),
    "nested-g": Shape(repeated(b"<g>", b"<svg>")),
    "nested-math": Shape(repeated(b"<mrow>", b"<math>")),
    "fonts-all-different": Shape(numbered(b"<font color=%d>")),
    "fonts-then-blocks": Shape(numbered(b"<font color=%d><p>")),
    "formatting-misnested": Shape(repeated(b"<b><i><u></b></i>")),
    "formatting-closed-late": Shape(halves(b"<i>", b"</b>")),
    "svg-g-then-x": Shape(halves(b"<g>", b"</x>", b"<svg>")),
    "svg-foreign-object": Shape(repeated(b"<svg><foreignObject>")),
    "math-annotation": Shape(repeated(b"<math><annotation-xml encoding=text/html>")),
    "templates": Shape(repeated(b"<template>")),
    "templates-in-tables": Shape(repeated(b"<table><template><tr>")),
    "foster-parents": Shape(repeated(b"<b>x", b"<table>")),
    "foster-text": Shape(repeated(b"<tr>x", b"<table>")),
    "one-tag-attributes": Shape(numbered(b" a%d=1", b"<p", b">x")),
    "one-tag-equal-attributes": Shape(repeated(b" a=1", b"<p", b">x")),
    "html-attributes-repeated": Shape(numbered(b"<html a%d=1>")),
    "body-attributes-repeated": Shape(numbered(b"<body a%d=1>")),
    "end-tags-only": Shape(repeated(b"</p>")),
    "end-tags-unknown": Shape(halves(b"<div>", b"</y>")),
    # What costs memory or takes long in the tokenizer.
    "comment-open": Shape(repeated(b"x ", b"<!--")),
    "comments": Shape(repeated(b"<!-->")),
    "comments-broken": Shape(repeated(b"<!")),
    "script-open": Shape(repeated(b"a<b;", b"<script>")),
    "script-escaped": Shape(repeated(b"<!--<script>", b"<script>")),
    "textarea-open": Shape(repeated(b"</textare>", b"<textarea>")),
    "plaintext": Shape(repeated(b"<b>x</b>\n", b"<plaintext>")),
    "cdata": Shape(repeated(b"<![CDATA[x]]>", b"<svg>")),
    "doctype-endless": Shape(repeated(b"y ", b"<!doctype ")),
    "entities": Shape(repeated(b"&amp;")),
    "entities-open": Shape(repeated(b"&CounterClockwiseContourIntegra")),
    "numeric-entities": Shape(repeated(b"&#x10FFFF;")),
    "tag-name-huge": Shape(repeated(b"a", b"<")),
    "attribute-huge": Shape(repeated(b"a", b"<p title='", b"'>x")),
    "title-huge": Shape(repeated(b"word ", b"<title>", b"</title>x")),
    "nul-bytes": Shape(repeated(b"\0")),
    "less-than": Shape(repeated(b"<")),
    "carriage-returns": Shape(repeated(b"\r")),
    # What is done with the tree.
    "links": Shape(numbered(b"<a href=%d>x</a>")),
    "links-long": Shape(numbered(b"<a href=/" + b"y" * 4000 + b"%d>x</a>")),
    "links-long-base": Shape(numbered(b"<a href=%d>x</a>", b"<base href='/" + b"b" * 7900 + b"/'>")),
    "links-too-long": Shape(numbered(b"<a href=/" + b"y" * 100_000 + b"%d>x</a>")),
    "links-dots": Shape(repeated(b"<a href='" + b"../" * 2000 + b"'>x</a>")),
    "links-nested-anchors": Shape(numbered(b"<a href=%d><object>")),
    "link-megabyte": Shape(repeated(b"/a", b"<a href='", b"'>x</a>")),
    "anchor-megabyte": Shape(repeated(b"word ", b"<a href=x>", b"</a>")),
    "srcset": Shape(numbered(b"i%d.png 2x, ", b"<img srcset='", b"'>")),
    "srcset-commas": Shape(repeated(b",", b"<img srcset='", b"'>")),
    "base-many": Shape(numbered(b"<base href=/%d/><a href=x>y</a>")),
    "meta-refresh-many": Shape(numbered(b"<meta http-equiv=refresh content='0;url=/%d'>")),
    "meta-many": Shape(numbered(b"<meta property=og:x%d content=y>")),
    "headings": Shape(repeated(b"<h1>x</h1>")),
    "headings-nested": Shape(repeated(b"<h1><div>x")),
    "hreflang": Shape(numbered(b"<link rel=alternate hreflang=de href=/%d>")),
    "class-names": Shape(repeated(b"sidebar-x ", b"<div class='", b"'>x</div>")),
    "blocks-short": Shape(repeated(b"<p>x")),
    "blocks-cells": Shape(repeated(b"<td>x", b"<table><tr>")),
    "rel-words": Shape(numbered(b"r%d ", b"<a href=x rel='", b"'>x</a>")),
    "styles": Shape(numbered(b"<i style='a:url(%d)'>")),
    "style-urls": Shape(numbered(b"a{b:url(%d)}", b"<style>", b"</style>")),
    "style-open": Shape(repeated(b"url(", b"<style>", b"</style>")),
    "style-comments": Shape(repeated(b"/*", b"<style>", b"</style>")),
    "json-ld-deep": Shape(json_ld(b'{"a":[', b"]}")),
    "json-ld-deep-open": Shape(repeated(b'[', b"<script type=application/ld+json>", b"</script>")),
    "json-ld-wide": Shape(wide_json),
    "json-ld-many": Shape(numbered(b'<script type=application/ld+json>{"a":%d}</script>')),
    "microdata-nested": Shape(repeated(b"<i itemscope itemprop=a>")),
    "microdata-wide": Shape(numbered(b"<i itemprop=p%d>x</i>", b"<div itemscope>", b"</div>")),
    "microdata-loops": Shape(numbered(b"<i itemscope itemprop=a id=i%d itemref='i0 i1 i2 i3'></i>")),
    "microdata-references": Shape(numbered(b"i%d ", b"<p id=i0 itemprop=a>x</p><p itemscope itemref='", b"'>")),
    "microdata-text": Shape(repeated(b"<i itemscope><b itemprop=a>x")),
    "robots-directives": Shape(repeated(b"noindex,", b"<meta name=robots content='", b"'>x")),
    # Text.
    "one-word": Shape(repeated(b"x"), TEXT),
    "words": Shape(numbered(b"w%d "), TEXT),
    "spaces": Shape(repeated(b" "), TEXT),
    "lines": Shape(repeated(b"\n"), TEXT),
    "combining": Shape(repeated("\u0300".encode()), TEXT),
    "wide-words": Shape(repeated("漢".encode()), TEXT),
    "not-utf-8": Shape(repeated(b"\xff"), TEXT),
    "surrogates": Shape(repeated(b"\xed\xa0\x80"), TEXT),
    "latin": Shape(repeated(b"\x80\xe9"), "text/html; charset=windows-1252"),
    "shift-jis-errors": Shape(repeated(b"\xa0"), "text/html; charset=shift_jis"),
    "shift-jis-words": Shape(repeated(b"\x88\x9f"), "text/html; charset=shift_jis"),
    "gb18030-differences": Shape(repeated(b"\xa3\xa0"), "text/html; charset=gb18030"),
    "utf-16": Shape(repeated(b"\x00\x4e"), "text/html; charset=utf-16le"),
    "utf-16-surrogates": Shape(repeated(b"\x00\xd8"), "text/html; charset=utf-16le"),
    "iso-2022-jp-escapes": Shape(repeated(b"\x1b$B\x1b(B"), "text/html; charset=iso-2022-jp"),
    "big5": Shape(repeated(b"\x88\x62"), "text/html; charset=big5"),
    "euc-kr-halves": Shape(repeated(b"\xfe\x20"), "text/html; charset=euc-kr"),
    "undeclared": Shape(repeated(b"\xe9\x8e\xfd a"), "text/html"),
    # XML and CSS.
    "xml-deep": Shape(repeated(b"<url>", SITEMAP), XML),
    "xml-attributes": Shape(numbered(b" a%d='1'", SITEMAP + b"<url", b"/></urlset>"), XML),
    "xml-entities": Shape(repeated(b"&x9;", b'<!DOCTYPE a [<!ENTITY x9 "xxxxxxxx">]><urlset>'), XML),
    "xml-entries": Shape(numbered(b"<url><loc>http://127.0.0.1/%d</loc></url>", SITEMAP, b"</urlset>"), XML),
    "xml-namespaces": Shape(numbered(b"<a xmlns:n%d='u'>", SITEMAP), XML),
    "xml-text": Shape(repeated(b"x ", SITEMAP + b"<url><loc>"), XML),
    "feed-content": Shape(repeated(b"&lt;a href=x&gt;", b"<rss><channel><item><description>"), "application/rss+xml"),
    "feed-items": Shape(numbered(b"<item><title>%d</title><link>/a</link></item>", b"<rss><channel>",
                                 b"</channel></rss>"), "application/rss+xml"),
    "feed-bases": Shape(numbered(b"<entry xml:base='b%d/'>", b"<feed xmlns='http://www.w3.org/2005/Atom'>"),
                        "application/atom+xml"),
    "css-urls": Shape(numbered(b"a{b:url(%d)}"), "text/css"),
    "css-imports": Shape(numbered(b"@import '%d';"), "text/css"),
    "css-open": Shape(repeated(b"url("), "text/css"),
    "css-strings": Shape(repeated(b"'\\\n"), "text/css"),
    "css-escapes": Shape(repeated(b"\\61 "), "text/css"),
}
