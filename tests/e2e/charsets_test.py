#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Japanese, Korean, Russian and Chinese documentation as it is, in UTF-8, and written again in the
encodings that such pages had before: title and text of each copy are those of the original."""

import functools
import os
import re
import sys
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx
import oracle

APTITUDE, JAPANESE, KOREAN, RUSSIAN, CHINESE = CORPORA = [
    "aptitude/html/ja", "debian-handbook/html/ja-JP", "debian-handbook/html/ko-KR",
    "debian-handbook/html/ru-RU", "debian-handbook/html/zh-CN"]
FAST = ["--delay", "0", "--host-concurrency", "16"]

# What Python's codec and the Encoding Standard's table read differently: written as references.
DIFFERENT = {"euc_jp": "\u301c\u2016\u2212\xa2\xa3\xac\xa5\u203e\uff3c",
             "iso2022_jp": "\u301c\u2016\u2212\xa2\xa3\xac\xa5\u203e\uff3c"}


def label(codec):
    """The Encoding Standard's label of one of Python's codecs."""
    return re.sub("^cp125", "windows-125", codec).replace("_", "-").replace(
        "iso2022", "iso-2022").replace("iso8859", "iso-8859")


class Copy:
    """A corpus in another encoding. `label`: what the page or the server calls it."""

    def __init__(self, corpus, codec, charset, source, label, bom=b"", header=None):
        self.corpus, self.codec, self.charset, self.source = corpus, codec, charset, source
        self.label, self.bom, self.header = label, bom, header

    def write(self, folder):
        folder.mkdir()
        for file in crawl_run.corpus(self.corpus).glob("*.html"):
            text = file.read_text(encoding="utf-8")
            # Says UTF-8, which is still there to mislead where something stronger decides.
            if self.source in ("meta", "detector"):
                text = re.sub(r"^<\?xml[^>]*\?>", "", text)
                meta = f'<meta http-equiv="Content-Type" content="text/html; charset={self.label}">'
                text, count = re.subn(r"<meta [^>]*charset[^>]*>", meta if self.label else "", text)
                assert count == 1, file
            (folder / file.name).write_bytes(self.bom + self.encoded(text))
        return folder

    def encoded(self, text):
        for character in DIFFERENT.get(self.codec, ""):
            text = text.replace(character, f"&#{ord(character)};")
        return text.encode(self.codec, "xmlcharrefreplace")

    def options(self):
        label = self.header or (self.label if self.source == "http" else None)
        return f"charset {label};" if label else ""


COPIES = {
    # As it is; and where a header, or its absence, makes no difference.
    "aptitude": Copy(APTITUDE, "utf-8", "UTF-8", "meta", "utf-8"),
    "ja": Copy(JAPANESE, "utf-8", "UTF-8", "meta", "UTF-8"),
    "ko": Copy(KOREAN, "utf-8", "UTF-8", "http", "utf8"),
    "ru": Copy(RUSSIAN, "utf-8", "UTF-8", "bom", "", bom=b"\xef\xbb\xbf", header="koi8-r"),
    "zh": Copy(CHINESE, "utf-8", "UTF-8", "detector", ""),

    "aptitude-euc": Copy(APTITUDE, "euc_jp", "EUC-JP", "meta", "euc-jp"),
    "aptitude-sjis": Copy(APTITUDE, "cp932", "Shift_JIS", "http", "Windows-31J"),
    "aptitude-jis": Copy(APTITUDE, "iso2022_jp", "ISO-2022-JP", "meta", "csISO2022JP"),
    "ja-euc": Copy(JAPANESE, "euc_jp", "EUC-JP", "http", "x-euc-jp"),
    "ja-sjis": Copy(JAPANESE, "cp932", "Shift_JIS", "meta", "x-sjis"),
    "ja-jis": Copy(JAPANESE, "iso2022_jp", "ISO-2022-JP", "http", "ISO-2022-JP"),
    "ja-utf16le": Copy(JAPANESE, "utf-16-le", "UTF-16LE", "bom", "", bom=b"\xff\xfe"),
    "ja-utf16be": Copy(JAPANESE, "utf-16-be", "UTF-16BE", "bom", "", bom=b"\xfe\xff",
                       header="shift_jis"),
    "ja-utf16-header": Copy(JAPANESE, "utf-16-le", "UTF-16LE", "http", "utf-16"),
    "ko-euc": Copy(KOREAN, "cp949", "EUC-KR", "meta", "euc-kr"),
    "ko-949": Copy(KOREAN, "cp949", "EUC-KR", "http", "ks_c_5601-1987"),
    "ru-koi": Copy(RUSSIAN, "koi8_r", "KOI8-R", "meta", "koi8-r"),
    "ru-1251": Copy(RUSSIAN, "cp1251", "windows-1251", "http", "windows-1251"),
    "ru-iso": Copy(RUSSIAN, "iso8859_5", "ISO-8859-5", "meta", "iso-ir-144"),
    "zh-gb": Copy(CHINESE, "gb18030", "gb18030", "meta", "gb18030"),
}


class Charsets(crawl_run.EndToEnd):
    def test_every_encoding(self):
        roots = {f"{name}.localhost": copy.write(self.place.folder / name)
                 for name, copy in COPIES.items()}
        server = nginx.Nginx(self.place.folder, roots, site_options={
            f"{name}.localhost": copy.options() for name, copy in COPIES.items()})
        self.addCleanup(server.stop)
        seeds = [server.url(f"{name}.localhost", "/index.html") for name in COPIES]
        self.crawl(*FAST, "--no-sitemaps", self.place.write("seeds.txt", "\n".join(seeds)))
        pages = {name: self.pages(server.url(f"{name}.localhost", "/")) for name in COPIES}
        for name in ("aptitude", "ja", "ko", "ru", "zh"):
            self.check_original(server.url(f"{name}.localhost", ""), roots[f"{name}.localhost"], pages[name])
        for name, copy in COPIES.items():
            with self.subTest(copy=name):
                original = next(key for key in COPIES if COPIES[key].corpus == copy.corpus)
                self.assertEqual({charset for *_, charset in pages[name].values()},
                                 {(copy.charset, copy.source)})
                self.assertEqual(sorted(pages[name]), sorted(pages[original]))
                self.assertGreater(len(pages[name]), 80)
                for file, (title, text, _) in pages[name].items():
                    self.assertEqual((title, text), pages[original][file][:2], file)

    def check_original(self, origin, root, pages):
        site = oracle.Site(origin, root, nginx.TYPES, nginx.DEFAULT_TYPE)
        for file, (title, text, _) in pages.items():
            expected = site.fetch(f"{origin}/{file}")
            self.assertEqual((title, oracle.words(text)), (expected.title, expected.words), file)

    def test_queries_are_in_the_encoding_of_their_page(self):
        """Python's codecs against ours. Paths, UTF-16 and what the encoding lacks: URL Standard."""
        words = {"utf-8": "日本", "euc_jp": "日本", "cp932": "日本表ソ", "iso2022_jp": "日本",
                 "utf-16-le": "日本", "cp949": "한국", "koi8_r": "да", "cp1251": "да\u262d",
                 "iso8859_5": "да", "gb18030": "中\U0001f600", "big5": "中功", "cp1252": "é\u20ac"}
        folder = self.place.folder / "queries"
        folder.mkdir()
        labels = {"cp932": "shift_jis", "utf-16-le": "utf-16", "cp949": "euc-kr"}
        expected = {}
        names = {codec: codec.replace("_", "-") for codec in words}
        for codec, word in words.items():
            text = f'<!DOCTYPE html><title>t</title><a href="/{word}?q={word}#{word}">a</a>'
            (folder / f"{names[codec]}.html").write_bytes(text.encode(codec, "xmlcharrefreplace"))
            encoded = word.encode("utf-8" if "utf" in codec else codec, "xmlcharrefreplace")
            expected[names[codec]] = f"/{quote(word)}?q=" + quote(encoded, safe="!$()*+,/:=?@[\\]^`{|}~")
        server = nginx.Nginx(self.place.folder, {"q.localhost": folder}, site_options={
            "q.localhost": "".join(
                f'location = /{names[codec]}.html {{ charset {labels.get(codec, label(codec))}; }}'
                for codec in words)})
        self.addCleanup(server.stop)
        seeds = [server.url("q.localhost", f"/{name}.html") for name in names.values()]
        self.crawl(*FAST, "--no-sitemaps", self.place.write("seeds.txt", "\n".join(seeds)))
        origin = server.url("q.localhost", "")
        found = self.place.query("SELECT src, dst FROM links WHERE kind = 'a'")
        self.assertEqual({src.removeprefix(origin + "/"): dst.removeprefix(origin)
                          for src, dst in found},
                         {f"{name}.html": target for name, target in expected.items()})

    def pages(self, origin):
        return {url.removeprefix(origin): (title, text, (charset, source))
                for url, title, text, charset, source in self.place.query(
                    "SELECT url, title, text, charset, charset_source FROM pages "
                    "WHERE outcome = 'ok' AND substr(url, 1, ?) = ?", len(origin), origin)}


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, *(functools.partial(crawl_run.corpus, each) for each in CORPORA))
