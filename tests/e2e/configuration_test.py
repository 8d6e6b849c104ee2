#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a configuration file says of single hosts: delay, headers, auth, cookies, proxy. Secrets reach the
host that they are for, and nobody else: no other host, no fetcher before its turn, no file, no output."""

import base64
import os
import pathlib
import re
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import crawl_run  # noqa: E402
import nginx  # noqa: E402
import tls  # noqa: E402
from scripted_server import ScriptedServer, links, page, redirect, reply, sitemap  # noqa: E402

FAST = ["--delay", "0s", "--retries", "0", "-f", "2"]
SECRET = "hunter2-Zx81kQ"
COOKIE = "c00kie-Zx81kQ"
KEY = "k3y-Zx81kQ"
PROXY_PASSWORD = "pr0xy %41/@:-Zx81kQ"
BASIC = base64.b64encode(f"me:{SECRET}".encode()).decode()
SECRETS = [one.encode() for one in (SECRET, COOKIE, KEY, PROXY_PASSWORD, BASIC, "%2541%2F")]
CREDENTIALS = ("authorization", "cookie", "x-api-key")


def memory(pid):
    """All that a process can write to, or None where we may not look."""
    parts = []
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as bytes_:
            for line in maps:
                begin, end, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
                if not mode.startswith("rw"):
                    continue
                try:
                    bytes_.seek(int(begin, 16))
                    parts.append(bytes_.read(int(end, 16) - int(begin, 16)))
                except OSError:
                    continue
    except PermissionError:
        return None
    return b"".join(parts)


class Configured(crawl_run.EndToEnd):
    def serve(self, routes, **options):
        server = ScriptedServer(routes, **options)
        self.addCleanup(server.close)
        return server

    def secret(self, name, text):
        path = self.place.write(name, text)
        path.chmod(0o600)
        return path

    def configure(self, text):
        """The arguments that make a run read it."""
        return ["--config", self.place.write("crawl.toml", text)]

    def with_secrets(self, host, more=""):
        """A table with a secret of each kind."""
        self.secret("password", SECRET + "\n")
        self.secret("headers", f"X-Api-Key: {KEY}\n")
        name = host.partition(":")[0]
        self.secret("cookies.txt", f"# Netscape HTTP Cookie File\n\n{name}\tFALSE\t/\tFALSE\t0\tsid\t{COOKIE}\n"
                                   f"#HttpOnly_.example.org\tTRUE\t/\tFALSE\t0\tother\tnever\n")
        return self.configure(f'[host."{host}"]\nauth = "basic"\nuser = "me"\npassword-file = "password"\n'
                              f'header-file = "headers"\ncookies = "cookies.txt"\n{more}')

    def assert_has_secrets(self, request):
        self.assertEqual([request.headers.get(name) for name in CREDENTIALS],
                         [f"Basic {BASIC}", f"sid={COOKIE}", KEY])

    def assert_has_none(self, request):
        self.assertEqual([name for name in CREDENTIALS if name in request.headers], [])

    def assert_nowhere(self, texts):
        for what, text in texts.items():
            for secret in SECRETS:
                self.assertNotIn(secret, text if isinstance(text, bytes) else text.encode(), what)


class HostTables(Configured):
    def test_a_delay_of_its_own(self):
        routes = {"/": links("/1", "/2"), "/1": page("1"), "/2": page("2")}
        slow, quick = self.serve(routes), self.serve(routes)
        config = self.configure(f'delay = "0s"\n[host."slow.localhost:{slow.port}"]\ndelay = "400ms"\n')
        self.crawl(*config, "-f", "2", slow.url(host="slow.localhost"), quick.url(host="quick.localhost"))
        times = [request.at for request in slow.requests]
        self.assertEqual(len(times), 4)  # its robots.txt among them
        self.assertGreaterEqual(min(b - a for a, b in zip(times, times[1:])), 0.39)
        self.assertLess(quick.requests[-1].at, times[2])

    def test_a_redirect_to_another_host_gets_nothing(self):
        other = self.serve({})
        server = self.serve({"/": links("/out", "/in"), "/in": page("in"),
                             "/out": redirect(other.url("/x", host="b.localhost"))})
        other.routes = {"/x": redirect(server.url("/back", host="a.localhost")), "/y": page("y")}
        server.routes["/back"] = links(other.url("/y", host="b.localhost"),
                                       server.url("/z", host="x.a.localhost"))
        host = f"a.localhost:{server.port}"
        self.crawl(*FAST, *self.with_secrets(host, "over-http = true\n"), "--scope", "any", "--allow-private",
                   f"http://{host}/")
        for request in other.requests:
            self.assert_has_none(request)
        self.assertEqual({"/x", "/y", "/robots.txt"}, set(other.paths()))
        for request in server.requests:
            if request.host == "a.localhost":
                self.assert_has_secrets(request)
            else:
                self.assert_has_none(request)
        self.assertIn("/back", server.paths())
        self.assertIn("/z", server.paths())

    def test_robots_txt_and_sitemaps_have_the_secrets_too(self):
        def gate(answer):
            return lambda request: answer if request.headers.get("x-api-key") == KEY else reply(401)

        server = self.serve({})
        host = f"a.localhost:{server.port}"
        urls = sitemap(f"http://{host}/listed")
        server.routes = {"/robots.txt": gate(reply(body=f"User-agent: *\nDisallow: /no\n"
                                                        f"Sitemap: http://{host}/map.xml\n")),
                         "/map.xml": gate(reply(body=urls, content_type="text/xml")),
                         "/": gate(links("/no")), "/listed": gate(page("listed"))}
        config = self.with_secrets(host, "over-http = true\n")
        run = self.place.start("-d", self.place.database, "--no-progress", *FAST, *config, f"http://{host}/")
        self.finish(run)
        self.assertEqual(self.urls("coalesce(outcome, reason)"),
                         {f"http://{host}/": "ok", f"http://{host}/no": "robots_denied",
                          f"http://{host}/listed": "ok", f"http://{host}/map.xml": "ok"})

    def test_secrets_do_not_go_over_http_unless_told(self):
        server = self.serve({"/": page("x")})
        host = f"a.localhost:{server.port}"
        ended = self.crawl(*FAST, *self.with_secrets(host), f"http://{host}/")
        for request in server.requests:
            self.assert_has_none(request)
        self.assertEqual(ended.stderr.count(f"the secrets of {host} are not sent to http URLs"), 1)

    def test_secrets_go_over_https(self):
        try:
            authority = tls.Authority(self.place.folder / "ca")
        except FileNotFoundError:
            self.skipTest("the openssl program is missing")
        server = self.serve({"/": links("/a"), "/a": page("a")}, tls=authority.context("a.localhost"))
        host = f"a.localhost:{server.port}"
        ended = self.crawl(*FAST, *self.with_secrets(host), "--ca-file", authority.file, f"https://{host}/")
        self.assertEqual(len(server.requests), 3)
        for request in server.requests:
            self.assert_has_secrets(request)
        self.assertNotIn("over-http", ended.stderr)

    def test_a_proxy_for_one_host_alone(self):
        environment = {"PROXY_PASSWORD": PROXY_PASSWORD}
        direct = self.serve({"/": page("direct")})
        by_proxy = self.serve({"http://by-proxy.example.com/": links("/a", direct.url(host="d.localhost")),
                               "http://by-proxy.example.com/a": redirect("http://10.0.0.1/inside")})
        config = self.configure('[host."by-proxy.example.com"]\n'
                                f'proxy = "http://me:${{PROXY_PASSWORD}}@127.0.0.1:{by_proxy.port}"\n')
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", *FAST, *config,
                               "--scope", "any", "http://by-proxy.example.com/", direct.url(host="d.localhost"),
                               environment=environment)
        ended = self.finish(run)
        self.assertEqual(set(by_proxy.paths()), {f"http://by-proxy.example.com/{path}"
                                                 for path in ("robots.txt", "", "a")})
        expected = "Basic " + base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()
        for request in by_proxy.requests:
            self.assertEqual(request.headers.get("proxy-authorization"), expected)
        self.assertEqual(set(direct.paths()), {"/robots.txt", "/"})
        for request in direct.requests:
            self.assertNotIn("proxy-authorization", request.headers)
        self.assertEqual(self.urls()["http://10.0.0.1/inside"], "private_address")
        self.assert_nowhere({"stderr": ended.stderr, "database": self.place.database.read_bytes(),
                             "credentials": self.place.query("SELECT options FROM runs")[0][0]})

    def test_none_of_all_proxies_for_one_host(self):
        direct = self.serve({"/": page("direct")})
        config = self.configure('proxy = "http://127.0.0.1:1"\n'
                                f'[host."d.localhost:{direct.port}"]\nproxy = ""\n')
        self.crawl(*FAST, *config, direct.url(host="d.localhost"))
        self.assertEqual(set(self.urls().values()), {"ok"})

    def test_keys_of_all_hosts_go_to_the_origins_of_seeds(self):
        other = self.serve({"/x": page("x")})
        server = self.serve({"/": links("/a", other.url("/x", host="b.localhost")), "/a": page("a")})
        self.crawl(*FAST, "--allow-private", "--scope", "any", "-H", f"X-Api-Key: {KEY}", "-H", "X-Plain: yes",
                   server.url(host="a.localhost"))
        self.assertEqual({request.headers.get("x-api-key") for request in server.requests}, {KEY})
        self.assertEqual({request.headers.get("x-api-key") for request in other.requests}, {None})
        self.assertEqual({request.headers.get("x-plain") for request in other.requests}, {"yes"})


class Secrets(Configured):
    def test_secrets_are_nowhere_but_in_the_requests(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def held(_request):
            gate.wait(crawl_run.DEADLINE_S)
            return page("held")

        server = self.serve({"/": links("/a", "/401", "/held"), "/a": page("a"), "/401": reply(401), "/held": held})
        host = f"a.localhost:{server.port}"
        config = self.with_secrets(host, "over-http = true\n")
        self.secret("crawl.toml", pathlib.Path(config[1]).read_text().replace(
            'header-file = "headers"', 'header = ["X-Api-Key: ${API_KEY}"]'))
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", *FAST, *config, "-vv",
                               "--log-format", "json", f"http://{host}/", environment={"API_KEY": KEY})
        crawl_run.wait_for(lambda: server.asked("/held"), "the last page is under way")
        crawl_run.wait_for(lambda: self.place.query("SELECT 1 FROM pages"), "a commit")
        texts = {"ps": subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout}
        for one in run.fetchers():
            try:
                texts[f"environment of {one.pid}"] = pathlib.Path(f"/proc/{one.pid}/environ").read_bytes()
            except PermissionError:
                pass
        files = [file for file in self.place.folder.glob("crawl.db*") if file.is_file()]
        self.assertIn("crawl.db-wal", [file.name for file in files])
        texts.update({f"{file.name} meanwhile": file.read_bytes() for file in files})
        gate.set()
        ended = self.finish(run)
        for request in server.requests:
            self.assert_has_secrets(request)
        texts["stderr"], texts["stdout"] = ended.stderr, ended.stdout
        for file in self.place.folder.glob("crawl.db*"):
            texts[file.name] = file.read_bytes()
        for words in (["status"], ["status", "--json"], ["why", f"http://{host}/401", f"http://{host}/"],
                      ["query", "SELECT * FROM runs"], ["query", "SELECT * FROM events"]):
            answer = self.place.run(words[0], "-d", self.place.database, *words[1:])
            self.assertEqual(answer.code, 0, answer.stderr)
            texts[" ".join(words)] = answer.stdout + answer.stderr
        shown = self.place.run("config", *config, environment={"API_KEY": KEY})
        self.assertEqual(shown.code, 0, shown.stderr)
        self.assertIn("(set)", shown.stdout)
        texts["config"] = shown.stdout + shown.stderr
        self.assert_nowhere(texts)
        self.assertIn('"X-Api-Key"', self.place.query("SELECT options FROM runs")[0][0])

    @unittest.skipIf(crawl_run.SANITIZED, "sanitizers map terabytes")
    def test_a_fetcher_has_no_secret_before_it_needs_it(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def held(_request):
            gate.wait(crawl_run.DEADLINE_S)
            return page("held")

        other = self.serve({"/": held})
        config = self.with_secrets("a.localhost:1234", "over-http = true\n")
        run = self.begin(*FAST, *config, "-H", f"Authorization: Bearer {SECRET}x", "-H", f"X-Token: {COOKIE}x",
                         other.url(host="seed.localhost"))
        crawl_run.wait_for(lambda: other.asked("/"), "a request")
        own = memory(run.pid)
        fetchers = [memory(one.pid) for one in run.fetchers()]
        headers = other.asked("/")[0].headers
        gate.set()
        self.finish(run)
        self.assertEqual(headers["authorization"], f"Bearer {SECRET}x")
        if own is None or None in fetchers:
            self.skipTest("processes may not be looked into here")
        self.assertIn(BASIC.encode(), own)  # so it is seen where it is
        self.assertEqual(len(fetchers), 2)
        for bytes_ in fetchers:
            self.assertGreater(len(bytes_), 100_000)
            for secret in (BASIC, f"sid={COOKIE}", KEY):
                self.assertNotIn(secret.encode(), bytes_)
        # Of the two, one had the job.
        self.assertEqual(sum(f"Bearer {SECRET}x".encode() in bytes_ for bytes_ in fetchers), 1)

    def test_a_file_that_everybody_reads_is_warned_of(self):
        server = self.serve({"/": page("x")})
        host = f"a.localhost:{server.port}"
        config = self.with_secrets(host, "over-http = true\n")
        (self.place.folder / "password").chmod(0o644)
        ended = self.crawl(*FAST, *config, f"http://{host}/")
        self.assertIn("password holds secrets and is open to every user of this machine", ended.stderr)
        self.assertNotIn("cookies.txt holds", ended.stderr)

    def test_what_is_wrong_is_said_before_anything_is_touched(self):
        for text, said in (('[host."a.example"]\ndealy = "1s"\n', ":2: unknown key 'dealy'"),
                           ('[host."a.example"]\ncookies = "none.txt"\n', ":2: cookies: cannot read"),
                           ('[host."a.example"]\npassword = "hunter2"\n', ":2: a secret does not stand")):
            with self.subTest(text=text):
                ended = self.place.run(*self.configure(text), "-d", self.place.database, "http://a.example/")
                self.assertEqual(ended.code, 78)
                self.assertIn(str(self.place.folder / "crawl.toml") + said, ended.stderr)
                self.assertEqual(ended.stderr.count("\n"), 1)
                self.assertNotIn("hunter2", ended.stderr)
                self.assertFalse(self.place.database.exists())

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_config_says_when_it_cannot_write(self):
        with open("/dev/full", "w") as full:
            code = subprocess.run([crawl_run.program("CRAWL_BIN"), "config"], stdout=full,
                                  stderr=subprocess.DEVNULL, check=False).returncode
        self.assertEqual(code, 74)


class RealServer(Configured):
    def test_pages_behind_basic_auth_and_behind_cookies(self):
        folder = self.place.folder / "site"
        folder.mkdir()
        (folder / "index.html").write_text('<a href="/more.html">more</a>')
        (folder / "more.html").write_text("more")
        htpasswd = self.place.write("htpasswd", f"me:{{PLAIN}}{SECRET}\n")
        htpasswd.chmod(0o644)  # for nginx
        folder.chmod(0o755)
        self.place.folder.chmod(0o755)
        server = nginx.Nginx(self.place.folder, {"basic.localhost": folder, "cookie.localhost": folder}, site_options={
            "basic.localhost": f"auth_basic here; auth_basic_user_file {htpasswd};",
            "cookie.localhost": f'if ($http_cookie !~ "(^|; )sid={COOKIE}(;|$)") {{ return 403; }}'})
        self.addCleanup(server.stop)
        seeds = [server.url(name) for name in ("basic.localhost", "cookie.localhost")]
        self.crawl(*FAST, *seeds, code=0)
        statuses = dict(self.place.query("SELECT url, status FROM pages"))
        self.assertEqual(statuses, {seeds[0]: 401, seeds[1]: 403})

        self.secret("password", SECRET + "\n")
        self.secret("cookies.txt", f".localhost\tFALSE\t/\tFALSE\t0\tno\tno\n"
                                   f"cookie.localhost\tFALSE\t/\tFALSE\t0\tsid\t{COOKIE}\n")
        config = self.configure(
            f'[host."*.localhost:{server.port}"]\nover-http = true\ncookies = "cookies.txt"\n'
            f'[host."basic.localhost:{server.port}"]\nauth = "basic"\nuser = "me"\npassword-file = "password"\n')
        self.crawl(*FAST, *config, *seeds)
        outcomes = self.urls()
        self.assertEqual(outcomes, {url + path: "ok" for url in seeds for path in ("", "more.html")})


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program)
