# SPDX-License-Identifier: MIT
"""What holds of every report: it is whole in itself, nothing in it comes from the web as markup, and who
cannot see it, or has no mouse, can read it too."""

import base64
import hashlib
import html.parser
import re

VOID = {"meta", "link", "br", "wbr", "img", "input", "hr"}
TAGS = VOID - {"img", "input", "hr"} | set(
    "html head title style body a main header h1 h2 p span strong code time dl div dt dd nav ul li section svg rect "
    "line text g desc figure details summary table caption thead tbody tr th td footer script".split())
ATTRIBUTES = set(
    "lang charset http-equiv content name href rel class id datetime title aria-label aria-labelledby aria-describedby aria-hidden "
    "aria-sort role tabindex scope data-value data-label width height x y x1 x2 y1 y2 text-anchor".split())


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.children, self.words = [], ""

    def text(self):
        return self.words

    def find(self, tag=None, **wanted):
        """All elements below with this tag and these attributes (`class_` for class)."""
        found = []
        for child in self.children:
            if tag in (None, child.tag) and all(
                    value in (child.attributes.get(name.rstrip("_")) or "").split() for name, value in wanted.items()):
                found.append(child)
            found += child.find(tag, **wanted)
        return found

    def by_id(self, name):
        found = [each for each in self.find() if each.attributes.get("id") == name]
        assert len(found) == 1, f"{len(found)} elements have the id {name}"
        return found[0]


class Parser(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, None)
        self.at = self.root
        self.problems = []

    def handle_starttag(self, tag, attributes):
        element = Element(tag, attributes, self.at)
        if len(element.attributes) != len(attributes):
            self.problems.append(f"an attribute twice: {self.get_starttag_text()}")
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag, attributes):  # in SVG
        self.at.children.append(Element(tag, attributes, self.at))

    def handle_endtag(self, tag):
        if tag != self.at.tag:
            self.problems.append(f"</{tag}> in <{self.at.tag}>, line {self.getpos()[0]}")
            return
        self.at = self.at.parent

    def handle_data(self, data):
        at = self.at
        while at is not None:
            at.words += data
            at = at.parent


def parse(text):
    """(root element, problems)."""
    parser = Parser()
    parser.feed(text)
    parser.close()
    if parser.at is not parser.root:
        parser.problems.append(f"<{parser.at.tag}> is never closed")
    return parser.root, parser.problems


def problems(text):
    """What is wrong with a report; [] where nothing is."""
    root, found = parse(text)
    every = root.find()
    for element in every:
        found += [f"<{element.tag}>: none of ours"] if element.tag not in TAGS else []
        found += [f"{name}= in <{element.tag}>: none of ours" for name in element.attributes if name not in ATTRIBUTES]
    found += addresses(root) + policy(root, text) + readable(root, every)
    if not text.startswith("<!doctype html>\n"):
        found.append("no doctype")
    return found


def addresses(root):
    found = []
    for element in root.find():
        href = element.attributes.get("href")
        if href is None:
            continue
        if element.tag == "link":
            good = href == "data:,"
        elif href.startswith("#"):
            good = bool(root.find(id=href[1:]))
        else:
            good = re.match(r"https?://[^\s\"<>]+$", href) and element.attributes.get("rel") == \
                "noopener noreferrer nofollow"
        found += [] if good else [f"<{element.tag} href={href!r} rel={element.attributes.get('rel')!r}>"]
    return found


def policy(root, text):
    """Nothing is loaded, and the hashes are those of the two that may run."""
    content = [each.attributes["content"] for each in root.find("meta")
               if each.attributes.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in content[0].split(";")) if content else {}
    expected = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    for tag in ("style", "script"):
        bodies = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        if len(bodies) != 1 or len(root.find(tag)) != 1:
            return [f"{len(bodies)} <{tag}>"]
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        expected[f"{tag}-src"] = f"'sha256-{digest}'"
        if re.search(r"url\(|@import|fetch\(|XMLHttp|https?://", bodies[0]):
            return [f"<{tag}> may load something"]
    return [] if rules == expected else [f"policy {rules}, not {expected}"]


def readable(root, every):
    found = []
    ids = [each.attributes["id"] for each in every if "id" in each.attributes]
    found += [f"id {name} twice" for name in set(ids) if ids.count(name) > 1]
    for element in every:
        found += [f"aria-labelledby={name}: there is none"
                  for name in element.attributes.get("aria-labelledby", "").split() if name not in ids]
    headings = [each.tag for each in every if re.match(r"h\d$", each.tag)]
    if headings[:1] != ["h1"] or headings.count("h1") != 1:
        found.append(f"headings {headings}")
    for drawing in root.find("svg"):
        named = drawing.attributes.get("role") == "img" and drawing.find("title") and drawing.find("desc")
        if not named and drawing.attributes.get("aria-hidden") != "true":
            found.append("a drawing without a name")
    for table in root.find("table"):
        heads = table.find("thead")[0].find("th")
        rows = table.find("tbody")[0].find("tr")
        if not table.find("caption")[0].text().strip() or any(head.attributes.get("scope") != "col" for head in heads):
            found.append("a table without a caption, or without heads")
        if any(len(row.children) != len(heads) or row.children[0].attributes.get("scope") != "row" for row in rows):
            found.append(f"a row of another form in {table.find('caption')[0].text()}")
    return found
