# SPDX-License-Identifier: MIT
"""Every behaviour there is, as one table. See hostile_server.py; the prose is docs/hostile.md."""

from hostile_answers import CONNECTIONS, DESYNC, REDIRECTS, STATUS, tls_behaviours
from hostile_http import BOMBS, CHUNKS, ENDLESS, HEADERS, LENGTHS, SLOW
from hostile_pages import CHARSETS, LINKS, ROBOTS, SITEMAPS, TRAPS, TYPES, shapes


def table(shape_bytes, tls_contexts=None):
    """`tls_contexts`: None without the openssl program."""
    lists = [SLOW, ENDLESS, LENGTHS, CHUNKS, BOMBS, HEADERS, REDIRECTS, STATUS, DESYNC, CONNECTIONS,
             tls_behaviours(tls_contexts) if tls_contexts else [], CHARSETS, LINKS, TRAPS, ROBOTS, SITEMAPS, TYPES,
             shapes(shape_bytes)]
    every = [one for each in lists for one in each]
    names = [one.name for one in every]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    assert all(len(name) <= 63 for name in names), [name for name in names if len(name) > 63]
    return every
