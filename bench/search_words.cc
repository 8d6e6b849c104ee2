// SPDX-License-Identifier: MIT
// How should words be cut for full text search? Usage: bench_search_words
// Ours (pairs of letters where no spaces stand, web/words.h), FTS5's trigrams, ICU's word breaker
// (which has dictionaries for Chinese, Japanese and Thai), and FTS5's unicode61, on documentation
// that Debian has: time, size of the index, and how many of the texts that have a word of two, of
// three, and of more letters are found by it, where no spaces stand between words.

#include <sqlite3.h>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/escape.h"
#include "base/utf8.h"
#include "web/search_query.h"
#include "web/word_fold.h"
#include "web/words.h"

namespace {

using namespace crawl;
namespace fs = std::filesystem;

using Texts = std::vector<std::string>;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string without_tags(const std::string& html) {
  std::string text;
  for (size_t at = html.find("<body"); at < html.size();) {
    const size_t tag = html.find('<', at);
    text.append(html, at, tag - at);
    at = tag == std::string::npos ? tag : html.find('>', tag);
    if (at != std::string::npos) ++at;
  }
  return to_valid_utf8(text);
}

Texts read_pages(const std::vector<std::string>& folders) {
  Texts texts;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".html")
        texts.push_back(without_tags(read_file(entry.path())));
    }
  }
  return texts;
}

// What programs say in Thai: the parts of their catalogues, a NUL between two.
Texts read_messages(const fs::path& folder) {
  Texts texts;
  if (!fs::is_directory(folder)) return texts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string catalogue = read_file(entry.path());
    for (size_t at = 0; at < catalogue.size();) {
      const size_t end = std::min(catalogue.find('\0', at), catalogue.size());
      const std::string message = catalogue.substr(at, end - at);
      if (message.find("\xE0\xB8") != std::string::npos && is_valid_utf8(message)) {
        texts.push_back(message);
      }
      at = end + 1;
    }
  }
  return texts;
}

enum class Form { kAsWritten, kFolded };

std::vector<std::string> icu_words(const std::string& text, Form form = Form::kFolded) {
  UErrorCode status = U_ZERO_ERROR;
  static const std::unique_ptr<icu::BreakIterator> breaker(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
  breaker->setText(wide);
  std::vector<std::string> words;
  for (int32_t begin = breaker->first(), end = breaker->next(); end != icu::BreakIterator::DONE;
       begin = end, end = breaker->next()) {
    if (breaker->getRuleStatus() < UBRK_WORD_NUMBER) continue;
    std::string word;
    wide.tempSubStringBetween(begin, end).toUTF8String(word);
    std::string folded;
    append_folded(word, folded);
    if (!folded.empty()) words.push_back(form == Form::kFolded ? std::move(folded) : word);
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(word).append(1, ' ');
  return text;
}

std::string our_words(const std::string& text) {
  std::string words;
  WordCutter cutter(text);
  for (Word word; cutter.next(word);) words.append(word.folded).append(1, ' ');
  return words;
}

std::string our_query(const std::string& word) {
  const Result<SearchQuery> query = parse_search_query(word);
  if (!query) return "\"\"";
  std::string text = "\"";
  for (const std::string& part : query->wanted[0].words) text.append(part).append(1, ' ');
  return text + (query->wanted[0].is_prefix ? "\" *" : "\"");
}

struct Way {
  const char* name;
  const char* tokenizer;
  std::string (*cut)(const std::string& text);
  std::string (*query)(const std::string& word);
};

std::string as_it_is(const std::string& text) { return text; }
std::string quoted(const std::string& word) { return "\"" + word + "\""; }

const Way kWays[] = {
    {"ours", "ascii tokenchars ''+#''", our_words, our_query},
    {"trigram", "trigram", as_it_is, quoted},
    {"ICU", "ascii", [](const std::string& text) { return joined(icu_words(text)); },
     [](const std::string& word) { return quoted(joined(icu_words(word))); }},
    {"unicode61", "unicode61", as_it_is, quoted},
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class Index {
 public:
  Index(const Way& way, const std::string& path) : way_(way), path_(path) {
    fs::remove(path);
    sqlite3_open(path.c_str(), &handle_);
    execute(
        "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "CREATE VIRTUAL TABLE t USING fts5(x, content='', tokenize='" +
        std::string(way.tokenizer) +
        "');"
        "INSERT INTO t(t, rank) VALUES('hashsize', 33554432); BEGIN");
  }
  ~Index() {
    sqlite3_close(handle_);
    fs::remove(path_);
  }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  void fill(const Texts& texts) {
    sqlite3_stmt* insert = prepare("INSERT INTO t(rowid, x) VALUES(?1, ?2)");
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string words = way_.cut(texts[i]);
      sqlite3_bind_int64(insert, 1, static_cast<int64_t>(i));
      sqlite3_bind_text(insert, 2, words.data(), static_cast<int>(words.size()), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    execute("COMMIT");
  }

  std::set<size_t> find(const std::string& word) {
    std::set<size_t> found;
    sqlite3_stmt* query = prepare("SELECT rowid FROM t WHERE t MATCH ?1");
    const std::string match = way_.query(word);
    sqlite3_bind_text(query, 1, match.data(), static_cast<int>(match.size()), SQLITE_STATIC);
    while (sqlite3_step(query) == SQLITE_ROW) {
      found.insert(static_cast<size_t>(sqlite3_column_int64(query, 0)));
    }
    sqlite3_finalize(query);
    return found;
  }

  uint64_t bytes() const { return fs::file_size(path_); }

 private:
  void execute(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      std::fprintf(stderr, "%s\n", sqlite3_errmsg(handle_));
    }
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
    return statement;
  }

  const Way& way_;
  const std::string path_;
  sqlite3* handle_ = nullptr;
};

size_t letters(const std::string& word) {
  return static_cast<size_t>(std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool stands_in_no_spaces(const std::string& word) {
  const bool has_ascii = std::any_of(word.begin(), word.end(), [](char c) { return c >= 0; });
  return !has_ascii && letter_kind(decode_utf8(word, 0).scalar) == LetterKind::kUnspaced;
}

// With a space for each sign that parts words, which folding would drop.
std::string folded(const std::string& text) {
  std::string all;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Character c = decode_utf8(text, at);
    if (letter_kind(c.scalar) == LetterKind::kNone) {
      append_folded(std::string_view(text).substr(begin, at - begin), all);
      all += ' ';
      begin = at + c.length;
    }
    at += c.length;
  }
  append_folded(std::string_view(text).substr(begin), all);
  return all;
}

// Of words without spaces as a dictionary sees them in the texts, those of 2, 3, and 4 letters or
// more.
std::map<size_t, std::vector<std::string>> sample(const Texts& texts) {
  constexpr size_t kEach = 300;
  std::map<size_t, std::set<std::string>> all;
  for (const std::string& text : texts) {
    for (const std::string& word : icu_words(text, Form::kAsWritten)) {
      const size_t length = std::min<size_t>(letters(word), 4);
      if (length >= 2 && stands_in_no_spaces(word)) all[length].insert(word);
    }
  }
  std::map<size_t, std::vector<std::string>> chosen;
  std::mt19937 random(42);
  for (const auto& [length, words] : all) {
    std::sample(words.begin(), words.end(), std::back_inserter(chosen[length]), kEach, random);
  }
  return chosen;
}

// The texts that have a word somewhere, its last letter with the same marks (Thai: กร is not in
// กรุ).
std::set<size_t> truth(const Texts& plain, const std::string& word) {
  std::set<size_t> found;
  std::string wanted;
  append_folded(word, wanted);
  for (size_t i = 0; i < plain.size(); ++i) {
    for (size_t at = plain[i].find(wanted); at != std::string::npos;
         at = plain[i].find(wanted, at + 1)) {
      const size_t end = at + wanted.size();
      const bool goes_on = end < plain[i].size() &&
                           letter_kind(decode_utf8(plain[i], end).scalar) == LetterKind::kMark;
      if (!goes_on) found.insert(i);
    }
  }
  return found;
}

void measure_found(Index& index, const std::vector<std::string>& words, const Texts& plain) {
  size_t wanted = 0, right = 0;
  for (const std::string& word : words) {
    const std::set<size_t> expected = truth(plain, word);
    wanted += expected.size();
    for (const size_t text : index.find(word)) right += expected.count(text);
  }
  std::printf("  %5.1f %%", 100 * static_cast<double>(right) / static_cast<double>(wanted));
}

void measure(const char* name, const Texts& texts, const std::string& folder) {
  if (texts.empty()) {
    std::printf("%s: not installed\n", name);
    return;
  }
  size_t bytes = 0;
  Texts plain;
  for (const std::string& text : texts) {
    bytes += text.size();
    plain.push_back(folded(text));
  }
  const auto words = sample(texts);
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%s: %zu texts, %.1f MB\n", name, texts.size(), megabytes);
  for (const Way& way : kWays) {
    Index index(way, folder + "/index.db");
    const double began = cpu_seconds();
    index.fill(texts);
    std::printf("  %-10s %6.1f ms/MB %4.0f %% of the text", way.name,
                (cpu_seconds() - began) * 1000 / megabytes,
                100 * static_cast<double>(index.bytes()) / static_cast<double>(bytes));
    for (const auto& [length, some] : words) {
      if (some.size() >= 100) measure_found(index, some, plain);
    }
    std::printf("\n");
  }
}

}  // namespace

int main() {
  std::string folder = "/tmp/crawl-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 73;
  const std::string docs = "/usr/share/doc/";
  const std::string handbook = docs + "debian-handbook/html/";
  measure("English", read_pages({docs + "postgresql-doc-15/html"}), folder);
  measure("Russian, French, German",
          read_pages({handbook + "ru-RU", handbook + "fr-FR", handbook + "de-DE"}), folder);
  measure("Chinese", read_pages({handbook + "zh-CN", handbook + "zh-TW"}), folder);
  measure("Japanese", read_pages({handbook + "ja-JP", docs + "aptitude/html/ja"}), folder);
  measure("Korean", read_pages({handbook + "ko-KR"}), folder);
  measure("Thai", read_messages("/usr/share/locale/th/LC_MESSAGES"), folder);
  fs::remove_all(folder);
  return 0;
}
