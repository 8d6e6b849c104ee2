// SPDX-License-Identifier: MIT
// What a page says about itself: language, headings, OpenGraph, Twitter, JSON-LD, microdata,
// alternates, author and dates.

#include <nlohmann/json.hpp>
#include <string>

#include "base/escape.h"
#include "tests/fetcher/extracted_page.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

using Json = nlohmann::json;

std::string metadata_of(std::string_view html) { return ExtractedPage(html).metadata(); }

// One member of the metadata; null where there is none.
Json member(std::string_view html, const std::string& name) {
  const std::string all = metadata_of(html);
  return all.empty() ? Json() : Json::parse(all).value(name, Json());
}

std::string json_ld(std::string_view json) {
  return "<script type='application/ld+json'>" + std::string(json) + "</script>";
}

constexpr int64_t kDay = 86'400'000;

TEST_CASE("structure: a page that says nothing has no metadata", "[structure]") {
  const ExtractedPage page("<p>text</p><h1> </h1><meta property='og:title' content=''>");
  CHECK(page.metadata().empty());
  CHECK(page.result.author.empty());
  CHECK(page.result.published_at_ms == 0);
  CHECK(page.result.modified_at_ms == 0);
}

// --- language: HTML Standard §3.2.6.1, §4.2.5.3 --------------------------------------------------

TEST_CASE("structure: the language is in lang, xml:lang or a pragma, in this order",
          "[structure]") {
  const auto lang = [](std::string_view html) {
    const ExtractedPage page(html);
    CHECK((page.result.lang_source == LangSource::kMarkup) == !page.result.lang.empty());
    return std::string(page.result.lang);
  };
  CHECK(lang("<html lang=de xml:lang=fr><meta http-equiv=content-language content=it>") == "de");
  CHECK(lang("<html xml:lang=fr><meta http-equiv=content-language content=it>") == "fr");
  CHECK(lang("<meta http-equiv=Content-Language content=' it x'>") == "it");
  CHECK(lang("<meta http-equiv=content-language content='it, de'>").empty());
  CHECK(lang("<p>x").empty());
}

// --- headings: §4.3.6
// -----------------------------------------------------------------------------

TEST_CASE("structure: headings have their level and text", "[structure]") {
  CHECK(metadata_of("<h1> A <b>b</b>\n c</h1><p>x<h2>D<br>e</h2><h6>\"f\"\\</h6><h7>no</h7>") ==
        R"({"headings":[[1,"A b c"],[2,"D e"],[6,"\"f\"\\"]]})");
}

TEST_CASE("structure: headings that nest share their text", "[structure]") {
  const std::string html =
      repeated("<h1><div>", 100) + "<pre>" + std::string(500'000, ' ') + "x</pre>";
  CHECK(metadata_of(html).empty());
}

TEST_CASE("structure: hidden headings are none", "[structure]") {
  CHECK(metadata_of("<h1 hidden>a</h1><div style='display:none'><h2>b</h2></div>"
                    "<template><h3>c</h3></template><h4><script>d</script></h4>")
            .empty());
}

TEST_CASE("structure: headings are bounded in number and length", "[structure]") {
  const Json headings = member(
      "<h1>" + repeated("\u20AC", 2'000) + "</h1>" + repeated("<h2>x</h2>", 600), "headings");
  REQUIRE(headings.size() == PageMetadata::kHeadingsMax);
  const auto first = headings[0][1].get<std::string>();
  CHECK(first.size() <= PageMetadata::kHeadingBytesMax);
  CHECK(first.size() > PageMetadata::kHeadingBytesMax - 4);
  CHECK(is_valid_utf8(first));
}

// --- https://ogp.me/ and Twitter cards
// --------------------------------------------------------------

TEST_CASE("structure: OpenGraph is kept, repeated properties as lists", "[structure]") {
  const Json graph = member(
      "<meta property=og:title content=' T '><meta name='OG:Image' content=a>"
      "<meta property=og:image content=b><meta property='article:tag' content=c>"
      "<meta property=fb:app_id content=no>",
      "opengraph");
  CHECK(graph.dump() == R"({"article:tag":"c","og:image":["a","b"],"og:title":"T"})");
}

TEST_CASE("structure: Twitter cards are kept, by name or property", "[structure]") {
  CHECK(
      metadata_of("<meta name=twitter:card content=summary>"
                  "<meta property='twitter:title og:title' content=x>") ==
      R"({"opengraph":{"og:title":"x"},"twitter":{"twitter:card":"summary","twitter:title":"x"}})");
}

TEST_CASE("structure: og:description describes where nothing else does", "[structure]") {
  CHECK(ExtractedPage("<meta property=og:description content=' a  b '>").result.description ==
        "a b");
  CHECK(ExtractedPage("<meta property=og:description content=a><meta name=description content=c>")
            .result.description == "c");
}

// --- alternates
// --------------------------------------------------------------------------------------

TEST_CASE("structure: versions in other languages are listed, and links", "[structure]") {
  const ExtractedPage page(
      "<link rel=alternate hreflang=de-AT href=de title=T type=text/html>"
      "<link rel=alternate hreflang=x-default href=/ ><link rel=alternate href=plain>"
      "<link rel=alternate hreflang=fr href='javascript:x'>");
  CHECK(page.metadata() ==
        R"({"alternates":[{"hreflang":"de-AT","href":"http://h.example/dir/de","type":"text/html",)"
        R"("title":"T"},{"hreflang":"x-default","href":"http://h.example/"}]})");
  CHECK(page.links() == "link de\nlink http://h.example/\nlink plain\n");
}

TEST_CASE("structure: feeds are listed, and links", "[structure]") {
  const ExtractedPage page(
      "<link rel=alternate type='Application/RSS+xml; charset=utf-8' href=f title=News>");
  CHECK(page.metadata() == R"({"feeds":[{"href":"http://h.example/dir/f",)"
                           R"("type":"Application/RSS+xml; charset=utf-8","title":"News"}]})");
  CHECK(page.links() == "link f\n");
}

TEST_CASE("structure: the AMP version is named", "[structure]") {
  CHECK(metadata_of("<link rel=amphtml href=a><link rel=amphtml href=b>") ==
        R"({"amp":"http://h.example/dir/a"})");
}

// --- JSON-LD 1.1 §7
// ----------------------------------------------------------------------------------

TEST_CASE("structure: JSON-LD is kept as it is written", "[structure]") {
  CHECK(metadata_of(
            json_ld("\n{ \"a\": [1, -2, 1.50, 1e3, true, null, \"\\u00e9\\n\"],\n\"b\": {}}")) ==
        "{\"json_ld\":[{\"a\":[1,-2,1.50,1e3,true,null,\"\u00E9\\n\"],\"b\":{}}]}");
  CHECK(metadata_of(json_ld("[1]") + json_ld("\"x\"")) == R"({"json_ld":[[1],"x"]})");
}

TEST_CASE("structure: JSON-LD may be wrapped, and have raw line ends in strings", "[structure]") {
  for (std::string_view json :
       {"<!-- {\"a\":\"b c\"} -->", "//<![CDATA[\n{\"a\":\"b c\"}\n//]]>",
        "/*<![CDATA[*/{\"a\":\"b c\"}/*]]>*/", "<![CDATA[{\"a\":\"b c\"}]]>",
        "// <!--\n{\"a\":\"b c\"}\n// -->", "{\"a\":\"b\nc\"}"}) {
    CAPTURE(json);
    CHECK(metadata_of(json_ld(json)) == R"({"json_ld":[{"a":"b c"}]})");
  }
}

TEST_CASE("structure: JSON-LD that is no JSON is dropped, the next block is not", "[structure]") {
  for (std::string_view json : {"", "{", "{\"a\":}", "{'a':1}", "[1,]", "{\"a\":1} x", "nul",
                                "{\"datePublished\":\"2020-01-01\",", "[1e999999]"}) {
    CAPTURE(json);
    const ExtractedPage page(json_ld(json) + json_ld("{\"b\":2}"));
    CHECK(page.metadata() == R"({"json_ld":[{"b":2}]})");
    CHECK(page.result.published_at_ms == 0);
  }
}

TEST_CASE("structure: JSON-LD nests no deeper than readers of JSON like", "[structure]") {
  const auto nested = [](size_t depth) {
    return json_ld(repeated("[", depth) + repeated("]", depth));
  };
  CHECK_FALSE(metadata_of(nested(JsonLd::kDepthMax)).empty());
  CHECK(metadata_of(nested(JsonLd::kDepthMax + 1)).empty());
  CHECK(metadata_of(nested(100'000)).empty());
}

TEST_CASE("structure: other scripts are no JSON-LD", "[structure]") {
  CHECK(metadata_of("<script type=application/json>{}</script><script>{}</script>").empty());
  CHECK(metadata_of("<script type='Application/LD+JSON; charset=utf-8'>{}</script>") ==
        R"({"json_ld":[{}]})");
}

// --- microdata: HTML Standard §5
// ------------------------------------------------------------------------

TEST_CASE("structure: items have types, id and properties", "[structure]") {
  CHECK(metadata_of("<div itemscope itemtype='http://n/A http://n/B' itemid=urn:x>"
                    "<span itemprop='a b'>x</span><i itemprop=a> y\n z</i></div>") ==
        R"({"microdata":[{"type":["http://n/A","http://n/B"],"id":"urn:x",)"
        R"("properties":{"a":["x","y z"],"b":["x"]}}]})");
}

TEST_CASE("structure: a property without a name is none", "[structure]") {
  CHECK(metadata_of("<div itemscope><b itemprop=''>x</b><b itemprop=' '>y</b></div>") ==
        R"({"microdata":[{"properties":{}}]})");
}

// §5.2.4
TEST_CASE("structure: the value of a property depends on its element", "[structure]") {
  const Json items = member(
      "<div itemscope><meta itemprop=meta content=1><a itemprop=a href=x>no</a>"
      "<img itemprop=img src=i alt=no><object itemprop=object data=o></object>"
      "<data itemprop=data value=2>no</data><meter itemprop=meter value=3>no</meter>"
      "<time itemprop=t1 datetime=2020>no</time><time itemprop=t2>2021</time>"
      "<link itemprop=link href='urn:y'><b itemprop=hidden hidden>h</b>"
      "<b itemprop=script><script>no</script>s</b></div>",
      "microdata");
  const auto value = [&](const char* name) { return items[0]["properties"][name][0]; };
  CHECK(value("meta") == "1");
  CHECK(value("a") == "http://h.example/dir/x");
  CHECK(value("img") == "http://h.example/dir/i");
  CHECK(value("object") == "http://h.example/dir/o");
  CHECK(value("data") == "2");
  CHECK(value("meter") == "3");
  CHECK(value("t1") == "2020");
  CHECK(value("t2") == "2021");
  CHECK(value("link") == "urn:y");
  CHECK(value("hidden") == "h");
  CHECK(value("script") == "s");
}

TEST_CASE("structure: items nest; one without itemprop stands alone", "[structure]") {
  CHECK(metadata_of("<div itemscope><p itemprop=a itemscope><b itemprop=b>x</b></p>"
                    "<p itemscope><b itemprop=c>y</b></p><b itemprop=d>z</b></div>"
                    "<b itemprop=nobody>s</b>") ==
        R"({"microdata":[{"properties":{"a":[{"properties":{"b":["x"]}}],"d":["z"]}},)"
        R"({"properties":{"c":["y"]}}]})");
}

TEST_CASE("structure: the value of an outer property holds those of inner ones", "[structure]") {
  CHECK(metadata_of("<div itemscope><div itemprop=a>1<b itemprop=b>2</b>3<p>4</p></div></div>") ==
        R"({"microdata":[{"properties":{"a":["123 4"],"b":["2"]}}]})");
}

// §5.2.2, §5.2.5
TEST_CASE("structure: itemref adds properties from elsewhere, in tree order", "[structure]") {
  CHECK(metadata_of("<p id=r itemprop=a>1</p><div itemscope itemref='r s none'>"
                    "<b itemprop=a>2</b></div><div id=s><i itemprop=a>3</i>"
                    "<i itemprop=c itemscope><u itemprop=d>4</u></i></div>") ==
        R"({"microdata":[{"properties":{"a":["1","2","3"],"c":[{"properties":{"d":["4"]}}]}}]})");
}

TEST_CASE("structure: an item that contains itself is an error once", "[structure]") {
  CHECK(metadata_of("<div itemscope itemref=x></div>"
                    "<div id=x><i itemprop=a itemscope itemref=x></i></div>") ==
        R"({"microdata":[{"properties":{"a":[{"properties":{"a":["ERROR"]}}]}}]})");
}

TEST_CASE("structure: references that multiply are bounded", "[structure]") {
  std::string html = "<div itemscope itemref=i0></div>";
  for (int i = 0; i < 40; ++i) {
    const std::string item = "<i itemprop=p itemscope itemref=i" + std::to_string(i + 1) + "></i>";
    html += "<div id=i" + std::to_string(i) + ">" + item + item + "</div>";
  }
  CHECK(metadata_of(html).size() <= kMetadataBytesMax);
}

TEST_CASE("structure: deep and wide microdata is bounded", "[structure]") {
  const std::string html =
      GENERATE(repeated("<div itemscope itemprop=a>", 2'000), repeated("<p itemscope>", 20'000),
               "<div itemscope>" + repeated("<b itemprop=a>x</b>", 20'000),
               "<div itemscope>" + repeated("<b itemprop=a>x", 200),
               "<div itemscope><p itemprop='" + repeated("a ", 100'000) + "'>x");
  const std::string metadata = metadata_of("<div itemscope>" + html);
  CHECK(metadata.size() <= kMetadataBytesMax);
  CHECK((metadata.empty() || Json::accept(metadata)));
}

// --- author and dates
// ----------------------------------------------------------------------------------

TEST_CASE("structure: author and dates of JSON-LD, from the outermost object", "[structure]") {
  const ExtractedPage page(json_ld(
      R"({"review":{"author":"no","datePublished":"1999-01-01"},"author":[{"@type":"Person",)"
      R"("name":"A B","knows":{"name":"no"}},"C"],"datePublished":"1970-01-02T00:00:00Z",)"
      R"("dateModified":"1970-01-03"})"));
  CHECK(page.result.author == "A B, C");
  CHECK(page.result.published_at_ms == kDay);
  CHECK(page.result.modified_at_ms == 2 * kDay);
}

TEST_CASE("structure: the first node of a graph counts", "[structure]") {
  const ExtractedPage page(json_ld(
      R"({"@graph":[{"author":{"name":"A"}},{"author":{"name":"B"},"datePublished":"1970-01-02"}]})"));
  CHECK(page.result.author == "A");
  CHECK(page.result.published_at_ms == kDay);
}

TEST_CASE("structure: JSON-LD counts before OpenGraph, microdata and meta", "[structure]") {
  const std::string ld = json_ld(R"({"author":"ld","datePublished":"1970-01-02"})");
  const std::string graph =
      "<meta property=article:author content=graph>"
      "<meta property=article:published_time content=1970-01-03>";
  const std::string micro =
      "<div itemscope><b itemprop=author itemscope><i itemprop=name>micro</i></b>"
      "<time itemprop=datePublished datetime=1970-01-04>x</time></div>";
  const std::string meta = "<meta name=author content=meta><meta name=date content=1970-01-05>";
  const auto check = [](const std::string& html, std::string_view author, int64_t days) {
    const ExtractedPage page(html);
    CHECK(page.result.author == author);
    CHECK(page.result.published_at_ms == days * kDay);
  };
  check(meta + micro + graph + ld, "ld", 1);
  check(meta + micro + graph, "graph", 2);
  check(meta + micro, "micro", 3);
  check(meta, "meta", 4);
}

TEST_CASE("structure: modified times", "[structure]") {
  const auto modified = [](const std::string& html) {
    return ExtractedPage(html).result.modified_at_ms;
  };
  CHECK(modified("<meta property=article:modified_time content=1970-01-02>") == kDay);
  CHECK(modified("<meta property=og:updated_time content=1970-01-02>") == kDay);
  CHECK(modified("<meta name=DCTERMS.modified content=1970-01-02>") == kDay);
  CHECK(modified("<meta name=last-modified content='Fri, 02 Jan 1970 00:00:00 GMT'>") == kDay);
  CHECK(modified("<meta http-equiv=Last-Modified content='Fri, 02 Jan 1970 00:00:00 GMT'>") ==
        kDay);
  CHECK(modified("<p itemscope><time itemprop=dateModified datetime=1970-01-02>x</time>") == kDay);
  CHECK(modified("<meta name=last-modified content='yesterday'>") == 0);
}

TEST_CASE("structure: a time that is marked as the publication's", "[structure]") {
  CHECK(
      ExtractedPage("<time datetime=1970-01-03>x</time><time pubdate datetime=1970-01-02>x</time>")
          .result.published_at_ms == kDay);
}

TEST_CASE("structure: an author's address is no name", "[structure]") {
  CHECK(ExtractedPage("<meta property=article:author content=https://x.example/me>"
                      "<meta name=author content='The\n Name'>")
            .result.author == "The Name");
}

// --- bounds
// ----------------------------------------------------------------------------------------------

TEST_CASE("structure: what does not fit is left out whole, microdata first", "[structure]") {
  const std::string large = json_ld("\"" + std::string(200'000, 'x') + "\"");
  const std::string items =
      "<div itemscope>" +
      repeated("<meta itemprop=a content='" + std::string(3'000, 'y') + "'>", 60);
  const Json both = Json::parse(metadata_of(large + "<h1>t</h1>" + items));
  CHECK(both.contains("json_ld"));
  CHECK(both.contains("headings"));
  CHECK_FALSE(both.contains("microdata"));
  CHECK(Json::parse(metadata_of(items)).contains("microdata"));
}

TEST_CASE("structure: metadata is bounded whatever a page says", "[structure]") {
  std::string html = repeated("<h1>" + std::string(1'000, '\x01') + "</h1>", 600);
  for (int i = 0; i < 600; ++i) {
    const std::string n = std::to_string(i);
    html += "<meta property=og:" + n + " content='" + std::string(5'000, '"') + "'>";
    html += "<meta name=twitter:" + n + " content=\"" + std::string(5'000, '\x02') + "\">";
    html += "<link rel=alternate hreflang=de href='/" + std::string(3'000, 'x') + n + "'>";
    html += "<link rel=alternate type=application/rss+xml href='/" + std::string(3'000, 'x') + "'>";
    html += json_ld("\"" + std::string(3'000, 'z') + "\"");
  }
  const std::string metadata = metadata_of(html);
  CHECK(metadata.size() <= kMetadataBytesMax);
  CHECK(Json::accept(metadata));
}

// All of metadata at its bounds: a control character is six bytes of JSON.
Json full_metadata(size_t amp_bytes, size_t json_ld_bytes) {
  const std::string value(4'000, '\x01');
  const std::string amp(amp_bytes, '\x02');
  PageMetadata metadata;
  for (size_t i = 0; i < 60; ++i) metadata.add_heading(1, value.substr(0, 900 - i));
  for (size_t i = 0; i < 40; ++i) {
    const std::string name = std::to_string(i);
    const std::string_view part = std::string_view(value).substr(0, 4'000u >> (i / 4));
    metadata.add_property("og:" + name, part);
    metadata.add_property("twitter:" + name, part);
    metadata.add_alternate({"de", "/", {}, part});
    metadata.add_feed({{}, "/", {}, part});
  }
  metadata.set_amp(amp);
  metadata.add_json_ld("\"" + std::string(json_ld_bytes, 'x') + "\"");
  PageResult result;
  StringPool pool;
  LinkCollector links;
  links.begin("", result, pool);
  metadata.finish("[" + std::string(json_ld_bytes, '1') + "]", result, links);
  CHECK(result.metadata.size() <= kMetadataBytesMax);
  // What is too long would have been cut, and be no JSON.
  return Json::parse(result.metadata, nullptr, false);
}

TEST_CASE("structure: metadata at all its bounds is one object that fits", "[structure]") {
  const size_t amp_bytes = GENERATE(100, 4'000, 4'100, 60'000);
  CAPTURE(amp_bytes);
  size_t fits = 0;
  size_t fits_not = kMetadataBytesMax;
  while (fits + 1 < fits_not) {
    const size_t size = (fits + fits_not) / 2;
    const Json metadata = full_metadata(amp_bytes, size);
    REQUIRE_FALSE(metadata.is_discarded());
    CHECK(metadata.contains("headings"));
    CHECK(metadata.contains("amp") == (amp_bytes <= 4'000));
    (metadata.contains("json_ld") ? fits : fits_not) = size;
  }
  CHECK(fits > kMetadataBytesMax / 4);
  CHECK(fits < kMetadataBytesMax / 2 + kMetadataBytesMax / 8);
}

TEST_CASE("structure: whatever bytes a page has, metadata is UTF-8", "[structure]") {
  const ExtractedPage page(
      "<h1>&#4294967295;\xFF</h1><meta property=og:title content='&#4294967295;\xFE'>" +
      json_ld("\"a\xC3\"") +
      "<p itemscope itemtype='\xFF'><b itemprop='&#4294967295;'>\xED\xA0\x80");
  CHECK(is_valid_utf8(page.result.metadata));
  CHECK(Json::accept(page.metadata()));
}

}  // namespace
}  // namespace crawl
