#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whatever the web says, however it is spelt, and whatever the DNS answers: no packet goes to an address
that is not public. In a network where every address answers, and every packet is seen."""

import ipaddress
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import crawl_run  # noqa: E402
import private_network  # noqa: E402
from scripted_dns import ScriptedDns  # noqa: E402
from scripted_server import ScriptedServer, links, page, redirect, reply, sitemap  # noqa: E402

SITE, OTHER = "93.184.215.14", "93.184.215.15"  # public; here they are this machine, as all are
PORT = 8080
FAST = ["--delay", "0s", "--delay-factor", "0", "--retries", "0", "--host-concurrency", "16",
        "--address-concurrency", "64", "--host-patience", "0s", "-f", "2"]

# One or more of each kind in the IANA special-purpose registries.
PRIVATE4 = ["127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.5.4", "172.31.255.255", "192.168.1.1",
            "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.2.1", "192.88.99.1",
            "198.18.0.1", "198.51.100.7", "203.0.113.5", "224.0.0.1", "239.255.255.250", "240.0.0.1",
            "255.255.255.255"]
PRIVATE6 = ["::1", "::", "::2", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "ff0e::1",
            "2001:db8::1", "3fff::1", "100::1", "5f00::1", "2001::1", "2001:2::1", "2001:10::1", "64:ff9b:1::1",
            "0:0:0:0:0:0:0:1", "0000::0001", "::ffff:0:7f00:1"]


def in_other_digits(text, zero):
    return "".join(chr(ord(zero) + int(one)) if one.isdigit() else one for one in text)


def spellings4(address):
    """RFC 4291 §2.5.5, RFC 6052, RFC 3056, RFC 4380, and the URL Standard's IPv4 parser and UTS 46."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    high, low = number >> 16, number & 0xFFFF
    inverted = number ^ 0xFFFFFFFF
    return [
        address, f"{address}.", str(number), f"{number:#x}", f"{number:#X}", f"0{number:o}", f"0x{number:016x}",
        f"{int(a):#x}.{int(b):#x}.{int(c):#x}.{int(d):#x}", f"0{int(a):o}.0{int(b):o}.0{int(c):o}.0{int(d):o}",
        f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{low}", f"{int(a):#x}.{number & 0xFFFFFF:#o}".replace("0o", "0"),
        in_other_digits(address, "０"), in_other_digits(address, "𝟎"), in_other_digits(address, "𝟶"),
        address.replace(".", "。"), address.replace(".", "．"), address.replace(".", "\u00ad."),
        "".join(f"%{ord(one):02x}" for one in address), f"user@{address}", f"{SITE}@{address}",
        f"[::ffff:{address}]", f"[::ffff:{high:x}:{low:x}]", f"[0:0:0:0:0:FFFF:{high:X}:{low:X}]", f"[::{address}]",
        f"[64:ff9b::{address}]", f"[2002:{high:x}:{low:x}::1]", f"[64:ff9b:1::{address}]",
        f"[2001:0:5db8:d70e::{inverted >> 16:x}:{inverted & 0xFFFF:x}]"]


NAMES = ["localhost", "LocalHost", "localhost.", "a.localhost", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "localhost.localdomain",
         "printer.local", "router.lan", "wiki.corp.example", "intranet", "metadata.internal"]
SPELLINGS = list(dict.fromkeys([one for address in PRIVATE4 for one in spellings4(address)] +
                               [f"[{one}]" for one in PRIVATE6] + NAMES))
INSIDE = [*PRIVATE4, *(one for one in PRIVATE6 if "ffff" not in one), "::ffff:127.0.0.1", "2002:7f00:1::"]


def answers(name, count):
    kind, _, rest = name.partition(".")
    word, _, number = kind.partition("-")
    if not rest.endswith("example") or name.endswith("corp.example"):
        return ["10.9.8.7"]  # whoever asks for such a name is told an inside address
    if word == "inside":
        return [INSIDE[int(number)]]
    if word == "both":
        return [INSIDE[int(number)], OTHER]
    if word == "flip":  # public at first, inside ever after
        return [OTHER] if count == 1 else [INSIDE[int(number)]]
    if word == "flop":
        return [INSIDE[int(number)]] if count == 1 else [OTHER]
    return [SITE]


class AddressGuard(crawl_run.EndToEnd):
    sitemaps = True

    @classmethod
    def setUpClass(cls):
        ScriptedDns(private_network.NAME_SERVER, answers)

    def reached(self, routes, *arguments, code=0):
        """Whom one crawl of a site with these routes tried to reach, beside name servers."""
        server = ScriptedServer(routes, address="0.0.0.0", port=PORT)
        self.addCleanup(server.close)
        try:
            with private_network.Sniffer() as sniffer:
                self.crawl(*FAST, *arguments, code=code)
                targets = sniffer.targets()
        finally:
            server.close()
        self.server = server
        return targets - {("udp", private_network.NAME_SERVER, 53), ("tcp", private_network.NAME_SERVER, 53)}

    def outcomes(self):
        return dict(self.place.query("SELECT coalesce(outcome, reason), count(*) FROM urls GROUP BY 1"))

    def check_only_the_site(self, routes, *arguments):
        site = f"http://{SITE}:{PORT}/"
        self.assertEqual(self.reached(routes, "--scope", "any", *arguments, site), {("tcp", SITE, PORT)})

    def test_the_list_is_long(self):
        self.assertGreater(len(SPELLINGS), 500)

    def test_links(self):
        self.check_only_the_site({"/": links(*(f"http://{one}:{PORT}/x" for one in SPELLINGS))})
        self.assertGreater(self.outcomes()["private_address"], 100)

    def test_links_to_the_usual_port(self):
        self.check_only_the_site({"/": links(*(f"//{one}/x" for one in SPELLINGS), *(
            f"https://{one}/x" for one in PRIVATE4))})

    def test_redirects(self):
        routes = {f"/{n}": redirect(f"http://{one}:{PORT}/x".encode().decode("latin-1"))
                  for n, one in enumerate(SPELLINGS)}
        self.check_only_the_site({"/": links(*routes), **routes})
        self.assertEqual(self.outcomes()["redirect"], len(SPELLINGS))

    def test_redirects_of_robots_txt(self):
        # A host for each spelling, whose robots.txt leads there.
        def robots(request):
            if not request.host.startswith("host-"):
                return reply(404)
            number = request.host.partition(".")[0].removeprefix("host-")
            return redirect(f"http://{SPELLINGS[int(number)]}:{PORT}/robots.txt".encode().decode("latin-1"))

        pages = [f"http://host-{n}.example:{PORT}/x" for n in range(len(SPELLINGS))]
        self.check_only_the_site({"/": links(*pages), "/x": page("x"), "/robots.txt": robots})
        self.assertGreaterEqual(len(self.server.asked("/robots.txt")), len(SPELLINGS))

    def test_sitemaps_that_robots_txt_names(self):
        lines = "".join(f"Sitemap: http://{one}:{PORT}/sitemap.xml\n" for one in SPELLINGS)
        self.check_only_the_site({"/": page("x"), "/robots.txt": reply(body=lines, content_type="text/plain")})

    def test_entries_of_a_sitemap(self):
        urls = sitemap(*(f"http://{one}:{PORT}/x" for one in SPELLINGS))
        self.check_only_the_site({"/": page("x"), "/sitemap.xml": reply(body=urls, content_type="text/xml")})
        self.assertEqual(len(self.server.asked("/sitemap.xml")), 1)

    def test_names_that_lead_inside(self):
        names = [f"http://inside-{n}.example:{PORT}/x" for n in range(len(INSIDE))]
        self.check_only_the_site({"/": links(*names)})
        self.assertEqual(self.outcomes()["private_address"], len(INSIDE))

    def test_names_that_lead_inside_and_outside(self):
        names = [f"http://both-{n}.example:{PORT}/x" for n in range(len(INSIDE))]
        site = f"http://{SITE}:{PORT}/"
        reached = self.reached({"/": links(*names), "/x": page("x")}, "--scope", "any", site)
        self.assertEqual(reached, {("tcp", SITE, PORT), ("tcp", OTHER, PORT)})

    def test_names_that_flip(self):
        names = [f"http://{word}-{n}.example:{PORT}/x" for word in ("flip", "flop") for n in range(len(INSIDE))]
        routes = {"/": links(*names), "/x": page("x")}
        arguments = ["--scope", "any", "--revisit", "0s", f"http://{SITE}:{PORT}/"]
        for run in (1, 2, 3):
            with self.subTest(run=run):
                reached = self.reached(routes, *arguments)
                self.assertLessEqual(reached, {("tcp", SITE, PORT), ("tcp", OTHER, PORT)})
                self.assertIn(("tcp", SITE, PORT), reached)

    def test_a_seed_that_names_a_private_host_opens_exactly_that_host(self):
        others = [f"http://{one}:{PORT}/x" for one in ("127.0.0.1", "10.1.2.4", "[::ffff:10.1.2.4]", "localhost")]
        routes = {"/": links("/a", "http://10.1.2.3:8081/x", *others, "/jump"), "/a": page("a"),
                  "/jump": redirect(f"http://192.168.0.1:{PORT}/x")}
        reached = self.reached(routes, "--scope", "any", f"http://10.1.2.3:{PORT}/")
        self.assertEqual(reached, {("tcp", "10.1.2.3", PORT)})
        self.assertEqual(len(self.server.asked("/a")), 1)

    def test_a_seed_that_names_a_host_of_the_hosts_file(self):
        reached = self.reached({"/": links(f"http://10.9.8.7:{PORT}/x")}, "--scope", "any",
                               f"http://wiki.corp.example:{PORT}/")
        self.assertEqual(reached, {("tcp", "10.9.8.7", PORT)})
        self.assertEqual(len(self.server.asked("/x")), 0)

    def test_a_seed_with_a_public_name_that_leads_inside_opens_nothing(self):
        self.assertEqual(self.reached({}, f"http://inside-2.example:{PORT}/", code=69), set())

    def test_a_proxy_of_one_host_opens_nothing_else(self):
        proxy = "10.20.30.40"  # the user names it, so it may be inside
        config = self.place.write("crawl.toml", f'[host."p.example:{PORT}"]\nproxy = "http://{proxy}:{PORT}"\n')
        inside = [f"http://{one}:{PORT}/x" for one in (*PRIVATE4, "inside-2.example")]
        routes = {"/": links(f"http://p.example:{PORT}/in", f"http://{proxy}:{PORT}/direct", *inside),
                  f"http://p.example:{PORT}/in": links(f"http://{proxy}:{PORT}/direct2", f"http://10.9.9.9:{PORT}/x"),
                  "/direct": page("x"), "/direct2": page("x")}
        reached = self.reached(routes, "--scope", "any", "--config", config, f"http://{SITE}:{PORT}/")
        self.assertEqual(reached, {("tcp", SITE, PORT), ("tcp", proxy, PORT)})
        self.assertEqual(set(self.server.paths()), {"/", "/robots.txt", "/sitemap.xml", *(
            f"http://p.example:{PORT}/{path}" for path in ("in", "robots.txt", "sitemap.xml"))})

    def test_when_told_to_it_goes_there(self):
        # So these tests see what they look for.
        reached = self.reached({"/": links(f"http://10.0.0.1:{PORT}/x", f"http://inside-5.example:{PORT}/x")},
                               "--scope", "any", "--allow-private", f"http://{SITE}:{PORT}/")
        self.assertEqual(reached, {("tcp", one, PORT) for one in (SITE, "10.0.0.1", INSIDE[5])})


if __name__ == "__main__":
    private_network.enter(__file__)
    crawl_run.main()
