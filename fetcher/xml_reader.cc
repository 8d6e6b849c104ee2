// SPDX-License-Identifier: MIT
#include "fetcher/xml_reader.h"

#include <expat.h>
#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>

#include "fetcher/ascii.h"
#include "fetcher/feed_entries.h"
#include "fetcher/sitemap_entries.h"

namespace crawl {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr uint32_t kDepthMax = 100;
// expat reads a tag or comment anew with each piece while its end is missing (before 2.6), and
// keeps every distinct name until the end.
constexpr size_t kPieceBytes = size_t{256} * 1024;
constexpr size_t kTokenBytesMax = size_t{1} << 20;
constexpr size_t kNamesMax = 4096;
constexpr size_t kNameBytesMax = 1024;
constexpr size_t kLookBytes = size_t{16} * 1024;  // for the root element

enum class Root { kNone, kSitemap, kFeed };

Root root_named(std::string_view qualified_name) {
  const size_t colon = qualified_name.find(':');
  const std::string_view name =
      colon == std::string_view::npos ? qualified_name : qualified_name.substr(colon + 1);
  if (name == "urlset" || name == "sitemapindex") return Root::kSitemap;
  if (name == "rss" || name == "feed" || name == "RDF") return Root::kFeed;
  return Root::kNone;
}

DocumentKind kind_of(Root root) {
  if (root == Root::kNone) return DocumentKind::kNone;
  return root == Root::kSitemap ? DocumentKind::kSitemap : DocumentKind::kFeed;
}

std::string_view without_prologue_space(std::string_view utf8) {
  if (utf8.starts_with(kByteOrderMark)) utf8.remove_prefix(kByteOrderMark.size());
  return utf8.substr(std::min(utf8.find_first_not_of(" \t\r\n"), utf8.size()));
}

std::string_view description_of(XML_Error error) {
  if (error == XML_ERROR_NO_ELEMENTS) return "it ends before its root element does";
  const char* text = ::XML_ErrorString(error);
  return text != nullptr ? text : "it is broken";
}

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { ::XML_ParserFree(parser); }
};

// One reading of one document.
class Reading {
 public:
  Reading(LinkCollector& links, PageResult& result, TextWriter& text, unsigned long salt)
      : links_(links), result_(result), text_(text), salt_(salt) {}

  XmlOutcome read(std::string_view utf8);

 private:
  bool create_parser();
  void feed(std::string_view utf8, bool is_whole);
  void stop(std::string_view problem);
  void open(const char* name, const char** attributes);
  void close(const char* name);
  void refuse_doctype(const char* name);
  bool begin(const XmlElement& root);
  bool note_name(const char* name);  // false: too many of them, or too long

  LinkCollector& links_;
  PageResult& result_;
  TextWriter& text_;
  const unsigned long salt_;
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  XmlNamespaces namespaces_;
  std::optional<SitemapEntries> sitemap_;
  std::optional<FeedEntries> feed_;
  XmlEntries* entries_ = nullptr;  // one of the two; null before the root
  std::unordered_set<uint64_t> names_;
  uint32_t depth_ = 0;
  bool stopped_ = false;  // expat may still report what it has begun
  XmlOutcome outcome_;
};

bool Reading::create_parser() {
  // What is named here overrules the XML declaration.
  parser_.reset(::XML_ParserCreate("UTF-8"));
  if (!parser_) return false;
  XML_Parser parser = parser_.get();
  ::XML_SetHashSalt(parser, salt_);
  ::XML_SetUserData(parser, this);
  ::XML_SetElementHandler(
      parser,
      [](void* self, const char* name, const char** attributes) {
        static_cast<Reading*>(self)->open(name, attributes);
      },
      [](void* self, const char* name) { static_cast<Reading*>(self)->close(name); });
  ::XML_SetCharacterDataHandler(parser, [](void* self, const char* text, int size) {
    auto* reading = static_cast<Reading*>(self);
    if (reading->stopped_ || reading->entries_ == nullptr) return;
    reading->entries_->text({text, static_cast<size_t>(size)});
  });
  ::XML_SetStartDoctypeDeclHandler(parser,
                                   [](void* self, const char* name, const char*, const char*, int) {
                                     static_cast<Reading*>(self)->refuse_doctype(name);
                                   });
  return true;
}

XmlOutcome Reading::read(std::string_view utf8) {
  if (!create_parser()) return {DocumentKind::kNone, true, "there is no memory to read it", {}};
  const bool is_cut = utf8.size() > kSitemapBytesMax;
  feed(utf8_prefix(utf8, kSitemapBytesMax), !is_cut);
  if (entries_ == nullptr) return outcome_;
  entries_->finish();
  if (feed_ && !feed_->is_feed()) return {};
  const bool is_full = result_.links.size() >= kEntriesMax && result_.links_dropped > 0;
  if (!stopped_ && is_cut) stop(kTooManyBytes);
  if (!stopped_ && is_full) stop(kTooManyEntries);
  outcome_.text = text_.text();
  return outcome_;
}

void Reading::feed(std::string_view utf8, bool is_whole) {
  XML_Parser parser = parser_.get();
  for (size_t at = 0; !stopped_;) {
    const std::string_view piece = utf8.substr(at, kPieceBytes);
    at += piece.size();
    const bool is_last = at == utf8.size();
    if (::XML_Parse(parser, piece.data(), static_cast<int>(piece.size()), is_last && is_whole) !=
        XML_STATUS_OK) {
      if (!stopped_) stop(description_of(::XML_GetErrorCode(parser)));
      return;
    }
    if (is_last) return;
    const XML_Index begun = ::XML_GetCurrentByteIndex(parser);  // of the token that has no end yet
    if (begun >= 0 && at - std::min(at, static_cast<size_t>(begun)) > kTokenBytesMax) {
      stop("it has a tag or comment without end");
    }
  }
}

void Reading::stop(std::string_view problem) {
  stopped_ = true;
  outcome_.broken = !problem.empty();
  outcome_.problem = problem;
}

void Reading::refuse_doctype(const char* name) {
  if (stopped_) return;
  outcome_.document = kind_of(root_named(name));
  stop("a DOCTYPE is refused");
  ::XML_StopParser(parser_.get(), XML_FALSE);
}

bool Reading::note_name(const char* name) {
  const std::string_view text(name);
  if (text.size() > kNameBytesMax) return false;
  names_.insert(XXH3_64bits_withSeed(text.data(), text.size(), salt_));
  return names_.size() <= kNamesMax;
}

bool Reading::begin(const XmlElement& root) {
  const Root kind = root_named(root.name);
  if (kind == Root::kNone) return false;
  outcome_.document = kind_of(kind);
  if (kind == Root::kSitemap) {
    links_.set_links_max(kEntriesMax);
    entries_ = &sitemap_.emplace(links_, result_);
  } else {
    entries_ = &feed_.emplace(links_, result_, text_);
  }
  return true;
}

void Reading::open(const char* name, const char** attributes) {
  if (stopped_) return;
  ++depth_;
  bool names_fit = note_name(name);
  for (const char** at = attributes; names_fit && *at != nullptr; at += 2) {
    names_fit = note_name(*at);
  }
  if (depth_ > kDepthMax) {
    stop("its elements are nested too deeply");
  } else if (!names_fit) {
    stop("its elements have too many names");
  }
  if (!stopped_) {
    const XmlElement element = namespaces_.open(name, attributes, depth_);
    if (depth_ == 1 && !begin(element)) {
      stop({});  // not for us
    } else {
      entries_->open(element);
    }
  }
  if (stopped_) ::XML_StopParser(parser_.get(), XML_FALSE);
}

void Reading::close(const char* name) {
  if (stopped_) return;
  const std::string_view qualified_name(name);
  const size_t colon = qualified_name.find(':');
  entries_->close(qualified_name.substr(colon == std::string_view::npos ? 0 : colon + 1), depth_);
  namespaces_.close(depth_);
  --depth_;
}

// Takes a comment, an instruction, a declaration or the XML declaration off the front.
bool take_misc(std::string_view& utf8) {
  const auto take_to = [&utf8](std::string_view end) {
    const size_t found = utf8.find(end);
    if (found == std::string_view::npos) return false;
    utf8.remove_prefix(found + end.size());
    return true;
  };
  if (utf8.starts_with("<!--")) return take_to("-->");
  return utf8.starts_with("<?") && take_to("?>");
}

}  // namespace

XmlReader::XmlReader() {
  if (::getrandom(&salt_, sizeof salt_, GRND_NONBLOCK) != sizeof salt_) {
    salt_ = static_cast<unsigned long>(reinterpret_cast<uintptr_t>(this));
  }
  salt_ |= 1;  // 0 would make expat choose, from a file perhaps
}

bool XmlReader::looks_like(std::string_view utf8) {
  utf8 = without_prologue_space(utf8.substr(0, kLookBytes));
  while (take_misc(utf8)) utf8 = without_prologue_space(utf8);
  constexpr std::string_view kDoctype = "<!doctype";
  if (starts_ignoring_case(utf8, kDoctype)) {
    // It names the root; read() is to say that it is refused.
    utf8 = without_prologue_space(utf8.substr(kDoctype.size()));
  } else if (utf8.starts_with('<')) {
    utf8.remove_prefix(1);
  } else {
    return false;
  }
  return root_named(utf8.substr(0, utf8.find_first_of(" \t\r\n/>["))) != Root::kNone;
}

XmlOutcome XmlReader::read(std::string_view utf8, LinkCollector& links, PageResult& result) {
  text_.clear();
  return Reading(links, result, text_, salt_).read(without_prologue_space(utf8));
}

}  // namespace crawl
