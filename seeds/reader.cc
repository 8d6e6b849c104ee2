// SPDX-License-Identifier: MIT
#include "seeds/reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/escape.h"
#include "base/limits.h"

namespace crawl {

namespace {

constexpr std::array<std::string_view, 4> kScopes = {"host", "domain", "prefix", "any"};

constexpr size_t kLineBytesMax = size_t{64} * 1024;
constexpr size_t kProblemsMax = 20;
constexpr int64_t kDepthMax = 1'000'000;
constexpr size_t kTagBytesMax = 64;
constexpr std::string_view kBlanks = " \t";

Error invalid(std::string text) { return Error{Errc::kInvalid, 0, std::move(text)}; }

// As quoted in a message: without what stands before an '@' of the authority (it may be a
// password), escaped, and short.
std::string shown(std::string_view text) {
  constexpr size_t kShownMax = 120;
  const size_t slashes = text.find("//");
  const size_t start = slashes == std::string_view::npos ? 0 : slashes + 2;
  const size_t end = std::min(text.find_first_of("/\\?#", start), text.size());
  const size_t at = text.substr(0, end).rfind('@');
  std::string plain;
  if (at != std::string_view::npos && at >= start) {
    plain = std::string(text.substr(0, start)) + "…" + std::string(text.substr(at));
  } else {
    plain = text;
  }
  const bool cut = plain.size() > kShownMax;
  if (cut) {
    plain.resize(kShownMax);
    // Not in the middle of a character.
    while (!plain.empty() && !is_valid_utf8(plain)) plain.pop_back();
  }
  return escape_for_terminal(plain) + (cut ? "…" : "");
}

std::string quoted(std::string_view text) {
  return std::string(1, '"').append(shown(text)).append(1, '"');
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(word.size());
  return word;
}

Error no_scheme(std::string_view word) {
  if (word.starts_with("//")) word.remove_prefix(2);
  const std::string whole = "https://" + std::string(word);
  const auto url = Url::parse(whole);
  const bool path = word.starts_with('/') || word.starts_with('.');
  const bool plausible = url && !path &&
                         (url->host().find_first_of(".:") != std::string_view::npos ||
                          url->port() || url->host() == "localhost");
  if (!plausible) return invalid("not a URL: " + quoted(word) + ": write https://host/path");
  return invalid("no scheme: write " + shown(url->canonical().href()));
}

Result<Url> seed_url(std::string_view word) {
  if (word.size() > kUrlBytesMax) {
    return invalid("the URL is longer than " + std::to_string(kUrlBytesMax) + " bytes");
  }
  if (!has_scheme(word)) return no_scheme(word);
  const auto url = Url::parse(word);
  if (!url) return invalid("not a URL: " + quoted(word) + ": " + shown(url.error().context));
  if (!url->is_http()) {
    return invalid("only http and https are crawled, not " + shown(url->scheme()) + ":");
  }
  if (is_bad_port(url->effective_port())) {
    return invalid("port " + std::to_string(url->effective_port()) +
                   " belongs to another service, and is never asked for pages");
  }
  const Url canonical = url->canonical();
  if (url->has_credentials()) {
    return invalid("a seed cannot carry a user name or password: write " + shown(canonical.href()));
  }
  if (canonical.href().size() > kUrlBytesMax) {
    return invalid("the URL, encoded, is longer than " + std::to_string(kUrlBytesMax) + " bytes");
  }
  return canonical;
}

Result<void> set_depth(std::string_view value, Seed& seed) {
  int64_t depth = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), depth);
  if (failure != std::errc() || end != value.data() + value.size() || depth < 0 ||
      depth > kDepthMax) {
    return invalid("depth=" + shown(value) + ": write a number from 0 to " +
                   std::to_string(kDepthMax));
  }
  seed.depth = depth;
  return {};
}

Result<void> set_scope(std::string_view value, Seed& seed) {
  seed.scope = scope_named(value);
  if (seed.scope) return {};
  return invalid("scope=" + shown(value) + ": write host, domain, prefix or any");
}

Result<void> set_tag(std::string_view value, Seed& seed) {
  if (value.empty() || value.size() > kTagBytesMax) {
    return invalid("tag=" + shown(value) + ": write a word of at most " +
                   std::to_string(kTagBytesMax) + " bytes");
  }
  seed.tag = value;
  return {};
}

struct OptionKey {
  std::string_view name;
  Result<void> (*set)(std::string_view value, Seed& seed);
};
constexpr std::array<OptionKey, 3> kKeys = {
    {{"depth", set_depth}, {"scope", set_scope}, {"tag", set_tag}}};

Result<void> set_option(std::string_view word, std::array<bool, kKeys.size()>& given, Seed& seed) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    return invalid(quoted(word) +
                   " is not key=value (in a URL, write a space as %20; a comment begins with #)");
  }
  const std::string_view key = word.substr(0, equals);
  for (size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].name != key) continue;
    if (given[i]) return invalid(std::string(key) + " is given twice");
    given[i] = true;
    return kKeys[i].set(word.substr(equals + 1), seed);
  }
  return invalid("unknown key " + quoted(key) + ": the keys are depth, scope and tag");
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// A '#' begins a comment at the start of a line and after white space; elsewhere it is a fragment.
std::string_view without_comment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(kBlanks) == std::string_view::npos;
}

Result<Seed> read_line(std::string_view line) {
  if (line.size() > kLineBytesMax) {
    return invalid("the line is longer than " + std::to_string(kLineBytesMax) + " bytes");
  }
  if (has_control(line)) return invalid("not text: the line has control characters");
  if (!is_valid_utf8(line)) return invalid("not text: the line is not UTF-8");
  return parse_seed(without_comment(line));
}

bool same_options(const Seed& a, const Seed& b) {
  return a.depth == b.depth && a.scope == b.scope && a.tag == b.tag;
}

// Collects the seeds and the problems of one source.
class Reader {
 public:
  explicit Reader(std::string_view source) : source_(escape_for_terminal(source)) {}

  void line(std::string_view line, size_t number) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_blank(line) || line.starts_with('#')) return;
    if (line.size() <= kLineBytesMax && is_blank(without_comment(line))) return;
    auto seed = read_line(line);
    if (!seed) return problem(number, seed.error().context);
    add(std::move(seed).value(), number);
  }

  void problem(size_t number, const std::string& text) {
    ++problem_count_;
    if (problem_count_ > kProblemsMax) return;
    list_.problems.push_back(source_ + ":" + std::to_string(number) + ": " + text);
  }

  SeedList finish() {
    if (problem_count_ > kProblemsMax) {
      const size_t more = problem_count_ - kProblemsMax;
      list_.problems.push_back(source_ + ": and " + std::to_string(more) +
                               (more == 1 ? " more bad line" : " more bad lines"));
    }
    return std::move(list_);
  }

 private:
  struct First {
    size_t index;
    size_t line;
  };

  void add(Seed seed, size_t number) {
    const auto [first, is_new] =
        first_by_url_.try_emplace(seed.url.href(), First{list_.seeds.size(), number});
    if (is_new) {
      list_.seeds.push_back(std::move(seed));
    } else if (!same_options(list_.seeds[first->second.index], seed)) {
      problem(number, "the URL of line " + std::to_string(first->second.line) +
                          " again, with other options: keep one of the two");
    }
  }

  const std::string source_;
  SeedList list_;
  size_t problem_count_ = 0;
  std::unordered_map<std::string, First> first_by_url_;
};

}  // namespace

std::string_view name(Scope scope) {
  const auto index = static_cast<size_t>(scope);
  CRAWL_CHECK(index < kScopes.size());
  return kScopes[index];
}

std::optional<Scope> scope_named(std::string_view name) {
  const auto found = std::find(kScopes.begin(), kScopes.end(), name);
  if (found == kScopes.end()) return std::nullopt;
  return static_cast<Scope>(found - kScopes.begin());
}

SeedList read_seeds(std::string_view bytes, std::string_view source) {
  Reader reader(source);
  constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
  if (bytes.starts_with(kUtf8Bom)) bytes.remove_prefix(kUtf8Bom.size());
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    reader.problem(1, "this is UTF-16: save the file as UTF-8");
    return reader.finish();
  }
  for (size_t number = 1; !bytes.empty(); ++number) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    reader.line(line, number);
  }
  return reader.finish();
}

Result<Seed> parse_seed(std::string_view text) {
  Seed seed;
  const std::string_view word = take_word(text);
  if (word.empty()) return invalid("no URL: write https://host/path");
  auto url = seed_url(word);
  if (!url) return url.error();
  seed.url = std::move(url).value();
  std::array<bool, kKeys.size()> given{};
  for (std::string_view option = take_word(text); !option.empty(); option = take_word(text)) {
    auto set = set_option(option, given, seed);
    if (!set) return set.error();
  }
  return seed;
}

}  // namespace crawl
