// SPDX-License-Identifier: MIT
#include <cstdio>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/base64.h"
#include "crawler/json_check.h"
#include "crawler/line_service.h"
#include "crawler/parse_client.h"
#include "crawler/part_commands.h"
#include "ipc/child_process.h"
#include "web/url.h"

namespace crawl {
namespace {

using Json = nlohmann::ordered_json;

std::string hexadecimal(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

Json links_json(const std::vector<PageLink>& links) {
  Json list = Json::array();
  for (const PageLink& link : links) {
    Json entry{
        {"href", link.href}, {"kind", name(link.kind)}, {"rel", link.rel}, {"anchor", link.anchor}};
    // What only sitemaps and feeds say.
    if (link.modified_at_ms != 0) entry["modified_at"] = iso8601_utc(link.modified_at_ms);
    if (link.priority != kPriorityNormal) entry["priority"] = link.priority;
    list.push_back(std::move(entry));
  }
  return list;
}

// null where it is not known.
Json time_json(int64_t wall_ms) {
  return wall_ms == 0 ? Json(nullptr) : Json(iso8601_utc(wall_ms));
}

Json robots_json(const PageResult& page) {
  const auto has = [&page](uint8_t bit) { return (page.robots_directives & bit) != 0; };
  return Json{{"noindex", has(kRobotsNoindex)},
              {"nofollow", has(kRobotsNofollow)},
              {"noarchive", has(kRobotsNoarchive)},
              {"unavailable", has(kRobotsUnavailable)},
              {"unavailable_after", time_json(page.unavailable_after_ms)}};
}

// A fetcher's word that it is JSON is not enough. Read with members in the order of their names:
// keeping their own order takes time by the square of their number.
Json metadata_json(std::string_view metadata) {
  constexpr size_t kDepthMax = 100;
  if (!is_json_object(metadata, kDepthMax)) return Json::object();
  const auto parsed = nlohmann::json::parse(metadata, nullptr, false);
  return parsed.is_discarded() ? Json::object() : Json(parsed);
}

Json page_json(const PageResult& page) {
  Json json;
  json["outcome"] = name(page.transfer.outcome);
  if (!page.transfer.detail.empty()) json["detail"] = page.transfer.detail;
  json["document"] = name(page.document);
  json["title"] = page.title;
  json["description"] = page.description;
  json["canonical"] = page.canonical;
  json["author"] = page.author;
  json["published_at"] = time_json(page.published_at_ms);
  json["modified_at"] = time_json(page.modified_at_ms);
  json["lang"] = page.lang;
  json["lang_source"] = name(page.lang_source);
  json["charset"] = page.charset;
  json["charset_source"] = name(page.charset_source);
  json["content_type"] = page.content_type;
  json["parse_status"] = name(page.parse_status);
  json["robots"] = robots_json(page);
  json["metadata"] = metadata_json(page.metadata);
  json["text"] = page.text;
  json["main_text"] = page.main_text;
  json["links"] = links_json(page.links);
  json["links_dropped"] = page.links_dropped;
  json["bytes"] = page.body_bytes;
  json["content_hash"] = hexadecimal(page.content_hash);
  json["text_hash"] = hexadecimal(page.text_hash);
  json["simhash"] = hexadecimal(page.simhash);
  return json;
}

Json answer_json(const ParseAnswer& answer) {
  if (!answer.error.empty()) return Json{{"error", answer.error}};
  const std::optional<PageResult> page = decode_message<PageResult>(*answer.message);
  return page ? page_json(*page) : Json{{"error", "the parser's answer is malformed"}};
}

// "" stays "": links that are not absolute are dropped then.
Result<std::string> canonical_base(const std::string& base) {
  if (base.empty()) return base;
  Result<Url> url = Url::parse(base);
  if (!url) return Error{Errc::kInvalid, 0, "the base is no URL: " + url.error().context};
  if (!url->is_http()) return Error{Errc::kInvalid, 0, "the base is not an http or https URL"};
  const std::string href = url->canonical().href();
  if (href.size() > kUrlBytesMax) return Error{Errc::kInvalid, 0, "the base is too long"};
  return href;
}

Result<std::string> document_of(const nlohmann::json& object) {
  Result<std::optional<std::string>> html = string_member(object, "html");
  if (!html) return html.error();
  if (*html) return std::move(**html);
  Result<std::optional<std::string>> base64 = string_member(object, "base64");
  if (!base64) return base64.error();
  if (!*base64) return Error{Errc::kInvalid, 0, "there is neither \"html\" nor \"base64\""};
  return decode_base64(**base64);
}

Result<ParseRequest> request_of(std::string_view line, const ParseOptions& options) {
  Result<nlohmann::json> object = parse_json_object(line);
  if (!object) return object.error();
  Result<std::string> bytes = document_of(*object);
  if (!bytes) return bytes.error();
  Result<std::optional<std::string>> base = string_member(*object, "base");
  if (!base) return base.error();
  Result<std::optional<std::string>> type = string_member(*object, "content_type");
  if (!type) return type.error();
  Result<std::string> canonical = canonical_base(base->value_or(options.base));
  if (!canonical) return canonical.error();

  ParseRequest request;
  request.base = *canonical;
  request.content_type = type->value_or(options.content_type);
  request.bytes = std::move(*bytes);
  if (request.content_type.size() > kShortBytesMax)
    return Error{Errc::kInvalid, 0, "the content type is too long"};
  if (request.bytes.size() > kBodyBytesCeiling)
    return Error{Errc::kInvalid, 0, "the document is too large"};
  return request;
}

ExitCode answer_lines(ParseClient& client, const ParseOptions& options) {
  return serve_lines(client, [&](std::string_view line, const SlotPtr& slot) {
    Result<ParseRequest> request = request_of(line, options);
    if (!request) return slot->fill(dump_line(Json{{"error", request.error().message()}}));
    client.submit(std::move(*request), [slot](const ParseAnswer& answer) {
      slot->fill(dump_line(answer_json(answer)));
    });
  });
}

ExitCode parse_files(ParseClient& client, const ParseOptions& options, const std::string& base) {
  Output output;
  std::deque<SlotPtr> slots;
  ExitCode code = ExitCode::kDone;
  for (const std::string& file : options.files) {
    Result<std::string> bytes = read_document(file, kBodyBytesCeiling);
    if (!bytes) {
      complain(bytes.error().message());
      code = ExitCode::kNoInput;
      continue;
    }
    ParseRequest request;
    request.base = base;
    request.content_type = options.content_type;
    request.bytes = std::move(*bytes);
    slots.push_back(std::make_shared<AnswerSlot>());
    client.submit(std::move(request), [slot = slots.back()](const ParseAnswer& answer) {
      slot->fill(dump_indented(answer_json(answer)));
    });
    if (client.has_room()) continue;
    const ExitCode written = write_in_order(client, slots, output);
    if (written != ExitCode::kDone) return written;
  }
  const ExitCode written = write_in_order(client, slots, output);
  if (written != ExitCode::kDone) return written;
  return output.flush() ? code : ExitCode::kIo;
}

}  // namespace

ExitCode command_parse(const ParseOptions& options) {
  Result<std::string> base = canonical_base(options.base);
  if (!base) {
    complain("--base: " + base.error().message());
    return ExitCode::kUsage;
  }
  ParseClient::Options client_options;
  client_options.fetcher = options.fetcher;
  // A few files need one process; a stream of documents keeps them all busy.
  const int usual = options.jsonl ? available_cpus() : 1;
  client_options.fetchers = options.fetchers > 0 ? options.fetchers : usual;
  client_options.watchdog_ms = options.watchdog_ms;
  client_options.test_hook = options.test_hook;
  Result<std::unique_ptr<ParseClient>> client = ParseClient::create(client_options);
  if (!client) return report_parser_failure(client.error());
  return options.jsonl ? answer_lines(**client, options) : parse_files(**client, options, *base);
}

}  // namespace crawl
