// SPDX-License-Identifier: MIT
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/escape.h"
#include "crawler/json_lines.h"
#include "crawler/part_commands.h"
#include "web/url.h"

namespace crawl {
namespace {

using Json = nlohmann::ordered_json;

Result<Url> parse_against(const std::string& input, const std::string& base) {
  if (base.empty()) return Url::parse(input);
  Result<Url> parsed_base = Url::parse(base);
  if (!parsed_base)
    return Error{Errc::kInvalid, 0, "the base is no URL: " + parsed_base.error().context};
  return Url::parse(input, *parsed_base);
}

Result<std::string> href_of_line(std::string_view line) {
  Result<nlohmann::json> object = parse_json_object(line);
  if (!object) return object.error();
  Result<std::optional<std::string>> input = string_member(*object, "input");
  if (!input) return input.error();
  if (!*input) return Error{Errc::kInvalid, 0, "there is no \"input\""};
  Result<std::optional<std::string>> base = string_member(*object, "base");
  if (!base) return base.error();
  // An empty base is a base, and no URL; one that is missing is none.
  if (*base && (*base)->empty()) return Error{Errc::kInvalid, 0, "the base is no URL: it is empty"};
  Result<Url> url = parse_against(**input, base->value_or(""));
  if (!url) return url.error();
  return url->href();
}

ExitCode answer_lines() {
  LineReader input(0);
  Output output;
  std::string_view line;
  while (true) {
    Result<LineReader::Next> next = input.next(line, false);
    if (next && *next == LineReader::Next::kLater) {
      if (!output.flush()) return ExitCode::kIo;
      next = input.next(line, true);
    }
    if (!next) {
      std::fprintf(stderr, "crawl: %s\n", next.error().message().c_str());
      return ExitCode::kIo;
    }
    if (*next == LineReader::Next::kEnd) break;
    const Result<std::string> href = href_of_line(line);
    const Json answer =
        href ? Json{{"href", href.value()}} : Json{{"error", href.error().message()}};
    if (!output.write(dump_line(answer))) return ExitCode::kIo;
  }
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

std::string part(const char* name, std::string_view value) {
  if (value.empty()) return "";
  return "  " + std::string(name) + escape_for_terminal(value) + "\n";
}

std::string explain(const Url& url) {
  std::string text = part("scheme     ", url.scheme()) + part("username   ", url.username());
  if (!url.password().empty()) text += "  password   (not shown)\n";
  text += part("host       ", url.host());
  if (url.effective_port() != 0) text += part("port       ", std::to_string(url.effective_port()));
  text += part("path       ", url.path()) + part("query      ", url.query()) +
          part("fragment   ", url.fragment());
  if (url.is_http()) {
    text += part("canonical  ", url.canonical().href()) + part("host key   ", url.authority());
  } else {
    text += "  canonical  none: only http and https URLs are crawled\n";
  }
  return text;
}

}  // namespace

ExitCode command_url(const UrlOptions& options) {
  if (options.jsonl) return answer_lines();
  Output output;
  ExitCode code = ExitCode::kDone;
  for (const std::string& input : options.urls) {
    const Result<Url> url = parse_against(input, options.base);
    if (!url) {
      output.flush();
      std::fprintf(stderr, "crawl: %s: %s\n", escape_for_terminal(input).c_str(),
                   escape_for_terminal(url.error().message()).c_str());
      code = ExitCode::kNoSeeds;
      continue;
    }
    if (!output.write(escape_for_terminal(url.value().href()) + "\n")) return ExitCode::kIo;
    if (options.explain && !output.write(explain(url.value()))) return ExitCode::kIo;
  }
  return output.flush() ? code : ExitCode::kIo;
}

}  // namespace crawl
