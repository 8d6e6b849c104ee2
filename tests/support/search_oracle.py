# SPDX-License-Identifier: MIT
"""What full text search must find, worked out from the pages that are stored by other means than crawl's own:
Python's idea of a word, and plain substrings where no spaces part the words."""

import random
import re
import unicodedata
import urllib.parse

WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]")


def folded(text):
    """Without case and accents of Latin, Greek and Cyrillic letters."""
    text = unicodedata.normalize("NFKC", text.replace("\u00ad", "")).casefold()
    kept = []
    for letter in unicodedata.normalize("NFD", text):
        if not (unicodedata.combining(letter) and kept and kept[-1].isascii()):
            kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))


def words_of(text):
    """Cut before they are folded, which makes letters of some signs ("™")."""
    return [folded(word) for word in WORD.findall(unicodedata.normalize("NFC", text.replace("\u00ad", "")))]


class Page:
    def __init__(self, url, *texts):
        self.url = url
        # Their order is that of the index's columns: a phrase lies within one.
        self.texts = [folded(text or "") for text in (*texts, url)]
        self.words = [words_of(text or "") for text in (*texts, url)]
        self.word_set = {word for words in self.words for word in words}

    def has(self, word):
        """A word of a script with spaces; a part of the text where there are none."""
        word = folded(word)
        return any(word in text for text in self.texts) if UNSPACED.match(word) else word in self.word_set

    def has_phrase(self, phrase):
        wanted = words_of(phrase)
        return any(words[i:i + len(wanted)] == wanted for words in self.words for i in range(len(words)))


def pages(place):
    """All that can be found, of a finished crawl."""
    return [Page(*row) for row in place.query(
        "SELECT url, title, description, main_text, text FROM pages WHERE text IS NOT NULL AND outcome = 'ok' "
        "AND changed_at IS NOT NULL AND document <> 'sitemap'")]


def sample_words(all_pages, count, seed=1):
    """Words that pages have: plain ones, and some of other scripts with spaces."""
    every = sorted({word for page in all_pages for word in page.word_set
                    if len(word) < 30 and not UNSPACED.search(word) and word.isalnum()
                    and (word.isascii() or unicodedata.category(word[0]).startswith("L"))})
    return random.Random(seed).sample(every, count)


def in_site(url, site):
    host = urllib.parse.urlsplit(url).hostname
    return host == site or host.endswith("." + site)
