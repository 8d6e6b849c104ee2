# SPDX-License-Identifier: MIT
"""Sites for crawls that are disturbed (killed_crawl.py). Each says what it was asked for since when, and what two
crawls of it have in common."""

import gzip
import random
import time
import zlib

import crawl_run
import nginx
from scripted_server import (ScriptedServer, links, page, redirect, reply, sitemap, sitemap_index,
                             with_validators)


class Documents:
    """Real pages behind a real server."""

    compared = crawl_run.COMPARED
    options = ["--delay", "12ms", "--delay-factor", "0", "--host-concurrency", "8", "-f", "2",
               "--no-sitemaps"]

    def __init__(self, folder, *corpora):
        sites = {f"127.0.0.{number}": crawl_run.corpus(name) for number, name in enumerate(corpora, 1)}
        self._nginx = nginx.Nginx(folder, sites)
        self.seeds = [self._nginx.url(host) for host in sites]

    def close(self):
        self._nginx.stop()

    def mark(self):
        """A place in the log: what came before is not what comes after."""
        return self._nginx.log.stat().st_size

    def since(self, mark):
        """(moment, URL) of what was asked for since."""
        with open(self._nginx.log, "rb") as log:
            log.seek(mark)
            lines = log.read().decode().splitlines()
        rows = [dict(zip(nginx.LOG_FIELDS, line.split("\t"))) for line in lines]
        return [(float(row["msec"]) - float(row["request_time"]),
                 f"http://{row['http_host']}{row['request_uri']}") for row in rows]


class Scripted:
    """Two hosts, and a third that is overloaded if `busy`: redirects, errors, robots.txt, sitemaps, unfinished
    answers, validators, and changes from night to night. No answer depends on how often it is asked for."""

    compared = crawl_run.COMPARED_IN_ORDER
    options = ["--delay", "8ms", "--delay-factor", "0", "-f", "2", "--retries", "1", "--retry-wait", "20ms",
               "--revisit", "0"]

    def __init__(self, pages, busy):
        self._pages = pages
        self._servers = [ScriptedServer(address=f"127.0.0.{51 + number}") for number in range(2 + busy)]
        self.seeds = [server.url() for server in self._servers]
        self.set_night(1)

    def close(self):
        for server in self._servers:
            server.close()

    def mark(self):
        return [len(server.paths()) for server in self._servers]

    def since(self, mark):
        return [(request.at, server.url(request.path)) for server, place in zip(self._servers, mark)
                for request in server.requests[place:]]

    def set_night(self, night):
        first, second, *third = self._servers
        first.routes = self._first_host(first.url(""), night)
        second.routes = {**self._many("/q", self._pages // 2, night), "/": links("/q/0", "/q/1"),
                         "/sitemap.xml": reply(body=sitemap(second.url("/alone")), content_type="text/xml"),
                         "/alone": page("Only the sitemap knows me."), "/robots.txt": reply(403)}
        for server in third:
            server.routes = {"/": links("/busy", "/calm"), "/busy": reply(503), "/calm": page("calm"),
                             "/robots.txt": redirect("/rules"),
                             "/rules": reply(body="User-agent: *\nAllow: /\n", content_type="text/plain")}

    def _first_host(self, origin, night):
        def cut(_request):
            raise ScriptedServer.Close(reply(body="unfinished" * 100)[:-500])

        def slow(_request):
            time.sleep(0.15)
            return page("slow")

        odd = {
            "/chain": redirect("/chain/1", 301), "/chain/1": redirect("/chain/2"), "/chain/2": page("its end"),
            "/loop": redirect("/loop"), "/out": redirect("http://elsewhere.invalid/"), "/500": reply(500),
            "/404": reply(404), "/410": reply(410), "/cut": cut, "/slow": slow, "/twin/1": page("twin"),
            "/twin/2": page("twin"), "/picture": reply(body=b"\x89PNG\r\n\x1a\n", content_type="image/png"),
            "/noindex": page("not kept", head="<meta name=robots content=noindex>"),
            "/canonical": page("mine", head="<link rel=canonical href=/twin/1>"),
            "/gone": page("here") if night == 1 else reply(410),
            "/back": reply(404) if night == 2 else page("here"),
            "/moved": page("here") if night == 1 else redirect("/new"), "/new": page("new")}
        linked = [path for path in odd if path.count("/") == 1 and path != "/new"]
        text = {"content_type": "text/plain"}
        xml = {"content_type": "application/xml"}
        listed = [f"/listed/{number}" for number in range(6 + night)]
        entries = sitemap(*((origin + path, "2024-05-01") for path in listed)).encode()
        return {
            **self._many("/p", self._pages, night), **odd, **{path: page(f"listed {path}") for path in listed},
            "/": links("/p/0", "/p/1", *linked, "/twin/1", "/twin/2", "/secret/1", "/secret/2",
                       "http://elsewhere.invalid/x", "mailto:somebody@there.invalid"),
            "/robots.txt": reply(body=f"User-agent: *\nDisallow: /secret\nSitemap: {origin}/maps.xml\n", **text),
            "/maps.xml": reply(body=sitemap_index(f"{origin}/map.xml.gz"), **xml),
            "/map.xml.gz": reply(body=gzip.compress(entries), content_type="application/gzip")}

    def _many(self, folder, count, night):
        """Pages that each lead to two more. Every third has a validator, every fifth is another one each night."""
        routes = {}
        for number in range(count):
            chance = random.Random(f"{folder} {number} {night if number % 5 == 0 else 1}")
            words = " ".join("".join(chance.choices("abcdefghij", k=6)) for _ in range(60))
            targets = [2 * number + 2, 2 * number + 3, max(0, number - 1)]
            anchors = (f"<a href={folder}/{target}>{target}</a>" for target in targets if target < count)
            answer = page(words + " ".join(anchors), title=f"{folder} {number}")
            tagged = with_validators(answer, etag=f'"{zlib.crc32(answer)}"')
            routes[f"{folder}/{number}"] = answer if number % 3 else tagged
        return routes


class Bulky(Scripted):
    """Pages of so many bytes that the log of the database grows past the length at which it is copied back."""

    compared = crawl_run.COMPARED

    def __init__(self):
        paths = [f"/{number}" for number in range(14)]
        server = ScriptedServer()
        texts = {path: random.Random(path).randbytes(2 << 20).hex() for path in paths}
        server.routes = {"/": links(*paths), **{
            path: reply(body=text, content_type="text/plain") for path, text in texts.items()}}
        self._servers = [server]
        self.seeds = [server.url()]
