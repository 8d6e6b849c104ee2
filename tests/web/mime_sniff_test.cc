// SPDX-License-Identifier: MIT
#include "web/mime_sniff.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

using namespace std::string_view_literals;

std::string_view unknown(std::string_view bytes) {
  return identify_unknown(bytes, SniffScriptable::kYes);
}
std::string computed(std::string_view type, std::string_view bytes, bool nosniff = false) {
  return computed_type({std::string(type), false, nosniff}, bytes);
}

// §5.1
TEST_CASE("mime_sniff: Apache's bug is four values, byte for byte", "[mime_sniff]") {
  CHECK(has_apache_bug("text/plain"));
  CHECK(has_apache_bug("text/plain; charset=ISO-8859-1"));
  CHECK(has_apache_bug("text/plain; charset=iso-8859-1"));
  CHECK(has_apache_bug("text/plain; charset=UTF-8"));
  for (const char* value :
       {"", "Text/Plain", "text/plain;charset=UTF-8", "text/plain; charset=utf-8", "text/plain ",
        "text/plain;", "text/plain, text/plain", "text/html"}) {
    CAPTURE(value);
    CHECK_FALSE(has_apache_bug(value));
  }
}

// Fetch Standard §2.2.6
TEST_CASE("mime_sniff: nosniff is said by the first value", "[mime_sniff]") {
  CHECK(says_nosniff("nosniff"));
  CHECK(says_nosniff(" NoSniff\t"));
  CHECK(says_nosniff("nosniff, x"));
  CHECK_FALSE(says_nosniff(""));
  CHECK_FALSE(says_nosniff("x, nosniff"));
  CHECK_FALSE(says_nosniff("nosniffs"));
  CHECK_FALSE(says_nosniff("\"nosniff\""));
}

// §7.1
TEST_CASE("mime_sniff: bytes that begin with a tag of HTML are HTML", "[mime_sniff]") {
  for (const char* bytes :
       {"<!DOCTYPE html>", "<!doctype HTML PUBLIC", "  \n\t<html>", "<HEAD >", "<script >",
        "<iframe >", "<h1>", "<div ", "<font ", "<table>", "<a href=x>", "<style>", "<title>",
        "<b>", "<body>", "<br>", "<p>", "<!-- comment -->"}) {
    CAPTURE(bytes);
    CHECK(unknown(bytes) == "text/html");
    CHECK(identify_unknown(bytes, SniffScriptable::kNo) == "text/plain");
  }
}

TEST_CASE("mime_sniff: a tag must end to be one", "[mime_sniff]") {
  for (const char* bytes : {"<html", "<htmlx>", "<p\n>", "<abbr>", "<pre>", "html>", "x<html>"}) {
    CAPTURE(bytes);
    CHECK(unknown(bytes) == "text/plain");
  }
}

TEST_CASE("mime_sniff: XML and PDF are scriptable as well", "[mime_sniff]") {
  CHECK(unknown("\n <?xml version=\"1.0\"?>") == "text/xml");
  CHECK(unknown("%PDF-1.7") == "application/pdf");
  CHECK(unknown(" %PDF-1.7") == "text/plain");
  CHECK(identify_unknown("<?xml version=\"1.0\"?>", SniffScriptable::kNo) == "text/plain");
  CHECK(identify_unknown("%PDF-1.7\x01", SniffScriptable::kNo) == "application/octet-stream");
}

TEST_CASE("mime_sniff: PostScript and byte order marks are known", "[mime_sniff]") {
  CHECK(unknown("%!PS-Adobe-3.0") == "application/postscript");
  CHECK(unknown("\xFE\xFF\0h"sv) == "text/plain");
  CHECK(unknown("\xFF\xFEh\0"sv) == "text/plain");
  CHECK(unknown("\xEF\xBB\xBF\0"sv) == "text/plain");
  CHECK(unknown("\xEF\xBB\xBF<html>") == "text/plain");
  // The patterns are four bytes long.
  CHECK(unknown("\xFE\xFF\0"sv) == "application/octet-stream");
}

// §6.1
TEST_CASE("mime_sniff: images are told by their first bytes", "[mime_sniff]") {
  CHECK(unknown("\0\0\1\0"sv) == "image/x-icon");
  CHECK(unknown("\0\0\2\0"sv) == "image/x-icon");
  CHECK(unknown("BM......") == "image/bmp");
  CHECK(unknown("GIF87a") == "image/gif");
  CHECK(unknown("GIF89a") == "image/gif");
  CHECK(unknown("RIFF\1\2\3\4WEBPVP8 ") == "image/webp");
  CHECK(unknown("\x89PNG\r\n\x1A\n") == "image/png");
  CHECK(unknown("\xFF\xD8\xFF\xE0") == "image/jpeg");
  CHECK(match_image("RIFF\1\2\3\4WEBPXX").empty());
  CHECK(match_image("RIFF").empty());
  CHECK(match_image("GIF88a").empty());
}

// §6.2
TEST_CASE("mime_sniff: sound and film are told by their first bytes", "[mime_sniff]") {
  CHECK(unknown("FORM\1\2\3\4AIFF") == "audio/aiff");
  CHECK(unknown("ID3\4") == "audio/mpeg");
  CHECK(unknown("OggS\0"sv) == "application/ogg");
  CHECK(unknown("MThd\0\0\0\6"sv) == "audio/midi");
  CHECK(unknown("RIFF\1\2\3\4AVI ") == "video/avi");
  CHECK(unknown("RIFF\1\2\3\4WAVE") == "audio/wave");
  CHECK(match_audio_or_video("OggS").empty());
}

// §6.2.1
TEST_CASE("mime_sniff: MP4 is told by a brand", "[mime_sniff]") {
  CHECK(unknown("\0\0\0\x10"
                "ftypmp42\0\0\0\0"sv) == "video/mp4");
  CHECK(unknown("\0\0\0\x18"
                "ftypisom\0\0\0\0isommp41"sv) == "video/mp4");
  CHECK(match_audio_or_video("\0\0\0\x18"
                             "ftypisom\0\0\0\0isomavc1"sv)
            .empty());
  CHECK(match_audio_or_video("\0\0\0\x18"
                             "ftypisommp41"sv)
            .empty());  // shorter than its box
  CHECK(match_audio_or_video("\0\0\0\x0F"
                             "ftypmp42\0\0\0\0"sv)
            .empty());  // not a multiple of 4
  CHECK(match_audio_or_video("\0\0\0\x08"
                             "ftypmp4"sv)
            .empty());
}

// §6.2.2
TEST_CASE("mime_sniff: WebM is told by its document type", "[mime_sniff]") {
  CHECK(unknown("\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm\x42\x87"sv) == "video/webm");
  CHECK(unknown("\x1A\x45\xDF\xA3\x42\x82\x40\x06\0\0webm...."sv) == "video/webm");
  CHECK(match_audio_or_video("\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska...."sv).empty());
  CHECK(match_audio_or_video("\x1A\x45\xDF\xA3\x42\x82"sv).empty());
  CHECK(match_audio_or_video("\x1A\x45\xDF\xA3\x42\x82\0\0\0\0"sv).empty());
  const std::string late = "\x1A\x45\xDF\xA3" + std::string(34, 'x') + "\x42\x82\x84webm....";
  CHECK(match_audio_or_video(late).empty());
}

// §6.2.3
TEST_CASE("mime_sniff: MP3 without ID3 is two frames", "[mime_sniff]") {
  const std::string header = "\xFF\xFB\x90\x64";  // MPEG-1 layer III, 128 kbit/s, 44.1 kHz
  const std::string frame = header + std::string(417 - 4, 'x');
  CHECK(unknown(frame + header) == "audio/mpeg");
  CHECK(match_audio_or_video(frame + "\xFF\xFB\xF0\x64").empty());  // no such bit rate
  CHECK(match_audio_or_video(frame).empty());
  CHECK(match_audio_or_video(header).empty());
  const std::string half = "\xFF\xF3\x80\x64";  // MPEG-2 layer III, 64 kbit/s, 22.05 kHz
  CHECK(unknown(half + std::string(208 - 4, 'x') + half) == "audio/mpeg");
}

// §6.4
TEST_CASE("mime_sniff: archives are told by their first bytes", "[mime_sniff]") {
  CHECK(unknown("\x1F\x8B\x08\0"sv) == "application/x-gzip");
  CHECK(unknown("PK\x03\x04") == "application/zip");
  CHECK(unknown("Rar!\x1A\x07\0"sv) == "application/x-rar-compressed");
  CHECK(match_archive("\x1F\x8B").empty());
}

TEST_CASE("mime_sniff: what is left is text or binary", "[mime_sniff]") {
  CHECK(unknown("") == "text/plain");
  CHECK(unknown("hello\n\tworld\x1b\f\r") == "text/plain");
  CHECK(unknown("gr\xfc\xdf") == "text/plain");
  CHECK(unknown("a\0b"sv) == "application/octet-stream");
  CHECK(unknown("a\x0B") == "application/octet-stream");
  CHECK(unknown(std::string(1445, 'a') + '\x01') == "text/plain");
  CHECK(unknown(std::string(1444, 'a') + '\x01') == "application/octet-stream");
}

// §7.2
TEST_CASE("mime_sniff: mislabelled binaries are binary, and nothing more exact", "[mime_sniff]") {
  CHECK(text_or_binary("abc") == "text/plain");
  CHECK(text_or_binary("\xFE\xFF\0"sv) == "text/plain");
  CHECK(text_or_binary("\xFF\xFE\0"sv) == "text/plain");
  CHECK(text_or_binary("\xEF\xBB\xBF\0"sv) == "text/plain");
  CHECK(text_or_binary("\x89PNG\r\n\x1A\n") == "application/octet-stream");
  CHECK(text_or_binary("<html>") == "text/plain");
}

// §7.3 of earlier editions
TEST_CASE("mime_sniff: a feed is told from HTML by its root", "[mime_sniff]") {
  CHECK(match_feed("<rss version=\"2.0\">") == "application/rss+xml");
  CHECK(match_feed("\xEF\xBB\xBF\n<?xml version='1.0'?><!-- <a> --><!DOCTYPE x>\n<rss>") ==
        "application/rss+xml");
  CHECK(match_feed("<feed xmlns='http://www.w3.org/2005/Atom'>") == "application/atom+xml");
  CHECK(match_feed("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
                   "xmlns=\"http://purl.org/rss/1.0/\">") == "application/rss+xml");
  CHECK(match_feed("<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" "
                   "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">") ==
        "application/rss+xml");
}

TEST_CASE("mime_sniff: HTML, and what does not end, is no feed", "[mime_sniff]") {
  for (const char* bytes :
       {"", "<", "<html>", "rss", "x<rss>", "<!-- <rss>", "<!doctype", "<?xml ?<rss>", "<RSS>",
        "<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\">", "<!-- --><p><rss>"}) {
    CAPTURE(bytes);
    CHECK(match_feed(bytes).empty());
  }
}

// §7
TEST_CASE("mime_sniff: XML types are what they say", "[mime_sniff]") {
  CHECK(computed("image/svg+xml", "\x89PNG\r\n\x1A\n") == "image/svg+xml");
  CHECK(computed("text/xml", "<html>") == "text/xml");
  CHECK(computed("application/rss+xml", "<html>") == "application/rss+xml");
}

TEST_CASE("mime_sniff: text/html is HTML or a feed", "[mime_sniff]") {
  CHECK(computed("text/html", "\x89PNG\r\n\x1A\n") == "text/html");
  CHECK(computed("text/html", "<rss>") == "application/rss+xml");
  CHECK(computed("text/html", "<feed>", true) == "application/atom+xml");
}

TEST_CASE("mime_sniff: unknown types are identified", "[mime_sniff]") {
  for (const char* type : {"", "unknown/unknown", "application/unknown", "*/*"}) {
    CAPTURE(type);
    CHECK(computed(type, "<html>") == "text/html");
    CHECK(computed(type, "<html>", true) == "text/plain");
    CHECK(computed(type, "GIF89a", true) == "image/gif");
  }
}

TEST_CASE("mime_sniff: a byte order mark does not hide a page", "[mime_sniff]") {
  CHECK(computed("", "\xEF\xBB\xBF<html>") == "text/html");
  CHECK(computed("", "\xEF\xBB\xBF<?xml ?>") == "text/xml");
  CHECK(computed("", "\xEF\xBB\xBF%PDF-1.0") == "text/plain");
  CHECK(computed("", "\xEF\xBB\xBF<html>", true) == "text/plain");
}

TEST_CASE("mime_sniff: Apache's bug makes text prove itself", "[mime_sniff]") {
  CHECK(computed_type({"text/plain", true, false}, "a\0"sv) == "application/octet-stream");
  CHECK(computed_type({"text/plain", true, false}, "<html>") == "text/plain");
  CHECK(computed_type({"text/plain", false, false}, "a\0"sv) == "text/plain");
  CHECK(computed_type({"text/plain", true, true}, "a\0"sv) == "text/plain");
}

TEST_CASE("mime_sniff: media are looked at within their kind", "[mime_sniff]") {
  CHECK(computed("image/jpeg", "GIF89a") == "image/gif");
  CHECK(computed("image/jpeg", "<html>") == "image/jpeg");
  CHECK(computed("image/jpeg", "GIF89a", true) == "image/jpeg");
  CHECK(computed("audio/x", "RIFF\1\2\3\4AVI ") == "video/avi");
  CHECK(computed("application/ogg", "ID3") == "audio/mpeg");
  CHECK(computed("video/mp4", "GIF89a") == "video/mp4");
  CHECK(computed("application/octet-stream", "GIF89a") == "application/octet-stream");
  CHECK(computed("application/json", "<html>") == "application/json");
}

TEST_CASE("mime_sniff: who needs no bytes gets the same without", "[mime_sniff]") {
  for (const char* type : {"", "text/html", "text/plain", "text/xml", "image/png", "image/svg+xml",
                           "video/mp4", "application/pdf", "*/*", "text/css"}) {
    for (const bool apache_bug : {false, true}) {
      for (const bool nosniff : {false, true}) {
        const SuppliedType supplied{type, apache_bug, nosniff};
        if (needs_bytes(supplied)) continue;
        CAPTURE(type, apache_bug, nosniff);
        for (const char* bytes : {"<html>", "<rss>", "GIF89a", "ID3", "\x01", "abc"}) {
          CHECK(computed_type(supplied, bytes) == computed_type(supplied, ""));
        }
      }
    }
  }
  CHECK_FALSE(needs_bytes({"application/pdf", false, false}));
  CHECK(needs_bytes({"text/plain", true, false}));
}

}  // namespace
}  // namespace crawl
