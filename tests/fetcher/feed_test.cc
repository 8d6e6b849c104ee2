// SPDX-License-Identifier: MIT
#include <string>

#include "fetcher/feed_text.h"
#include "tests/fetcher/xml_support.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string rss(std::string_view inside) {
  return "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel>" + std::string(inside) +
         "</channel></rss>";
}

std::string atom(std::string_view inside, std::string_view attributes = {}) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" " +
         std::string(attributes) + ">" + std::string(inside) + "</feed>";
}

// rssboard.org, "Required channel elements", "Elements of <item>"
TEST_CASE("feed: RSS 2.0", "[feed]") {
  const ReadXml feed(
      rss("<title>Example News</title><link>http://h.example/</link>"
          "<description>News &amp; more</description><language>en-us</language>"
          "<pubDate>Tue, 10 Jun 2003 04:00:00 GMT</pubDate>"
          "<lastBuildDate>Tue, 10 Jun 2003 09:41:01 GMT</lastBuildDate>"
          "<managingEditor>editor@h.example</managingEditor>"
          "<image><url>http://h.example/logo.png</url><title>Logo</title>"
          "<link>http://h.example/logo</link></image>"
          "<item><title>Star City</title><link>http://h.example/2003/news-starcity</link>"
          "<description>How do Americans &lt;b&gt;get ready&lt;/b&gt;?</description>"
          "<pubDate>Tue, 03 Jun 2003 09:39:21 GMT</pubDate>"
          "<guid>http://h.example/2003/06/03#item573</guid></item>"
          "<item><description>No title</description><guid>http://h.example/2003/05/30</guid></item>"
          "<item><title>Sound</title><link>/sound</link>"
          "<guid isPermaLink=\"false\">http://h.example/no</guid>"
          "<enclosure url=\"/sound.mp3\" length=\"1\" type=\"audio/mpeg\"/>"
          "<enclosure url=\"/cover.jpg\" length=\"1\" type=\"image/jpeg\"/></item>"));
  CHECK(feed.outcome.document == DocumentKind::kFeed);
  CHECK_FALSE(feed.outcome.broken);
  CHECK(feed.result.title == "Example News");
  CHECK(feed.result.description == "News & more");
  CHECK(feed.result.lang == "en-us");
  CHECK(feed.result.lang_source == LangSource::kMarkup);
  CHECK(feed.result.author == "editor@h.example");
  CHECK(iso8601_utc(feed.result.published_at_ms) == "2003-06-10T04:00:00.000Z");
  CHECK(iso8601_utc(feed.result.modified_at_ms) == "2003-06-10T09:41:01.000Z");
  CHECK(feed.lines() ==
        "feed http://h.example/2003/news-starcity \"Star City\" 2003-06-03T09:39:21.000Z\n"
        "feed http://h.example/2003/05/30\n"
        "feed http://h.example/sound \"Sound\"\n"
        "link http://h.example/ rel=alternate\n"
        "media http://h.example/sound.mp3\nimage http://h.example/cover.jpg\n");
  CHECK(feed.outcome.text == "Star City\nHow do Americans get ready?\nNo title\nSound");
}

TEST_CASE("feed: a guid stands in for a link where it is a permalink", "[feed]") {
  const ReadXml feed(
      rss("<item><guid isPermaLink='true'>http://h.example/a</guid></item>"
          "<item><guid isPermaLink='false'>http://h.example/b</guid></item>"
          "<item><guid>0815</guid></item><item><guid>http://h.example/c</guid><link/></item>"));
  CHECK(feed.lines() == "feed http://h.example/a\nfeed http://h.example/c\n");
}

// web.resource.org/rss/1.0: items are the channel's siblings
TEST_CASE("feed: RSS 1.0", "[feed]") {
  const ReadXml feed(
      "<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
      " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns=\"http://purl.org/rss/1.0/\">"
      "<channel rdf:about=\"http://h.example/news.rss\"><title>News</title>"
      "<link>http://h.example/pub</link><description>All about</description>"
      "<dc:language>de</dc:language><dc:creator>Me</dc:creator>"
      "<items><rdf:Seq><rdf:li rdf:resource=\"http://h.example/1\"/></rdf:Seq></items></channel>"
      "<image rdf:about=\"x\"><title>no</title><link>http://h.example/no</link></image>"
      "<item rdf:about=\"http://h.example/1\"><title>One</title><link>http://h.example/1</link>"
      "<description>First</description><dc:date>2000-01-01T12:00+00:00</dc:date></item>"
      "<item rdf:about=\"http://h.example/2\"><title>Two</title></item></rdf:RDF>");
  CHECK(feed.outcome.document == DocumentKind::kFeed);
  CHECK(feed.result.title == "News");
  CHECK(feed.result.lang == "de");
  CHECK(feed.result.author == "Me");
  CHECK(feed.lines() ==
        "feed http://h.example/1 \"One\" 2000-01-01T12:00:00.000Z\n"
        "feed http://h.example/2 \"Two\"\nlink http://h.example/pub rel=alternate\n");
  CHECK(feed.outcome.text == "One\nFirst\nTwo");
}

TEST_CASE("feed: other RDF is no feed", "[feed]") {
  ReadXml rdf(
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
      "xmlns:f=\"http://xmlns.com/foaf/0.1/\" xml:lang=\"de\" "
      "xml:base=\"http://no.example/\"><f:Person><f:name>N</f:name>"
      "<f:homepage rdf:resource=\"http://h.example/\"/></f:Person></rdf:RDF>");
  CHECK(rdf.outcome.document == DocumentKind::kNone);
  CHECK(rdf.result.links.empty());
  CHECK(rdf.result.lang.empty());
  CHECK(rdf.result.title.empty());
  CHECK(rdf.outcome.text.empty());
  CHECK(rdf.links.resolve_http("x") == "http://h.example/dir/x");  // nor has its base
}

// RFC 4287 §1.1, the extensive example, shortened
TEST_CASE("feed: Atom", "[feed]") {
  const ReadXml feed(
      atom("<title type=\"text\">dive into mark</title>"
           "<subtitle type=\"html\">A &lt;em&gt;lot&lt;/em&gt; of effort</subtitle>"
           "<updated>2005-07-31T12:29:29Z</updated><id>tag:h.example,2003:3</id>"
           "<author><name>Mark</name><email>m@h.example</email></author>"
           "<link rel=\"alternate\" type=\"text/html\" hreflang=\"en\" href=\"http://h.example/\"/>"
           "<link rel=\"self\" type=\"application/atom+xml\" href=\"http://h.example/feed.atom\"/>"
           "<link rel=\"hub\" href=\"http://hub.example/\"/>"
           "<link rel=\"next\" href=\"/feed.atom?page=2\"/>"
           "<entry><title>Atom draft-07 snapshot</title>"
           "<link rel=\"alternate\" type=\"text/html\" href=\"http://h.example/2005/04/02/atom\"/>"
           "<link rel=\"enclosure\" type=\"audio/mpeg\" href=\"http://h.example/ph34r.mp3\"/>"
           "<link rel=\"edit\" href=\"http://h.example/edit\"/>"
           "<link rel=\"via\" href=\"http://via.example/\"/>"
           "<id>tag:h.example,2003:3.2397</id><updated>2005-07-31T12:29:29Z</updated>"
           "<published>2003-12-13T08:29:29-04:00</published>"
           "<author><name>Other</name></author>"
           "<source><title>no</title><link href=\"http://h.example/source\"/></source>"
           "<content type=\"xhtml\" xml:lang=\"en\"><div xmlns=\"http://www.w3.org/1999/xhtml\">"
           "<p><i>[Update: 5 &lt; 6]</i></p><script>no</script><p>AT&amp;amp;T</p></div></content>"
           "</entry>",
           "xml:lang='en'"));
  CHECK(feed.outcome.document == DocumentKind::kFeed);
  CHECK_FALSE(feed.outcome.broken);
  CHECK(feed.result.title == "dive into mark");
  CHECK(feed.result.description == "A lot of effort");
  CHECK(feed.result.lang == "en");
  CHECK(feed.result.author == "Mark");
  CHECK(iso8601_utc(feed.result.modified_at_ms) == "2005-07-31T12:29:29.000Z");
  CHECK(feed.lines() ==
        "feed http://h.example/2005/04/02/atom \"Atom draft-07 snapshot\" "
        "2005-07-31T12:29:29.000Z\n"
        "link http://h.example/ rel=alternate\nlink http://h.example/feed.atom?page=2 rel=next\n"
        "media http://h.example/ph34r.mp3\nlink http://via.example/ rel=via\n");
  CHECK(feed.outcome.text == "Atom draft-07 snapshot\n[Update: 5 < 6]\nAT&amp;T");
}

// RFC 4287 §4.2.7.2: no rel means alternate; registered names may be written as URIs
TEST_CASE("feed: Atom's relations have several spellings", "[feed]") {
  const ReadXml feed(
      atom("<entry><link href=\"/a\"/></entry>"
           "<entry><link rel=\"http://www.iana.org/assignments/relation/alternate\" href=\"/b\"/>"
           "</entry><entry><link rel=\" Alternate \" href=\" /c \"/></entry>"
           "<entry><link rel=\"self\" href=\"/d\"/></entry>"));
  CHECK(feed.lines() ==
        "feed http://h.example/a\nfeed http://h.example/b\nfeed http://h.example/c\n");
}

// RFC 4287 §3.1.1
TEST_CASE("feed: Atom's text is HTML only where it says so", "[feed]") {
  const ReadXml feed(
      atom("<entry><title>a &lt;b&gt; c</title><link href=\"/1\"/></entry>"
           "<entry><title type=\"html\">a &lt;b>d&lt;/b> &amp;lt; c</title><link href=\"/2\"/>"
           "</entry><entry><title type=\"xhtml\"><div>a <b>e</b> &amp;lt;</div></title>"
           "<link href=\"/3\"/></entry>"));
  CHECK(feed.lines() ==
        "feed http://h.example/1 \"a <b> c\"\nfeed http://h.example/2 \"a d < c\"\n"
        "feed http://h.example/3 \"a e &lt;\"\n");
}

// XML Base; RFC 4287 §2
TEST_CASE("feed: xml:base moves the feed's and an entry's links", "[feed]") {
  const ReadXml feed(atom(
      "<link href=\"home\"/><entry><link href=\"a\"/></entry>"
      "<entry xml:base=\"sub/\"><link href=\"b\"/><link rel=\"enclosure\" href=\"b.mp3\"/></entry>"
      "<entry><link href=\"c\"/></entry>",
      "xml:base='http://base.example/blog/'"));
  CHECK(feed.lines() ==
        "feed http://base.example/blog/a\nfeed http://base.example/blog/sub/b\n"
        "feed http://base.example/blog/c\nlink http://base.example/blog/home rel=alternate\n"
        "media http://base.example/blog/sub/b.mp3\n");
}

TEST_CASE("feed: namespaces may be missing", "[feed]") {
  CHECK(ReadXml("<feed><entry><title>t</title><link href='/a'/></entry></feed>").lines() ==
        "feed http://h.example/a \"t\"\n");
  CHECK(ReadXml("<RDF><channel><title>c</title></channel><item><link>/a</link></item></RDF>")
            .lines() == "feed http://h.example/a\n");
  CHECK(ReadXml(rss("<item><link>/a</link><dc:date>2000</dc:date></item>")).lines() ==
        "feed http://h.example/a 2000-01-01T00:00:00.000Z\n");
}

TEST_CASE("feed: modules mean what they mean, others nothing", "[feed]") {
  const ReadXml feed(
      "<rss xmlns:a='http://www.w3.org/2005/Atom' xmlns:m='http://search.yahoo.com/mrss/' "
      "xmlns:c='http://purl.org/rss/1.0/modules/content/' xmlns:x='urn:x' "
      "xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd' "
      "xmlns:d='http://purl.org/dc/terms/'><channel><a:link rel='self' href='/feed'/>"
      "<x:title>no</x:title><title>yes</title><i:author>Host</i:author><i:image href='/art.jpg'/>"
      "<item><x:link>/no</x:link><link>/a</link><m:title>no</m:title>"
      "<description>short</description><c:encoded><![CDATA[<p>long &amp; <b>bold</b></p>]]>"
      "</c:encoded><d:modified>2001-02-03</d:modified><pubDate>2000-01-01</pubDate>"
      "<m:group><m:content url='/v.mp4' type='video/mp4'/><m:content url='/p.png' medium='image'/>"
      "</m:group><m:thumbnail url='/t.png'/></item></channel></rss>");
  CHECK(feed.result.title == "yes");
  CHECK(feed.result.author == "Host");
  CHECK(
      feed.lines() ==
      "feed http://h.example/a 2001-02-03T00:00:00.000Z\nimage http://h.example/art.jpg\n"
      "media http://h.example/v.mp4\nimage http://h.example/p.png\nimage http://h.example/t.png\n");
  CHECK(feed.outcome.text == "long & bold");
}

TEST_CASE("feed: HTML that was not escaped is read as if it were", "[feed]") {
  const ReadXml feed(
      rss("<item><title>a <b>bold</b> title</title><link>/a</link>"
          "<description><p>one</p><p>two <a href='x'>link</a></p></description></item>"));
  CHECK(feed.lines() == "feed http://h.example/a \"a bold title\"\n");
  CHECK(feed.outcome.text == "a bold title\none\ntwo link");
}

TEST_CASE("feed: a feed that breaks off yields what came before", "[feed]") {
  const ReadXml feed(
      "<rss><channel><title>T</title><item><title>A</title><link>/a</link></item>"
      "<item><title>B</title><link>/b</link><description>half &nbsp; a sentence");
  CHECK(feed.outcome.document == DocumentKind::kFeed);
  CHECK(feed.outcome.broken);
  CHECK(feed.result.title == "T");
  CHECK(feed.lines() == "feed http://h.example/a \"A\"\nfeed http://h.example/b \"B\"\n");
  CHECK(feed.outcome.text == "A\nB");
}

TEST_CASE("feed: what the page itself says stays within its bounds", "[feed]") {
  const std::string much(2'000'000, 'x');
  const ReadXml feed(rss("<title>" + much + "</title><description>" + much +
                         "</description><managingEditor>" + much + "</managingEditor><language>" +
                         much + "</language><item><title>" + much + "</title><link>/a</link>" +
                         "<description>" + much + "</description></item>"));
  CHECK_FALSE(feed.outcome.broken);
  CHECK(feed.result.title.size() == kTitleBytesMax);
  CHECK(feed.result.description.size() == kMetaBytesMax);
  CHECK(feed.result.author.size() == kShortBytesMax);
  CHECK(feed.result.lang.size() <= kShortBytesMax);
  REQUIRE(feed.result.links.size() == 1);
  CHECK(feed.result.links[0].anchor.size() == kAnchorBytesMax);
  CHECK(feed.outcome.text.size() <= (1u << 20) + 4 * kTitleBytesMax + 1);
}

// RSS says it in an element, Atom in an attribute.
TEST_CASE("feed: <language> is believed before xml:lang", "[feed]") {
  CHECK(
      ReadXml("<rss xml:lang='fr'><channel><language>de</language></channel></rss>").result.lang ==
      "de");
  CHECK(ReadXml("<rss xml:lang='fr'><channel xml:lang='it'/></rss>").result.lang == "it");
  CHECK(ReadXml("<rss xml:lang='fr'><channel/></rss>").result.lang == "fr");
}

TEST_CASE("feed: a language that cannot be one is not taken for one", "[feed]") {
  CHECK(ReadXml(rss("<language>the best</language>")).result.lang.empty());
  CHECK(ReadXml(rss("<language> </language><language> pt-BR </language>")).result.lang == "pt-BR");
}

TEST_CASE("feed: entries beyond the limit are counted", "[feed]") {
  std::string items;
  for (size_t i = 0; i < 60'000; ++i)
    items += "<item><link>/" + std::to_string(i) + "</link></item>";
  const ReadXml feed(rss(items));
  CHECK(feed.result.links.size() == kEntriesMax);
  CHECK(feed.result.links_dropped == 10'000);
  CHECK(feed.outcome.broken);
}

TEST_CASE("feed: xml:base moves the link that has it", "[feed]") {
  const ReadXml feed(
      atom("<entry><link xml:base='/own/' href='a'/></entry><entry xml:base='sub/'>"
           "<link xml:base='own/' href='b'/><link href='c'/></entry>"
           "<entry><link xml:base='mailto:x' href='d'/></entry>",
           "xml:base='http://base.example/blog/'"));
  CHECK(feed.lines() ==
        "feed http://base.example/own/a\nfeed http://base.example/blog/sub/own/b\n"
        "feed http://base.example/blog/sub/c\nfeed http://base.example/blog/d\n");
}

// What a page's links take in all must fit into a message.
TEST_CASE("feed: long bases of entries do not multiply without end", "[feed]") {
  const std::string base = "http://h.example/" + std::string(8'000, 'a') + "/";
  const size_t in_one = GENERATE(5'000, 10);
  const char* const rel = in_one == 10 ? "alternate" : "related";
  std::string links;
  for (size_t i = 0; i < 5'000; ++i) {
    if (i % in_one == 0) links += (i > 0 ? "</entry>" : "") + ("<entry xml:base='" + base + "'>");
    links += std::string("<link rel='") + rel + "' href='" + std::to_string(i) + "'/>";
  }
  const ReadXml feed(atom(links + "</entry>"));
  const size_t kept = feed.result.links.size();
  CHECK(kept > 1'000);
  CHECK(kept * base.size() <= size_t{17} << 20);
  CHECK(kept + feed.result.links_dropped == 5'000);
}

TEST_CASE("feed: a reader's text is that of its last document", "[feed]") {
  CHECK(ReadXml(rss("<item><title>one</title></item>")).outcome.text == "one");
  CHECK(ReadXml(rss("<item><title>two</title></item>")).outcome.text == "two");
  CHECK(ReadXml("<urlset/>").outcome.text.empty());
}

std::string text_of(std::string_view html) {
  TextWriter text;
  add_markup_text(html, text);
  return std::string(text.text());
}

TEST_CASE("feed text: tags go, what they stand for stays", "[feed]") {
  CHECK(text_of("<p>one</p><p>two<br>three</p>") == "one\ntwo\nthree");
  CHECK(text_of("a<b>b</b>c &amp; d&#x21;") == "abc & d!");
  CHECK(text_of("a <!-- <p>no</p> > --> b") == "a b");
  CHECK(text_of("a<script>if (a</b>) '</p>'</SCRIPT>b<style>p{}</style>c") == "abc");
  CHECK(text_of("<img alt='a > b' src=x>c") == "c");
  CHECK(text_of("1 < 2 and 3 > 2 <3") == "1 < 2 and 3 > 2 <3");
  CHECK(text_of("it's <i>o'clock</i>") == "it's o'clock");
  CHECK(text_of("<p o'clock>x</p>") == "x");
  CHECK(text_of("cut <a href='off") == "cut");
  CHECK(text_of("cut <!-- off") == "cut");
  CHECK(text_of("cut <script>off") == "cut");
  CHECK(text_of("<td>1</td><td>2</td>") == "1\t2");
  CHECK(text_of("<") == "<");
  CHECK(text_of("") == "");
}

TEST_CASE("feed text: megabytes of trouble take one pass", "[feed]") {
  for (const char* part :
       {"<!--", "<script>", "<a href='", "<a ", "<", "&", "<x>", "</", "<!", "<a='>"}) {
    CAPTURE(part);
    std::string html;
    while (html.size() < 4'000'000) html += part;
    CHECK(text_of(html).size() <= html.size());
  }
}

}  // namespace
}  // namespace crawl
