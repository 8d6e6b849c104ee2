// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "crawler/canonical_option.h"
#include "reader/json_lines.h"
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
      complain(next.error().message());
      return ExitCode::kIo;
    }
    if (*next == LineReader::Next::kEnd) break;
    Result<Json> answer = answer_to(line, canonicalize);
    if (!answer) answer = Json{{"error", answer.error().message()}};
    if (!output.write(dump_line(*answer))) return ExitCode::kIo;
  }
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

// One part of a URL after the other; those that are empty are left out.
class Parts {
 public:
  void add(std::string_view name, std::string_view value) {
    constexpr size_t kColumn = 17;
    if (value.empty()) return;
    std::string line = "  ";
    line.append(name).resize(kColumn, ' ');
    text_.line(line.append(value));
  }
  const ShownText& text() const { return text_; }

 private:
  ShownText text_;
};

// The host as it is sent and, where they differ, as people read it. The two are shown together, so
// that a look-alike gives itself away.
void add_host(Parts& parts, const Url& url) {
  const std::string readable = domain_to_unicode(url.host());
  parts.add("host", url.host());
  if (readable != url.host()) parts.add("in Unicode", readable);
}

void add_url(Parts& parts, const Url& url) {
  parts.add("scheme", url.scheme());
  parts.add("username", url.username());
  if (!url.password().empty()) parts.add("password", "(not shown)");
  add_host(parts, url);
  if (url.effective_port() != 0) parts.add("port", std::to_string(url.effective_port()));
  parts.add("path", url.path());
  parts.add("query", url.query());
  parts.add("fragment", url.fragment());
  if (url.is_http()) parts.add("host key", url.authority());
}

// Each step to the form that a crawl stores, with its result.
void add_steps(Parts& parts, const Url& url, const CanonicalOptions& options) {
  if (!url.is_http()) return parts.add("canonical", "none: only http and https URLs are crawled");
  const std::vector<CanonicalStep> steps = canonical_steps(url, options);
  for (size_t i = 0; i < steps.size(); ++i) {
    const bool first = i == 0 && !url.has_credentials();
    const bool same = first || (i > 0 && steps[i].result == steps[i - 1].result);
    parts.add("- " + std::string(steps[i].name), same ? "unchanged" : steps[i].result);
  }
  parts.add("canonical", steps.back().result);
}

ShownText explain(const std::string& input, const Url& url, const CanonicalOptions& options) {
  Parts parts;
  if (url.password().empty()) {
    parts.add("input", input);
    parts.add("parsed", url.href());
  } else {
    parts.add("input", "(not shown: it holds a password)");
  }
  add_url(parts, url);
  add_steps(parts, url, options);
  return parts.text();
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
      complain(input + ": " + url.error().message());
      code = ExitCode::kNoSeeds;
      continue;
    }
    const CanonicalOptions steps = options.canonicalize.value_or(CanonicalOptions{});
    const Url shown = options.canonicalize ? canonicalize(url.value(), steps) : url.value();
    ShownText text;
    text.line(shown.href());
    if (options.explain) text += explain(input, url.value(), steps);
    if (!output.write(text)) return ExitCode::kIo;
  }
  return output.flush() ? code : ExitCode::kIo;
}

}  // namespace crawl
