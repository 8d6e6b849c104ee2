# SPDX-License-Identifier: MIT
"""The oracle for large sets of files: reads them in as many processes as there are CPUs, and keeps
of each page what a comparison needs rather than its words and links."""

import collections
import dataclasses
import gc
import hashlib
import multiprocessing
import os

import oracle

LINKS_MAX = 20_000  # of a page; docs/schema.md: links_dropped


@dataclasses.dataclass(frozen=True)
class Summary:
    """A page, for comparing."""
    status: int
    outcome: str
    title: str
    words: str
    links: tuple  # how many, and a hash of the multiset

    @staticmethod
    def of(page):
        return Summary(page.status, page.outcome, page.title, word_hash(page.words),
                       link_hash(page.links))


def word_hash(words):
    return f"{len(words)}:{hashlib.sha1(chr(0).join(words).encode('utf-8', 'replace')).hexdigest()}"


def link_hash(links):
    return len(links), sum(map(one_link_hash, links))


def one_link_hash(link):
    """Of (dst, kind, rel). Their sum depends on no order."""
    return int.from_bytes(hashlib.blake2b("\t".join(link).encode("utf-8", "replace"),
                                          digest_size=12).digest(), "little")


# ---- the files -----------------------------------------------------------------------------------

_sites = {}  # in the reading processes


def site_of(url, sites):
    return next((site for origin, site in sites.items() if url.startswith(origin + "/")), None)


def fetch(url, sites):
    page = site_of(url, sites).fetch(url)
    if len(page.links) > LINKS_MAX:
        del page.links[LINKS_MAX:]
        kept = {dst for dst, _, _ in page.links}
        page.followed = [target for target in page.followed if target in kept]
    return page


def _begin(sites):
    gc.disable()  # what is read makes no cycles
    _sites.update(sites)


def _read(url):
    page = fetch(url, _sites)
    return url, Summary.of(page), [target for target in dict.fromkeys(page.followed)
                                   if site_of(target, _sites)]


def closure(sites, seeds):
    """{url: Summary} of everything that can be reached from `seeds` without leaving `sites`."""
    by_origin = {site.origin: site for site in sites}
    pages = {}
    level = list(dict.fromkeys(map(oracle.canonical, seeds)))
    known = set(level)
    with multiprocessing.get_context("fork").Pool(
            len(os.sched_getaffinity(0)), _begin, (by_origin,)) as pool:
        while level:
            found = []
            for url, page, followed in pool.imap_unordered(_read, level, chunksize=8):
                pages[url] = page
                for target in followed:
                    if target not in known:
                        known.add(target)
                        found.append(target)
            level = found
    return pages


# ---- the database --------------------------------------------------------------------------------


def stored(connection):
    """{url: Summary} as the database has it."""
    counts, sums = collections.Counter(), collections.Counter()
    for src, *link in connection.execute("SELECT src, dst, kind, coalesce(rel, '') FROM links"):
        counts[src] += 1
        sums[src] += one_link_hash(link)
    return {url: Summary(status, outcome, title or "", word_hash(oracle.words(text or "")),
                         (counts[url], sums[url]))
            for url, status, outcome, title, text in connection.execute(
                "SELECT url, status, outcome, title, text FROM pages")}


def stored_page(connection, url):
    """All of one page, as an oracle.Page."""
    status, outcome, title, text = connection.execute(
        "SELECT status, outcome, title, text FROM pages WHERE url = ?", (url,)).fetchone()
    return oracle.Page(url, status, outcome, title or "", oracle.words(text or ""), connection.execute(
        "SELECT dst, kind, coalesce(rel, '') FROM links WHERE src = ? ORDER BY seq", (url,)).fetchall())


# ---- both ----------------------------------------------------------------------------------------


def differences(connection, expected, sites, examples=3):
    """{what: (how many pages, the first of them)}: stored, then expected. Empty where all is right."""
    found = stored(connection)
    report = {}
    for what, urls in (("stored, not in the files", found.keys() - expected.keys()),
                       ("in the files, not stored", expected.keys() - found.keys())):
        if urls:
            report[what] = (len(urls), sorted(urls)[:10])
    by_origin = {site.origin: site for site in sites}
    for field in (each.name for each in dataclasses.fields(Summary)):
        urls = sorted(url for url in expected.keys() & found.keys()
                      if getattr(expected[url], field) != getattr(found[url], field))
        if urls:
            report[field] = (len(urls), [
                (url, *first_difference(getattr(stored_page(connection, url), field),
                                        getattr(fetch(url, by_origin), field)))
                for url in urls[:examples]])
    return report


def first_difference(ours, theirs):
    """The part that tells what is wrong."""
    if not isinstance(ours, list):
        return ours, theirs
    if any(isinstance(each, tuple) for each in ours + theirs):
        ours, theirs = collections.Counter(ours), collections.Counter(theirs)
        return sorted((ours - theirs).elements())[:5], sorted((theirs - ours).elements())[:5]
    at = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]),
              min(len(ours), len(theirs)))
    return ours[max(0, at - 3):at + 5], theirs[max(0, at - 3):at + 5]
