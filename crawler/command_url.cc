// SPDX-License-Identifier: MIT
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/escape.h"
#include "crawler/canonical_option.h"
#include "crawler/json_lines.h"
#include "crawler/part_commands.h"
#include "web/host.h"
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

// The member "canonicalize", or what the command line says.
Result<std::optional<CanonicalOptions>> canonicalize_member(
    const nlohmann::json& object, const std::optional<CanonicalOptions>& otherwise) {
  Result<std::optional<std::string>> list = string_member(object, "canonicalize");
  if (!list) return list.error();
  if (!*list) return otherwise;
  Result<CanonicalOptions> options = read_canonical_list(**list);
  if (!options) return options.error();
  return std::optional<CanonicalOptions>(*options);
}

Result<Json> answer_to(std::string_view line, const std::optional<CanonicalOptions>& otherwise) {
  Result<nlohmann::json> object = parse_json_object(line);
  if (!object) return object.error();
  Result<std::optional<std::string>> input = string_member(*object, "input");
  if (!input) return input.error();
  if (!*input) return Error{Errc::kInvalid, 0, "there is no \"input\""};
  Result<std::optional<std::string>> base = string_member(*object, "base");
  if (!base) return base.error();
  Result<std::optional<CanonicalOptions>> options = canonicalize_member(*object, otherwise);
  if (!options) return options.error();
  // An empty base is a base, and no URL; one that is missing is none.
  if (*base && (*base)->empty()) return Error{Errc::kInvalid, 0, "the base is no URL: it is empty"};
  Result<Url> url = parse_against(**input, base->value_or(""));
  if (!url) return url.error();
  Json answer{{"href", url->href()}};
  if (*options && url->is_http()) answer["canonical"] = canonicalize(*url, **options).href();
  if (*options && !url->is_http()) answer["canonical"] = nullptr;
  return answer;
}

ExitCode answer_lines(const std::optional<CanonicalOptions>& canonicalize) {
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
    Result<Json> answer = answer_to(line, canonicalize);
    if (!answer) answer = Json{{"error", answer.error().message()}};
    if (!output.write(dump_line(*answer))) return ExitCode::kIo;
  }
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

std::string part(std::string_view name, std::string_view value) {
  constexpr size_t kColumn = 17;
  if (value.empty()) return "";
  std::string line = "  ";
  line.append(name).resize(kColumn, ' ');
  return line + escape_for_terminal(value) + "\n";
}

// The host as it is sent and, where they differ, as people read it. The two are shown together, so
// that a look-alike gives itself away.
std::string host_parts(const Url& url) {
  const std::string readable = domain_to_unicode(url.host());
  std::string text = part("host", url.host());
  if (readable != url.host()) text += part("in Unicode", readable);
  return text;
}

std::string url_parts(const Url& url) {
  std::string text = part("scheme", url.scheme()) + part("username", url.username());
  if (!url.password().empty()) text += part("password", "(not shown)");
  text += host_parts(url);
  if (url.effective_port() != 0) text += part("port", std::to_string(url.effective_port()));
  text += part("path", url.path()) + part("query", url.query()) + part("fragment", url.fragment());
  if (url.is_http()) text += part("host key", url.authority());
  return text;
}

// Each step to the form that a crawl stores, with its result.
std::string step_lines(const Url& url, const CanonicalOptions& options) {
  if (!url.is_http()) return part("canonical", "none: only http and https URLs are crawled");
  std::string text;
  const std::vector<CanonicalStep> steps = canonical_steps(url, options);
  for (size_t i = 0; i < steps.size(); ++i) {
    const bool first = i == 0 && !url.has_credentials();
    const bool same = first || (i > 0 && steps[i].result == steps[i - 1].result);
    text += part("- " + std::string(steps[i].name), same ? "unchanged" : steps[i].result);
  }
  return text + part("canonical", steps.back().result);
}

std::string explain(const std::string& input, const Url& url, const CanonicalOptions& options) {
  const bool secret = !url.password().empty();
  return (secret ? part("input", "(not shown: it holds a password)")
                 : part("input", input) + part("parsed", url.href())) +
         url_parts(url) + step_lines(url, options);
}

}  // namespace

ExitCode command_url(const UrlOptions& options) {
  if (options.jsonl) return answer_lines(options.canonicalize);
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
    const CanonicalOptions steps = options.canonicalize.value_or(CanonicalOptions{});
    const Url shown = options.canonicalize ? canonicalize(url.value(), steps) : url.value();
    if (!output.write(escape_for_terminal(shown.href()) + "\n")) return ExitCode::kIo;
    if (options.explain && !output.write(explain(input, url.value(), steps))) return ExitCode::kIo;
  }
  return output.flush() ? code : ExitCode::kIo;
}

}  // namespace crawl
