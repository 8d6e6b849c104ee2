// SPDX-License-Identifier: MIT
#include "fetcher/document.h"

#include "base/escape.h"
#include "fetcher/ascii.h"
#include "fetcher/charset.h"
#include "fetcher/compress.h"
#include "fetcher/html_arena.h"
#include "fetcher/html_extract.h"
#include "fetcher/link_collector.h"
#include "fetcher/link_scan.h"
#include "fetcher/robots_directives.h"
#include "fetcher/string_pool.h"
#include "fetcher/text_features.h"
#include "fetcher/text_writer.h"
#include "web/media_type.h"

namespace crawl {
namespace {

constexpr size_t kSniffBytes = 1445;  // MIME Sniffing Standard §5.2

// Everything that Document::parse() answers for; the rest belongs to the transfer.
void reset_page(PageResult& result) {
  result.content_type = {};
  result.parse_status = ParseStatus::kNone;
  result.charset = {};
  result.charset_source = CharsetSource::kNone;
  result.title = result.description = result.canonical = result.lang = result.text = {};
  result.robots_directives = 0;
  result.body_bytes = result.content_hash = result.text_hash = result.simhash = 0;
  result.links_dropped = 0;
  result.links.clear();
  result.body_zstd = {};
}

}  // namespace

struct Document::State {
  explicit State(const Options& options_in) : options(options_in) {}

  void parse_html(std::string_view html, const DocumentInput& input, PageResult& result,
                  const std::function<void(Phase)>& phase);
  void set_text(std::string_view text, PageResult& result);

  const Options options;
  std::unique_ptr<HtmlArena> arena;
  std::unique_ptr<CharsetDecoder> charsets;
  std::unique_ptr<Compressor> compressor;
  StringPool pool;
  TextWriter text;
  std::string repaired_text;
  LinkCollector links;
  HtmlExtractor extractor;
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
  auto compressor = Compressor::create();
  if (!compressor) return compressor.error();
  state->compressor = std::move(*compressor);
  return std::unique_ptr<Document>(new Document(std::move(state)));
}

bool Document::parse(const DocumentInput& input, PageResult& result,
                     const std::function<void(Phase)>& phase) {
  reset_page(result);
  state_->pool.clear();
  const MediaType type = parse_media_type(input.content_type);
  const std::string_view essence =
      type.essence.empty() ? sniff_essence(input.body.substr(0, kSniffBytes)) : type.essence;
  result.content_type = state_->pool.add(utf8_prefix(essence, kShortBytesMax));
  const ContentClass content = content_class(essence);
  if (content == ContentClass::kUnsupported) return false;

  if (phase) phase(Phase::kDecode);
  const bool is_html = content == ContentClass::kHtml;
  const CharsetChoice charset =
      state_->charsets->choose(input.body, {type.charset, is_html, input.truncated});
  const std::string_view decoded = state_->charsets->decode(input.body, charset);
  result.charset = charset.name;
  result.charset_source = charset.source;
  result.robots_directives = robots_in_header(input.x_robots_tag, input.robots_agent);
  if (is_html && !decoded.empty()) {
    state_->parse_html(decoded, input, result, phase);
  } else {
    if (phase) phase(Phase::kExtract);
    if (!input.body.empty()) result.parse_status = ParseStatus::kOk;
    result.text = utf8_prefix(decoded, kBodyBytesCeiling);
  }
  result.text_hash = hash_bytes(result.text);
  result.simhash = simhash(result.text);
  result.body_bytes = input.body.size();
  result.content_hash = hash_bytes(input.body);
  if (state_->options.keep_body) {
    const auto frame = state_->compressor->compress(input.body);
    if (frame && frame.value().size() <= kBodyBytesCeiling) result.body_zstd = frame.value();
  }
  return true;
}

void Document::State::parse_html(std::string_view html, const DocumentInput& input,
                                 PageResult& result, const std::function<void(Phase)>& phase) {
  if (phase) phase(Phase::kParse);
  const GumboOutput* tree = arena->parse(html);
  if (phase) phase(Phase::kExtract);
  text.clear();
  links.begin(input.url, result, pool);
  const PageSink sink{result, links, text, input.robots_agent};
  if (tree != nullptr) {
    result.parse_status = ParseStatus::kOk;
    extractor.extract(*tree, html, sink);
  } else {
    result.parse_status = ParseStatus::kLimit;
    scan_html(html, sink, pool);
  }
  arena->clear();
  set_text(text.text(), result);
}

void Document::State::set_text(std::string_view all, PageResult& result) {
  result.text = utf8_prefix(all, kBodyBytesCeiling);
  if (is_valid_utf8(result.text)) return;
  repaired_text = to_valid_utf8(result.text);
  result.text = utf8_prefix(repaired_text, kBodyBytesCeiling);
}

}  // namespace crawl
