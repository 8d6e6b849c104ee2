// SPDX-License-Identifier: MIT
#include "fetcher/document.h"

#include <zstd.h>

#include <string>
#include <vector>

#include "base/escape.h"
#include "fetcher/link_collector.h"
#include "fetcher/text_features.h"
#include "tests/support/catch.h"
#include "web/url.h"

namespace crawl {
namespace {

constexpr std::string_view kUrl = "http://h.example/dir/page?q";

Document& shared_document() {
  static const auto created = Document::create({});
  REQUIRE(created);
  return *created.value();
}

PageResult parse_input(const DocumentInput& input, Document& document = shared_document()) {
  PageResult result;
  document.parse(input, result, [](Phase) {});
  return result;
}

PageResult parse(std::string_view html, std::string_view url = kUrl) {
  DocumentInput input;
  input.body = html;
  input.content_type = "text/html; charset=utf-8";
  input.url = url;
  input.robots_agent = "crawl";
  return parse_input(input);
}

std::string text_of(std::string_view html) { return std::string(parse(html).text); }

// "kind href" lines.
std::string links_of(std::string_view html, std::string_view url = kUrl) {
  std::string all;
  for (const PageLink& link : parse(html, url).links) {
    all += std::string(name(link.kind)) + " " + std::string(link.href) + "\n";
  }
  return all;
}

std::string repeated(std::string_view part, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += part;
  return all;
}

// --- types and phases ---------------------------------------------------------------------------

TEST_CASE("document: an unsupported type yields its type alone", "[document]") {
  DocumentInput input;
  input.body = "%PDF-1.7";
  input.content_type = "Application/PDF; x=y";
  PageResult result;
  CHECK(shared_document().parse(input, result, {}) == Outcome::kUnsupportedType);
  CHECK(result.content_type == "application/pdf");
  CHECK(result.parse_status == ParseStatus::kNone);
  CHECK(result.body_zstd.empty());
}

TEST_CASE("document: plain text is its own text", "[document]") {
  DocumentInput input;
  input.body = "gr\xFC\xDF <a href=x>\r\n  two";
  input.content_type = "text/plain; charset=latin1";
  input.url = kUrl;
  const PageResult result = parse_input(input);
  CHECK(result.content_type == "text/plain");
  CHECK(result.charset == "windows-1252");
  CHECK(result.text == "gr\u00FC\u00DF <a href=x>\r\n  two");
  CHECK(result.title.empty());
  CHECK(result.links.empty());
  CHECK(result.parse_status == ParseStatus::kOk);
}

TEST_CASE("document: without a type the bytes are sniffed", "[document]") {
  DocumentInput input;
  input.body = "<!doctype html><title>t</title>";
  const PageResult result = parse_input(input);
  CHECK(result.content_type == "text/html");
  CHECK(result.title == "t");
}

TEST_CASE("document: phases are announced in order", "[document]") {
  DocumentInput input;
  input.body = "<p>x";
  input.content_type = "text/html";
  std::vector<Phase> phases;
  PageResult result;
  CHECK(shared_document().parse(input, result, [&](Phase phase) { phases.push_back(phase); }) ==
        Outcome::kOk);
  CHECK(phases == std::vector<Phase>{Phase::kDecode, Phase::kParse, Phase::kExtract});
}

TEST_CASE("document: an empty body is no page to parse", "[document]") {
  const PageResult result = parse("");
  CHECK(result.parse_status == ParseStatus::kNone);
  CHECK(result.text.empty());
  CHECK(result.body_bytes == 0);
}

TEST_CASE("document: nothing of one page is left in the next", "[document]") {
  PageResult result;
  DocumentInput input;
  input.content_type = "text/html";
  input.url = kUrl;
  input.body =
      "<html lang=en><base href=/b/><title>t</title><meta name=description content=d>"
      "<meta name=robots content=none><link rel=canonical href=/c><a href=x>y</a><a href=data:x>";
  shared_document().parse(input, result, {});
  REQUIRE(result.links.size() == 2);
  input.body = "<p><a href=x>";
  shared_document().parse(input, result, {});
  CHECK(result.title.empty());
  CHECK(result.description.empty());
  CHECK(result.canonical.empty());
  CHECK(result.lang.empty());
  CHECK(result.robots_directives == 0);
  CHECK(result.links_dropped == 0);
  REQUIRE(result.links.size() == 1);
  CHECK(result.links[0].href == "http://h.example/dir/x");
  CHECK(result.links[0].anchor.empty());
}

// --- facts --------------------------------------------------------------------------------------

TEST_CASE("document: the first title counts, collapsed, and none in SVG", "[document]") {
  CHECK(parse("<svg><title>drawing</title></svg><title> A\n &amp;  B </title><title>C</title>")
            .title == "A & B");
}

TEST_CASE("document: a long title is cut between characters", "[document]") {
  const auto title = parse("<title>" + repeated("\u20AC", 3'000) + "</title>").title;
  CHECK(title.size() <= kTitleBytesMax);
  CHECK(title.size() > kTitleBytesMax - 4);
  CHECK(is_valid_utf8(title));
}

TEST_CASE("document: description, language and canonical URL are found", "[document]") {
  const PageResult page = parse(
      "<html lang=' de-AT '><meta name=Description content=' a\n b '>"
      "<link rel='foo CANONICAL' href='../c#f'><link rel=canonical href=/second>");
  CHECK(page.description == "a b");
  CHECK(page.lang == "de-AT");
  CHECK(page.canonical == "http://h.example/c");
  CHECK(parse("<link rel=canonical href=mailto:x>").canonical.empty());
  CHECK(parse("<title>t</title><p>a comment<link rel=canonical href=/stolen>").canonical.empty());
}

TEST_CASE("document: meta robots for everybody and for this agent add up", "[document]") {
  CHECK(parse("<meta name=ROBOTS content='NoIndex,nofollow'>").robots_directives ==
        (kRobotsNoindex | kRobotsNofollow));
  CHECK(parse("<meta name=robots content=none>").robots_directives ==
        (kRobotsNoindex | kRobotsNofollow));
  CHECK(parse("<meta name=robots content='noarchive'><meta name=Crawl content=noindex>")
            .robots_directives == (kRobotsNoarchive | kRobotsNoindex));
  CHECK(parse("<meta name=otherbot content=noindex>").robots_directives == 0);
  CHECK(parse("<meta name=robots content='index, follow, all'>").robots_directives == 0);
}

TEST_CASE("document: X-Robots-Tag counts for everybody or for this agent", "[document]") {
  const auto directives = [](std::string_view tag) {
    DocumentInput input;
    input.body = "<p>x";
    input.content_type = "text/html";
    input.x_robots_tag = tag;
    input.robots_agent = "crawl";
    return parse_input(input).robots_directives;
  };
  CHECK(directives("noindex, nofollow") == (kRobotsNoindex | kRobotsNofollow));
  CHECK(directives("otherbot: noindex, nofollow") == 0);
  CHECK(directives("noarchive, otherbot: noindex") == kRobotsNoarchive);
  CHECK(directives("otherbot: none, CRAWL: noindex") == kRobotsNoindex);
  CHECK(directives("unavailable_after: 25 Jun 2030 15:00:00 PST, noindex") == kRobotsNoindex);
}

// --- links --------------------------------------------------------------------------------------

TEST_CASE("document: every kind of link is found, in document order", "[document]") {
  CHECK(
      links_of("<link rel=next href=n><link rel='SHORTCUT icon' href=i><link rel=author href=l>"
               "<script src=s></script><body background=b>"
               "<a href=a>x</a><map><area href=r></map><img src=g srcset='g1 1x, g2 2x'>"
               "<picture><source srcset=p></picture><video src=v poster=o><source src=u>"
               "<track src=t></video><audio src=d></audio><embed src=e><object data=j></object>"
               "<form action=f></form><iframe src=q></iframe><input type=image src=z>") ==
      "link http://h.example/dir/n\nresource http://h.example/dir/i\nlink http://h.example/dir/l\n"
      "script http://h.example/dir/s\nimage http://h.example/dir/b\n"
      "a http://h.example/dir/a\narea http://h.example/dir/r\n"
      "image http://h.example/dir/g\nimage http://h.example/dir/g1\n"
      "image http://h.example/dir/g2\nimage http://h.example/dir/p\nmedia http://h.example/dir/v\n"
      "image http://h.example/dir/o\nmedia http://h.example/dir/u\nmedia http://h.example/dir/t\n"
      "media http://h.example/dir/d\nembed http://h.example/dir/e\nembed http://h.example/dir/j\n"
      "form http://h.example/dir/f\niframe http://h.example/dir/q\n"
      "image http://h.example/dir/z\n");
}

TEST_CASE("document: frames of a frameset are links", "[document]") {
  CHECK(links_of("<frameset><frame src=f><noframes><a href=no></noframes></frameset>") ==
        "frame http://h.example/dir/f\n");
}

TEST_CASE("document: SVG links are links", "[document]") {
  CHECK(links_of("<svg><a href=x><text>t</text></a><a xlink:href=y></a><image href=i></svg>") ==
        "a http://h.example/dir/x\na http://h.example/dir/y\nimage http://h.example/dir/i\n");
}

TEST_CASE("document: a refresh leads to its URL", "[document]") {
  CHECK(links_of("<meta http-equiv=refresh content='5; URL = \"a b\" c'>") ==
        "refresh http://h.example/dir/a%20b\n");
  CHECK(links_of("<meta http-equiv=Refresh content='0,x'>") == "refresh http://h.example/dir/x\n");
  CHECK(links_of("<meta http-equiv=refresh content=' .5 url=x'>") ==
        "refresh http://h.example/dir/x\n");
  CHECK(links_of("<meta http-equiv=refresh content='5'><meta http-equiv=refresh content='x'>") ==
        "");
}

TEST_CASE("document: a template is inert, noscript is not, srcdoc is not followed", "[document]") {
  CHECK(links_of("<template><a href=t></template><noscript><a href=n></noscript>"
                 "<iframe srcdoc='<a href=s>'></iframe>") == "a http://h.example/dir/n\n");
}

TEST_CASE("document: links are resolved by the base element, wherever it stands", "[document]") {
  CHECK(links_of("<link rel=next href=n><base target=x><base href=/b/><base href=/c/><a href=a>") ==
        "link http://h.example/b/n\na http://h.example/b/a\n");
  CHECK(links_of("<base href=data:x><a href=a>") == "a http://h.example/dir/a\n");
  CHECK(links_of("<template><base href=/b/></template><a href=a>") == "a http://h.example/dir/a\n");
  CHECK(links_of("<base href=/b/p#f><a href='#g'>") == "a http://h.example/b/p\n");
}

TEST_CASE("document: fragments and credentials are dropped, a bare fragment is the page",
          "[document]") {
  CHECK(links_of("<a href='http://u:p@o.example/x#f'><a href='#top'><a href=''>") ==
        "a http://o.example/x\na http://h.example/dir/page?q\na http://h.example/dir/page?q\n");
}

TEST_CASE("document: the same link twice is two links", "[document]") {
  const PageResult page = parse("<a href=x>one</a><a href=x>two</a>");
  REQUIRE(page.links.size() == 2);
  CHECK(page.links[0].anchor == "one");
  CHECK(page.links[1].anchor == "two");
}

TEST_CASE("document: URLs that lead nowhere are counted", "[document]") {
  const PageResult page = parse(
      "<a href='JavaScript:x()'><a href=' data:text/html,x'><img src=blob:x><iframe "
      "src=about:blank>"
      "</iframe><a href='java\nscript:x'><a href='http://[/'><a href=mailto:a@b.example>");
  CHECK(page.links_dropped == 6);
  REQUIRE(page.links.size() == 1);
  CHECK(page.links[0].href == "mailto:a@b.example");
}

TEST_CASE("document: links beyond the limit are counted", "[document]") {
  std::string html;
  for (size_t i = 0; i < kLinksMax + 5; ++i) html += "<a href=" + std::to_string(i) + "></a>";
  const PageResult page = parse(html);
  CHECK(page.links.size() == kLinksMax);
  CHECK(page.links_dropped == 5);
}

// What a result may take in all allows a page's links 64 MiB beyond its own bytes.
TEST_CASE("document: a long base does not multiply without end", "[document]") {
  std::string html = "<base href='/" + std::string(8'000, 'a') + "/'>";
  for (size_t i = 0; i < kLinksMax; ++i) html += "<a href=" + std::to_string(i) + "></a>";
  const PageResult page = parse(html);
  CHECK(page.links.size() > 1'000);
  CHECK(page.links.size() + page.links_dropped == kLinksMax);
  std::string message;
  encode_message(page, message);
  CHECK(message.size() < html.size() + (size_t{64} << 20));
}

TEST_CASE("document: without a URL only absolute links count", "[document]") {
  CHECK(links_of("<a href=x><a href='#f'><a href=http://o.example>", "") ==
        "a http://o.example/\n");
  CHECK(links_of("<base href=http://b.example/><a href=x>", "") == "a http://b.example/x\n");
}

TEST_CASE("document: rel is lower case with single spaces", "[document]") {
  CHECK(parse("<a rel=' NoFollow\t UGC ' href=x>").links.at(0).rel == "nofollow ugc");
}

TEST_CASE("document: an OpenSearch description is a resource", "[document]") {
  CHECK(links_of("<link rel=search type='application/opensearchdescription+xml' href=x>"
                 "<link rel='alternate stylesheet' href=y><link rel=alternate href=z>") ==
        "resource http://h.example/dir/x\nresource http://h.example/dir/y\n"
        "link http://h.example/dir/z\n");
}

TEST_CASE("document: an anchor is text and images' alternatives", "[document]") {
  const PageResult page = parse(
      "<a href=1> one <b>two</b>\n<img alt='three  four'><script>no</script><p>five</p></a>"
      "<a href=2 hidden>six</a><a href=3></a>");
  REQUIRE(page.links.size() == 3);
  CHECK(page.links[0].anchor == "one two three four five");
  CHECK(page.links[1].anchor == "six");
  CHECK(page.links[2].anchor.empty());
}

TEST_CASE("document: a long anchor is cut between characters", "[document]") {
  const auto anchor =
      std::string(parse("<a href=x>" + repeated("\u20AC", 2'000) + "</a>").links.at(0).anchor);
  CHECK(anchor.size() <= kAnchorBytesMax);
  CHECK(anchor.size() > kAnchorBytesMax - 4);
  CHECK(is_valid_utf8(anchor));
}

// --- text ---------------------------------------------------------------------------------------

TEST_CASE("document: text reads as the page does", "[document]") {
  CHECK(text_of("<head><title>no</title></head><h1> Head </h1>\n<div><p>a  <b>b</b>c\n d</p></div>"
                "<ul><li>e<li>f</ul>g<br><br>h") == "Head\na bc d\ne\nf\ng\nh");
}

TEST_CASE("document: text that is never shown is left out", "[document]") {
  CHECK(text_of("a<script>s</script><style>t</style><template>u</template><p hidden>v</p>"
                "<iframe>w</iframe><video>x</video><!-- y --><svg><title>z</title>"
                "<text>in</text></svg><noscript>n</noscript><dialog>d</dialog>") == "a in n");
}

TEST_CASE("document: preformatted text keeps its space", "[document]") {
  CHECK(text_of("<p>a<pre>\n  b\n    c <b> d</b>\n</pre>e<textarea>\n f\n\n g</textarea>") ==
        "a\n  b\n    c  d\ne\n f\n\n g");
}

TEST_CASE("document: cells are separated by tabs, rows by lines", "[document]") {
  CHECK(text_of("<table><tr><th>a<th>b<tr><td>c</td> <td>d e</td></table>f") == "a\tb\nc\td e\nf");
}

TEST_CASE("document: no-break spaces stay", "[document]") {
  CHECK(text_of("<p>a&nbsp;b") ==
        "a\u00A0"
        "b");
}

TEST_CASE("document: NUL and broken characters are U+FFFD", "[document]") {
  using namespace std::string_view_literals;
  CHECK(text_of("<p>a\0b\xFF"
                "c&#0;"sv) ==
        "a\uFFFD"
        "b\uFFFD"
        "c\uFFFD");
}

// gumbo lets numbers of references overflow; whatever comes out must still be UTF-8.
TEST_CASE("document: impossible character references do no harm", "[document]") {
  const PageResult page = parse(
      "<title>&#4294967295;&#xFFFFFFFF;</title><p>&#4294967041;&#2147483649;&#xD800;"
      "<a href='?&#4294967295;' rel='&#4294967295;'>&#4294967295;</a>");
  CHECK(is_valid_utf8(page.text));
  CHECK(is_valid_utf8(page.title));
  REQUIRE(page.links.size() == 1);
  CHECK(is_valid_utf8(page.links[0].href));
  CHECK(is_valid_utf8(page.links[0].rel));
  CHECK(is_valid_utf8(page.links[0].anchor));
}

TEST_CASE("document: deep nesting is walked without recursion, and given up at 100,000 levels",
          "[document]") {
  const auto [levels, status] = GENERATE(
      table<size_t, ParseStatus>({{99'000, ParseStatus::kOk}, {300'000, ParseStatus::kLimit}}));
  CAPTURE(levels);
  const PageResult page = parse(repeated("<span>", levels) + "<a href=x>deep</a>");
  CHECK(page.parse_status == status);
  CHECK(page.text == "deep");
  CHECK(page.links.size() == 1);
}

// --- limits -------------------------------------------------------------------------------------

TEST_CASE("document: a page that hits the parser's limit keeps links, title and text",
          "[document]") {
  auto document = Document::create({.arena_bytes_max = 160u << 20, .cpu_ms_max = 50});
  REQUIRE(document);
  const std::string html = "<title>t</title><a href=first>one</a>" + repeated("<div>", 300'000) +
                           "<p>end<a href=last>two</a>";
  DocumentInput input;
  input.body = html;
  input.content_type = "text/html";
  input.url = kUrl;
  const PageResult page = parse_input(input, **document);
  CHECK(page.parse_status == ParseStatus::kLimit);
  CHECK(page.title == "t");
  CHECK(page.text == "one\nendtwo");
  REQUIRE(page.links.size() == 2);
  CHECK(page.links[0].href == "http://h.example/dir/first");
  CHECK(page.links[1].href == "http://h.example/dir/last");
  CHECK(page.links[1].kind == LinkKind::kScanned);
  CHECK(page.links[1].anchor == "two");
}

TEST_CASE("document: beyond what a page may have only UTF-8 is read, and no body is kept",
          "[document]") {
  auto document = Document::create({.body_bytes_max = 1u << 20});
  REQUIRE(document);
  const auto [character, read] =
      GENERATE(table<std::string, size_t>({{"x", 17u << 20}, {"\xFF", 3 * (16u << 20)}}));
  const std::string body = repeated(character, 17u << 20);
  DocumentInput input;
  input.body = body;
  input.content_type = "text/plain; charset=utf-8";
  const PageResult page = parse_input(input, **document);
  CHECK(page.text.size() == read);
  CHECK(page.body_bytes == body.size());
  CHECK(page.body_zstd.empty());
  CHECK((*document)->problem().empty() == (character == "x"));
}

TEST_CASE("document: a page's links take no more than a bound together", "[document]") {
  std::string html = "<base href='/" + std::string(6'000, 'b') + "/'>";
  for (int i = 0; i < 20'000; ++i) html += "<a href=" + std::to_string(i) + ">x</a>";
  const PageResult page = parse(html);
  size_t bytes = 0;
  for (const PageLink& link : page.links) bytes += link.href.size() + link.anchor.size();
  CHECK(bytes <= LinkCollector::kTextBytesMax);
  CHECK(page.links.size() + page.links_dropped == 20'000);
  CHECK(page.links.size() > 1'000);
}

// --- hashes and body ----------------------------------------------------------------------------

TEST_CASE("document: hashes are of the body and of the text", "[document]") {
  const std::string_view html = "<p>some text";
  const PageResult page = parse(html);
  CHECK(page.body_bytes == html.size());
  CHECK(page.content_hash == hash_bytes(html));
  CHECK(page.text_hash == hash_bytes("some text"));
  CHECK(page.simhash == simhash("some text"));
}

TEST_CASE("document: the body can be had back", "[document]") {
  const std::string html = repeated("<p>some \xFF text", 1'000);
  const PageResult page = parse(html);
  CHECK(page.body_zstd.size() < html.size() / 10);
  std::string back(html.size() + 1, '\0');
  const size_t size =
      ZSTD_decompress(back.data(), back.size(), page.body_zstd.data(), page.body_zstd.size());
  REQUIRE(ZSTD_isError(size) == 0);
  CHECK(back.substr(0, size) == html);
}

TEST_CASE("document: the body is not kept where it is not wanted", "[document]") {
  auto document = Document::create({.keep_body = false});
  REQUIRE(document);
  DocumentInput input;
  input.body = "<p>x";
  input.content_type = "text/html";
  CHECK(parse_input(input, **document).body_zstd.empty());
}

}  // namespace
}  // namespace crawl
