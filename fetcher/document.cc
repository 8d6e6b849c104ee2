// SPDX-License-Identifier: MIT
#include "fetcher/document.h"

#include <algorithm>

#include "base/escape.h"
#include "base/units.h"
#include "fetcher/ascii.h"
#include "fetcher/charset.h"
#include "fetcher/compress.h"
#include "fetcher/content_plan.h"
#include "fetcher/css_links.h"
#include "fetcher/gunzip.h"
#include "fetcher/html_arena.h"
#include "fetcher/html_extract.h"
#include "fetcher/language.h"
#include "fetcher/link_collector.h"
#include "fetcher/link_header.h"
#include "fetcher/link_scan.h"
#include "fetcher/query_encoder.h"
#include "fetcher/robots_directives.h"
#include "fetcher/string_pool.h"
#include "fetcher/text_features.h"
#include "fetcher/text_writer.h"
#include "fetcher/xml_reader.h"
#include "web/media_type.h"

namespace crawl {
namespace {

constexpr size_t kBytesKept = size_t{4} << 20;  // buffers above this are given back
// What the parser and what is made of a page may take together, the page's own bytes included: a
// fetcher holds other bodies too, and is to stay below 256 MiB.
constexpr size_t kPageBytes = size_t{165} << 20;
constexpr size_t kArenaBytesMin = size_t{48} << 20;
constexpr size_t kDeepBytes = size_t{16} << 20;  // smaller trees cannot be deep enough to matter
constexpr size_t kDepthMax = 100'000;
// Beyond it only UTF-8 is read: whatever else must be copied, and grows.
constexpr size_t kDecodedBytesMax = size_t{16} << 20;

// The first links, as many as a page may have: they repeat each other's URLs.
void bound_links(size_t bytes_max, PageResult& result) {
  size_t left = bytes_max;
  const auto fits = [&left](const PageLink& link) {
    const size_t bytes = link.href.size() + link.rel.size() + link.anchor.size();
    if (bytes > left) return false;
    left -= bytes;
    return true;
  };
  const auto end = std::find_if_not(result.links.begin(), result.links.end(), fits);
  result.links_dropped += static_cast<uint32_t>(result.links.end() - end);
  result.links.erase(end, result.links.end());
}

// Everything that Document::parse() answers for; the rest belongs to the transfer.
void reset_page(PageResult& result) {
  PageResult fresh;
  fresh.transfer = result.transfer;
  fresh.headers = result.headers;
  fresh.etag = result.etag;
  fresh.last_modified = result.last_modified;
  fresh.links = std::move(result.links);  // for their memory
  fresh.links.clear();
  result = std::move(fresh);
}

}  // namespace

struct Document::State {
  explicit State(const Options& options_in) : options(options_in) {}

  // One document on its way.
  struct Job {
    const DocumentInput& input;
    const ContentPlanner& planner;
    PageResult& result;
    const std::function<void(Phase)>& phase;

    void enter(Phase next) const {
      if (phase) phase(next);
    }
  };

  Outcome read(const ContentPlanner::Plan& plan, const Job& job);
  Outcome read_html(const Job& job);
  Outcome read_xml(const Job& job);
  Outcome read_text(std::string_view text, const Job& job);
  Outcome read_style(const Job& job);
  Outcome read_packed(const Job& job);
  Outcome keep_unread(const Job& job);
  bool read_entries(std::string_view utf8, const Job& job);
  bool take_entries(const XmlOutcome& outcome, const Job& job);
  void parse_html(std::string_view html, const Job& job);
  std::string_view decode(std::string_view body, CharsetEvidence evidence, const Job& job);
  size_t arena_bytes(std::string_view body, std::string_view html) const;
  void set_text(std::string_view text, PageResult& result);
  void set_language(const Job& job);
  void finish(const Job& job);

  const Options options;
  std::unique_ptr<HtmlArena> arena;
  std::unique_ptr<CharsetDecoder> charsets;
  std::unique_ptr<QueryEncoder> queries;
  std::unique_ptr<Compressor> compressor;
  StringPool pool;
  TextWriter text;
  std::string repaired_text;
  std::string unpacked;
  std::string problem;
  LinkCollector links;
  HeaderLinks header_links;
  HtmlExtractor extractor;
  XmlReader xml;
  LanguageDetector languages;
};

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::~Document() = default;

Result<std::unique_ptr<Document>> Document::create(const Options& options) {
  auto state = std::make_unique<State>(options);
  auto arena = HtmlArena::create({options.arena_bytes_max, options.cpu_ms_max});
  if (!arena) return arena.error();
  state->arena = std::move(*arena);
  auto charsets = CharsetDecoder::create();
  if (!charsets) return charsets.error();
  state->charsets = std::move(*charsets);
  state->queries = std::make_unique<QueryEncoder>(*state->charsets);
  auto compressor = Compressor::create();
  if (!compressor) return compressor.error();
  state->compressor = std::move(*compressor);
  return std::unique_ptr<Document>(new Document(std::move(state)));
}

std::string_view Document::problem() const { return state_->problem; }

Outcome Document::parse(const DocumentInput& input, PageResult& result,
                        const std::function<void(Phase)>& phase) {
  reset_page(result);
  State& state = *state_;
  state.pool.clear();
  state.problem.clear();
  state.unpacked.clear();
  const ContentPlanner planner(
      {input.content_type, input.nosniff, input.is_sitemap, input.url, state.options.types});
  const ContentPlanner::Plan plan = planner.plan(input.body);
  const std::string_view essence = state.pool.add(utf8_prefix(plan.essence, kShortBytesMax));
  result.content_type = essence;
  if (plan.reading == Reading::kNone) return Outcome::kUnsupportedType;

  const State::Job job{input, planner, result, phase};
  state.links.begin(input.url, result, state.pool);
  state.header_links = add_header_links(input.link_header, state.links);
  add_directives(robots_in_header(input.x_robots_tag, input.robots_agent), result);
  const Outcome outcome = state.read(plan, job);
  if (outcome != Outcome::kOk) {
    reset_page(result);
    result.content_type = essence;
    return outcome;
  }
  if (result.canonical.empty()) result.canonical = state.header_links.canonical;
  state.finish(job);
  // Nothing points there.
  if (result.document == DocumentKind::kHtml) state.charsets->forget();
  if (state.unpacked.capacity() > kBytesKept) std::string().swap(state.unpacked);
  return Outcome::kOk;
}

void Document::forget() {
  State& state = *state_;
  state.pool.clear();
  state.text.clear();
  state.charsets->forget();
  state.compressor->forget();
  if (state.repaired_text.capacity() > kBytesKept) std::string().swap(state.repaired_text);
}

Outcome Document::State::read(const ContentPlanner::Plan& plan, const Job& job) {
  job.enter(Phase::kDecode);
  switch (plan.reading) {
    case Reading::kHtml:
      return read_html(job);
    case Reading::kXml:
      return read_xml(job);
    case Reading::kText:
      return read_text(decode(job.input.body, {}, job), job);
    case Reading::kStyle:
      return read_style(job);
    case Reading::kGzip:
      return read_packed(job);
    case Reading::kKeep:
    case Reading::kNone:
      break;
  }
  return keep_unread(job);
}

Outcome Document::State::read_html(const Job& job) {
  CharsetEvidence evidence;
  evidence.is_html = true;
  const std::string_view html = decode(job.input.body, evidence, job);
  // A sitemap or a feed under the wrong name. XHTML's root is another, and is seen at once.
  const std::string_view root = xml_root_name(html.substr(0, kResourceHeaderBytes));
  const bool is_other_xml = is_readable_xml_root(root) && !is_xhtml_root(root);
  if (!is_other_xml || !read_entries(html, job)) parse_html(html, job);
  return Outcome::kOk;
}

Outcome Document::State::read_xml(const Job& job) {
  CharsetEvidence evidence;
  evidence.is_xml = true;
  const std::string_view xml_text = decode(job.input.body, evidence, job);
  if (read_entries(xml_text, job)) return Outcome::kOk;
  if (!is_xhtml_root(xml_root_name(xml_text))) return keep_unread(job);
  parse_html(xml_text, job);
  return Outcome::kOk;
}

Outcome Document::State::read_text(std::string_view plain, const Job& job) {
  job.enter(Phase::kExtract);
  if (job.input.is_sitemap) {
    if (read_entries(plain, job)) return Outcome::kOk;
    if (take_entries(read_text_sitemap(plain, links, job.result), job)) return Outcome::kOk;
  }
  job.result.document = DocumentKind::kText;
  if (!job.input.body.empty()) job.result.parse_status = ParseStatus::kOk;
  job.result.text = utf8_prefix(plain, kBodyBytesCeiling);
  return Outcome::kOk;
}

Outcome Document::State::read_style(const Job& job) {
  const std::string_view css = decode(job.input.body, {}, job);
  job.enter(Phase::kExtract);
  add_css_links(css, links);
  job.result.document = DocumentKind::kStyle;
  job.result.parse_status = ParseStatus::kOk;
  return Outcome::kOk;
}

Outcome Document::State::read_packed(const Job& job) {
  auto opened = gunzip(job.input.body, kSitemapBytesMax, options.decode_ratio_max);
  if (!opened) {
    problem = opened.error().context;
    return opened.error().code == Errc::kFull ? Outcome::kDecodeBomb : keep_unread(job);
  }
  unpacked = std::move(opened->bytes);
  if (!opened->complete) problem = "the packed file breaks off";
  CharsetEvidence evidence;
  evidence.is_xml = !xml_root_name(unpacked).empty();
  const std::string_view content = decode(unpacked, evidence, job);
  if (read_entries(content, job)) return Outcome::kOk;
  if (take_entries(read_text_sitemap(content, links, job.result), job)) return Outcome::kOk;
  return keep_unread(job);
}

// What is no document of ours after all.
Outcome Document::State::keep_unread(const Job& job) {
  if (!matches_type_list(job.result.content_type, options.types)) return Outcome::kUnsupportedType;
  job.result.charset = {};
  job.result.charset_source = CharsetSource::kNone;
  job.result.document = DocumentKind::kOther;
  return Outcome::kOk;
}

bool Document::State::read_entries(std::string_view utf8, const Job& job) {
  if (!XmlReader::looks_like(utf8)) return false;
  job.enter(Phase::kParse);
  return take_entries(xml.read(utf8, links, job.result), job);
}

bool Document::State::take_entries(const XmlOutcome& outcome, const Job& job) {
  if (outcome.document == DocumentKind::kNone) return false;
  job.result.document = outcome.document;
  job.result.parse_status = ParseStatus::kOk;
  set_text(outcome.text, job.result);
  if (outcome.broken) problem = outcome.problem;
  return true;
}

// Beside the page itself there may be its text in UTF-8, its visible text, and its links.
size_t Document::State::arena_bytes(std::string_view body, std::string_view html) const {
  const size_t decoded = html.data() == body.data() ? 0 : html.size();
  const size_t beside = body.size() + decoded + html.size() + LinkCollector::kTextBytesMax;
  return beside + kArenaBytesMin > kPageBytes ? kArenaBytesMin : kPageBytes - beside;
}

std::string_view Document::State::decode(std::string_view body, CharsetEvidence evidence,
                                         const Job& job) {
  const size_t bytes_max = std::max<size_t>(kDecodedBytesMax, options.body_bytes_max);
  if (body.size() > bytes_max && !is_valid_utf8(body)) {
    body = body.substr(0, bytes_max);
    problem = "beyond " + format_bytes(bytes_max) + " only UTF-8 is read";
    evidence.truncated = true;
  }
  evidence.http_charset = job.planner.charset();
  evidence.truncated |= job.input.truncated;
  const CharsetChoice choice = charsets->choose(body, evidence);
  job.result.charset = choice.name;
  job.result.charset_source = choice.source;
  return charsets->decode(body, choice);
}

void Document::State::parse_html(std::string_view html, const Job& job) {
  job.result.document = DocumentKind::kHtml;
  if (html.empty()) return job.enter(Phase::kExtract);
  if (queries->use(job.result.charset)) links.encode_queries(*queries);
  job.enter(Phase::kParse);
  const GumboOutput* tree = arena->parse(html, arena_bytes(job.input.body, html));
  const bool is_large = arena->bytes_used() > kDeepBytes;
  if (tree != nullptr && is_large && is_deeper_than(*tree, kDepthMax)) tree = nullptr;
  if (tree == nullptr) arena->clear();
  job.enter(Phase::kExtract);
  text.clear(html.size());
  const PageSink sink{job.result, links, text, job.input.robots_agent, header_links.alternates};
  if (tree != nullptr) {
    job.result.parse_status = ParseStatus::kOk;
    extractor.extract(*tree, html, sink);
  } else {
    job.result.parse_status = ParseStatus::kLimit;
    scan_html(html, sink, pool);
  }
  arena->clear();
  set_text(text.text(), job.result);
}

void Document::State::set_text(std::string_view all, PageResult& result) {
  result.text = utf8_prefix(all, kBodyBytesCeiling);
  if (is_valid_utf8(result.text)) return;
  repaired_text = to_valid_utf8(result.text);
  result.text = utf8_prefix(repaired_text, kBodyBytesCeiling);
}

void Document::State::set_language(const Job& job) {
  PageResult& result = job.result;
  if (!result.lang.empty()) {
    if (result.lang_source == LangSource::kNone) result.lang_source = LangSource::kMarkup;
    return;
  }
  result.lang = language_in_header(job.input.content_language);
  if (!result.lang.empty()) {
    result.lang_source = LangSource::kHeader;
    return;
  }
  // Menus are often in another language than what they surround.
  const bool is_short = result.main_text.size() < kLanguageBytesMin;
  result.lang = languages.detect(is_short ? result.text : result.main_text);
  if (!result.lang.empty()) result.lang_source = LangSource::kDetector;
}

void Document::State::finish(const Job& job) {
  PageResult& result = job.result;
  set_language(job);
  settle_unavailable(job.input.now_ms, result);
  bound_links(links.text_bytes_max(), result);
  result.text_hash = hash_bytes(result.text);
  result.simhash = simhash(result.text);
  result.body_bytes = job.input.body.size();
  result.content_hash = hash_bytes(job.input.body);
  if (!options.keep_body || result.body_bytes > options.body_bytes_max) return;
  const auto frame = compressor->compress(job.input.body);
  if (frame && frame.value().size() <= kBodyBytesCeiling) result.body_zstd = frame.value();
}

}  // namespace crawl
