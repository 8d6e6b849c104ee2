# SPDX-License-Identifier: MIT
"""What a crawl of a folder of files must find, worked out from the files with Python's own HTML
and URL modules. It shares no code and no library with the crawler.

It follows a, area, frame, iframe, link (unless its rel is missing or names a resource), longdesc
and meta refresh, records what else a page or its styles refer to, honours <base href> and
rel=nofollow, drops fragments and stays on its host, which serves the folder as nginx does:
index.html for a folder, a redirect for a folder without its slash."""

import collections
import dataclasses
import html.parser
import pathlib
import re
import urllib.parse

RESOURCE_RELS = {
    "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image",
    "compression-dictionary", "dns-prefetch", "edituri", "expect", "https://api.w.org/", "icon",
    "image_src", "manifest", "mask-icon", "micropub", "modulepreload", "pingback", "preconnect",
    "prefetch", "preload", "prerender", "shortcut", "stylesheet", "webmention", "wlwmanifest"}
PROGRAM_TYPES = re.compile(
    r"(?i)\s*(application/opensearchdescription\+xml|\S*(/json|\+json|\+oembed))\s*(;|$)")
FOLLOWED = {"a", "area", "frame", "iframe", "link", "refresh", "redirect", "sitemap_file"}
DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
NO_PLACES = ("javascript:", "data:", "blob:", "about:")

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr"}
# HTML Standard §15.3: elements that begin and end a line; table cells stand apart as well.
BLOCKS = set("""address article aside blockquote body br caption center dd details dialog dir div dl
dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li
listing main menu nav ol optgroup option p plaintext pre search section summary table tbody td
textarea tfoot th thead tr ul xmp""".split())
NOT_SHOWN = set("""area audio base basefont canvas datalist head iframe link meta noembed noframes
param rp script style template title video""".split())
WITH_BACKGROUND = {"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"}

# Comments, strings and @namespace rules hide what looks like a URL.
CSS = re.compile(r"""(?isx) /\*.*?(?:\*/|$) | @namespace[^;]*
    | @import\s*(?P<quote>["'])(?P<sheet>.*?)(?P=quote)
    | \b(?:url|src)\(\s*(?:(?P<mark>["'])(?P<quoted>.*?)(?P=mark)|(?P<bare>[^\s"'()]*))\s*\)
    | (?P<other>["'])(?:\\.|(?!(?P=other)).)*(?P=other)""")


def css_urls(css):
    """Of a style sheet or a style attribute without escapes."""
    for match in CSS.finditer(css):
        url = match["sheet"] or match["quoted"] or match["bare"] or ""
        if "\\" in url or "image-set(" in css:
            raise NotImplementedError("escapes and image-set(): the documentation has none")
        if url.strip() and not url.strip().lower().startswith(("#", "data:")):
            yield url


def srcset_urls(srcset):
    """HTML Standard §4.8.4.3.10, without commas in parentheses."""
    while match := re.match(r"[\s,]*(?:(\S*),(?=\s|$)|(\S+)[^,]*)", srcset):
        yield (match[1] or match[2]).rstrip(",")
        srcset = srcset[match.end():]


def hides(attributes):
    """True for an element that is not shown, with all that is in it."""
    if "hidden" in attributes and attributes["hidden"].lower() != "until-found":
        return True
    style = {}
    for declaration in attributes.get("style", "").lower().split(";"):
        name, _, value = declaration.partition(":")
        style[name.strip()] = value.partition("!")[0].strip()
    return style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse")


@dataclasses.dataclass
class Page:
    url: str
    status: int = 200
    outcome: str = "ok"
    title: str = ""
    words: list = dataclasses.field(default_factory=list)
    links: list = dataclasses.field(default_factory=list)  # (dst, kind, rel), in order
    followed: list = dataclasses.field(default_factory=list)


def words(text):
    """As HTML splits: a no-break space is part of a word."""
    return [word for word in re.split("[ \\t\\n\\f\\r]+", text) if word]


def canonical(url):
    """Without its fragment, with an explicit path, escaped; None where it is no URL."""
    url = url.partition("#")[0]
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        return f"file://{parts.netloc}{without_dots(parts.path)}"
    if parts.scheme not in DEFAULT_PORTS:
        return url if parts.scheme else None
    host = (parts.hostname or "").lower()
    if not host or set(host) & set(" <>^|%\\#"):
        return None  # not a host's name
    port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS[parts.scheme]) else ""
    path = urllib.parse.quote(without_dots(parts.path), safe="/%:@!$&'()*+,;=-._~[]|^")
    query = urllib.parse.quote(parts.query, safe="/%:@!$&()*+,;=-._~?[]|^`{}\\")
    query = "?" + query if "?" in url else ""  # an empty query is one, too
    return f"{parts.scheme}://{host}{port}{path}{query}"


def join(base, reference):
    """RFC 3986 §5.2 for a reference without a scheme. (urljoin would drop empty path segments.)"""
    origin, old = urllib.parse.urlsplit(base)[:2], urllib.parse.urlsplit(base)
    if reference.startswith("//"):
        return f"{old.scheme}:{reference}"
    path, question_mark, query = reference.partition("?")
    if not path:
        path = old.path
        if not question_mark:
            question_mark, query = ("?", old.query) if old.query else ("", "")
    elif not path.startswith("/"):
        path = old.path[:old.path.rfind("/") + 1] + path
    return f"{origin[0]}://{origin[1]}{without_dots(path)}{question_mark}{query}"


def without_dots(path):
    """RFC 3986 §5.2.4; the URL Standard takes %2e for a dot there as well."""
    kept = []
    segments = path.removeprefix("/").split("/")
    for at, segment in enumerate(segments):
        last = at == len(segments) - 1
        dots = re.sub("(?i)%2e", ".", segment)
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
        if last and dots in (".", ".."):
            kept.append("")
    return "/" + "/".join(kept)


def resolve(base, href):
    """As a browser would for the URLs that documentation holds. None: dropped."""
    href = re.sub(r"[\t\n\r]", "", href.strip("".join(map(chr, range(0x21)))))
    if href.lower().startswith(NO_PLACES):
        return None
    if re.match(r"(?i)(https?|ftp):/*", href):
        return canonical(re.sub(r"(?i)^(https?|ftp):/*", r"\1://", href))
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", href):
        return canonical(href)
    path, hash_mark, _ = href.partition("#")
    if hash_mark and not path:
        return canonical(base)
    return canonical(join(base, path) if path else base)


class Reader(html.parser.HTMLParser):
    """Title, shown words and links of one document."""

    def __init__(self, url):
        super().__init__(convert_charrefs=True)
        self.page = Page(url)
        self._base = None
        self._found = []  # (href, kind, rel, nofollow), resolved when the base is known
        self._text = []
        self._title = None
        self._in_title = False
        self._sheet = False  # inside a style element
        self._open = []  # (tag, shown)
        self._nofollow = False

    def handle_starttag(self, tag, attrs):
        attributes = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")  # the first of several counts
        if tag in BLOCKS:
            self._text.append(" ")
        if tag == "title" and self._title is None and not self._inside("svg"):
            self._title, self._in_title = "", True
        if not self._inside("template"):
            self._links_of(tag, attributes)
            self._styles(attributes.get("style", ""))
        self._sheet = tag == "style" and attributes.get("type", "").lower() in ("", "text/css")
        if tag not in VOID:
            shown = self._shown() and tag not in NOT_SHOWN and not hides(attributes) \
                and (tag != "dialog" or "open" in attributes)
            self._open.append((tag, shown))

    def handle_startendtag(self, tag, attrs):
        # "<p/>" opens a p in HTML; only SVG and MathML know the slash.
        self.handle_starttag(tag, attrs)
        if tag not in VOID and (self._inside("svg") or self._inside("math")):
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in BLOCKS:
            self._text.append(" ")
        if tag == "title":
            self._in_title = False
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data):
        if self._in_title:
            self._title += data
        elif self._sheet and self._inside("style") and not self._inside("template"):
            self._styles(data)
        elif self._shown():
            self._text.append(data)

    def _shown(self):
        return not self._open or self._open[-1][1]

    def _inside(self, tag):
        return any(name == tag for name, _ in self._open)

    def _add(self, kind, href, rel="", nofollow=False):
        self._found.append((href, kind, " ".join(rel.lower().split()), nofollow))

    def _add_all(self, kind, hrefs):
        for href in hrefs:
            self._add(kind, href)

    def _styles(self, css):
        self._add_all("style", css_urls(css))

    def _links_of(self, tag, attributes):
        rel = attributes.get("rel", "")
        nofollow = "nofollow" in rel.lower().split()
        if self._inside("svg"):
            self._svg(tag, attributes.get("href", attributes.get("xlink:href")), rel, nofollow)
        elif tag in ("a", "area") and "href" in attributes:
            self._add(tag, attributes["href"], rel, nofollow)
        elif tag == "link":
            self._link(attributes, rel, nofollow)
        elif tag == "base" and self._base is None and "href" in attributes:
            self._base = attributes["href"]
        elif tag == "meta":
            self._meta(attributes)
        else:
            self._assets(tag, attributes)

    def _svg(self, tag, href, rel, nofollow):
        kinds = {"image": "image", "feimage": "image", "use": "image", "script": "script"}
        if tag == "a" and href is not None:
            self._add("a", href, rel, nofollow)
        elif tag in kinds and href and not href.strip().startswith("#"):
            self._add(kinds[tag], href)

    def _link(self, attributes, rel, nofollow):
        self._add_all("image", srcset_urls(attributes.get("imagesrcset", "")))
        if not attributes.get("href", "").strip():
            return
        rels = set(rel.lower().split())
        resource = not rels or PROGRAM_TYPES.match(attributes.get("type", "")) or \
            (rels & RESOURCE_RELS and not rels & {"next", "prev"})
        kind = "resource" if resource else "sitemap_file" if "sitemap" in rels else "link"
        self._add(kind, attributes["href"], rel, nofollow)

    def _assets(self, tag, attributes):
        image = [("image", "src"), ("image", "srcset"), ("link", "longdesc")]
        kinds = {"img": image, "image": image, "embed": [("embed", "src")],
                 "object": [("embed", "data")], "video": [("media", "src"), ("image", "poster")],
                 "audio": [("media", "src")], "source": [("media", "src"), ("image", "srcset")],
                 "track": [("media", "src")], "frame": [("frame", "src")],
                 "iframe": [("iframe", "src")], "script": [("script", "src")],
                 "form": [("form", "action")], "button": [("form", "formaction")],
                 "input": [("image", "src")] * (attributes.get("type", "").lower() == "image") +
                          [("form", "formaction")]}
        if tag in WITH_BACKGROUND:
            kinds[tag] = [("image", "background")]
        for kind, name in kinds.get(tag, []):
            value = attributes.get(name, "")
            if name == "srcset":
                self._add_all(kind, srcset_urls(value))
            elif value.strip():
                self._add(kind, value)

    def _meta(self, attributes):
        if attributes.get("name", "").lower() == "robots":
            self._nofollow |= "nofollow" in attributes.get("content", "").lower()
        if attributes.get("http-equiv", "").lower() == "refresh":
            target = re.match(r"\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?['\"]?([^'\"]*)",
                              attributes.get("content", ""), re.I)
            if target and target[1]:
                self._add("refresh", target[1])

    def result(self):
        self.close()
        page = self.page
        base = page.url if self._base is None else resolve(page.url, self._base) or page.url
        page.title = " ".join(words(self._title or ""))
        page.words = words("".join(self._text))
        for href, kind, rel, nofollow in self._found:
            target = resolve(base, href)
            if target is None:
                continue
            page.links.append((target, kind, rel))
            if kind in FOLLOWED and not (nofollow or self._nofollow):
                page.followed.append(target)
        return page


class Site:
    """A host (with its port) whose files are in `root`."""

    def __init__(self, origin, root, types, default_type):
        self.origin = origin
        self._root = pathlib.Path(root).resolve()
        self._types = types
        self._default_type = default_type

    def fetch(self, url):
        """The page that a GET of `url` must bring."""
        path = urllib.parse.urlsplit(url).path
        if re.search("%(?![0-9A-Fa-f]{2})", path):
            return Page(url, 400, "http_error")
        path = urllib.parse.unquote(path)
        file = self._root / path.lstrip("/")
        if file.is_dir():
            if not path.endswith("/"):
                target = f"{self.origin}{urllib.parse.urlsplit(url).path}/"
                return Page(url, 301, "redirect", links=[(target, "redirect", "")],
                            followed=[target])
            file = file / "index.html"
            if not file.is_file():
                return Page(url, 403, "http_error")
        if path.endswith("/") and file.name != "index.html" or not file.is_file():
            return Page(url, 404, "http_error")
        return self._read(url, file)

    def _read(self, url, file):
        name, dot, suffix = file.name.rpartition(".")
        # A name that begins with its only dot has no suffix.
        kind = self._types.get(suffix if name and dot else "", self._default_type)
        if kind == "text/html":
            reader = Reader(url)
            reader.feed(file.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff"))
            return reader.result()
        if kind == "text/plain":
            return Page(url, words=words(file.read_bytes().decode("utf-8", "replace")))
        return Page(url, outcome="unsupported_type")


def closure(sites, seeds):
    """{url: Page} of everything that can be reached from `seeds` without leaving `sites`."""
    by_origin = {site.origin: site for site in sites}
    pages = {}
    waiting = collections.deque(map(canonical, seeds))
    known = set(waiting)
    while waiting:
        url = waiting.popleft()
        parts = urllib.parse.urlsplit(url)
        page = by_origin[f"{parts.scheme}://{parts.netloc}"].fetch(url)
        pages[url] = page
        for target in page.followed:
            parts = urllib.parse.urlsplit(target)
            if target not in known and f"{parts.scheme}://{parts.netloc}" in by_origin:
                known.add(target)
                waiting.append(target)
    return pages
