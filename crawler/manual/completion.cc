// SPDX-License-Identifier: MIT
#include "crawler/manual/completion.h"

#include <algorithm>

#include "crawler/help.h"

namespace crawl {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_any_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A word that is typed as it stands, rather than the name of a value.
bool is_literal(const std::string& word) { return word[0] >= 'a' && word[0] <= 'z'; }

void add_names(Completion& completion, const std::string& kind) {
  if (kind == "COMMAND") {
    for (const Command& command : commands()) completion.words.push_back(command.name);
  } else if (kind == "TOPIC") {
    for (const Topic& topic : topics()) completion.words.push_back(topic.name);
  }
}

// "FILE", "obey|ignore", "COMMAND|TOPIC"
Completion completion_of(std::string_view type) {
  Completion completion;
  for (const std::string& kind : split(type, '|')) {
    if (is_any_of(kind, {"FILE", "PATH", "DEST", "SEEDS"})) completion.files = true;
    if (is_any_of(kind, {"DIR", "FOLDER"})) completion.folders = true;
    if (is_literal(kind)) completion.words.push_back(kind);
    add_names(completion, kind);
  }
  return completion;
}

}  // namespace

Completion completion_of_value(const ShownOption& option) {
  Completion completion = completion_of(option.type);
  if (!option.list_of.empty()) {
    completion.words = option.list_of;
    completion.is_list = true;
  }
  return completion;
}

ArgumentCompletions completions_of_arguments(const Command& command) {
  ArgumentCompletions result;
  // "crawl query [OPTIONS] [SQL|NAME [VALUE...]]" without what stands before the arguments
  constexpr std::string_view kOptions = "[OPTIONS]";
  const size_t options = command.usage.find(kOptions);
  if (options == std::string::npos) return result;
  std::string arguments = command.usage.substr(options + kOptions.size());
  std::replace_if(
      arguments.begin(), arguments.end(), [](char c) { return c == '[' || c == ']'; }, ' ');
  for (std::string& word : split(arguments, ' ')) {
    result.repeats = word.ends_with("...");
    if (result.repeats) word.resize(word.size() - 3);
    if (word.empty()) continue;  // "FILE [...]"
    result.arguments.push_back(completion_of(word));
  }
  if (!command.first_words.empty() && !result.arguments.empty()) {
    result.arguments[0].words = command.first_words;
  }
  return result;
}

std::vector<std::string> spellings(const ShownOption& option) { return split(option.names, ','); }

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace crawl
