// SPDX-License-Identifier: MIT
#include "crawler/help.h"

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/embedded_file.h"

namespace crawl {

std::span<const EmbeddedFile> help_files();  // help_texts
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kTopicFolder = "topics/";

// "topics/seeds.5.txt"
Topic topic_of(const EmbeddedFile& file) {
  const std::string_view name = file.name.substr(kTopicFolder.size());
  const size_t dot = name.find('.');
  const size_t line = file.text.find('\n');
  return {std::string(name.substr(0, dot)), name[dot + 1], std::string(file.text.substr(0, line)),
          file.text.substr(line + 2)};
}

std::string text_of(const Topic& topic) {
  const std::string page =
      topic.section == '1' ? "crawl(1)" : fmt::format("crawl-{}({})", topic.name, topic.section);
  return fmt::format("{} - {}\n\n{}\nManual page: {}\n", topic.name, topic.summary, topic.text,
                     page);
}

std::string overview() {
  return "A polite, parallel web crawler that keeps every page in SQLite.\n\nCommands:\n" +
         list_of_commands() +
         "\nSEEDS are files (one URL per line), '-' for stdin, or URLs. `crawl help COMMAND` lists "
         "the options\nof a command.\n\nTopics:\n" +
         list_of_topics();
}

UsageError unknown(const std::string& word) {
  Words names;
  for (const Command& command : commands()) names.push_back(command.name);
  for (const Topic& topic : topics()) names.push_back(topic.name);
  const std::string message = word + " is neither a command nor a topic";
  const std::optional<std::string> meant = nearest(word, names);
  return {ExitCode::kUsage,
          message + (meant ? "; did you mean " + *meant + "?" : "; crawl help lists them")};
}

CommandLine help_for(const Words& words, const ConfigFiles& config) {
  if (words.empty()) return ShowText{overview()};
  if (words.size() > 1) return UsageError{ExitCode::kUsage, "unexpected argument " + words[1]};
  const std::string& name = words[0];
  if (const Command* command = command_named(name)) return command->parse({"--help"}, config);
  for (const Topic& topic : topics()) {
    if (topic.name == name) return ShowText{text_of(topic)};
  }
  return unknown(name);
}

}  // namespace

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all = [] {
    std::vector<Topic> result;
    for (const EmbeddedFile& file : help_files()) {
      if (file.name.starts_with(kTopicFolder)) result.push_back(topic_of(file));
    }
    return result;
  }();
  return all;
}

std::string_view examples_of(std::string_view command) {
  const std::string name = fmt::format("examples/{}.txt", command);
  const EmbeddedFile* file = embedded_file(help_files(), name);
  return file != nullptr ? file->text : "";
}

std::string examples_for_help(std::string_view command) {
  const std::string_view examples = examples_of(command);
  return examples.empty() ? "" : fmt::format("\nExamples:\n{}", examples);
}

std::string list_of_commands() {
  std::string text;
  for (const Command& command : commands()) {
    text += fmt::format("  crawl {:<28} {}\n", command.arguments, command.summary);
  }
  return text;
}

std::string list_of_topics() {
  std::string text;
  for (const Topic& topic : topics()) {
    text += fmt::format("  crawl help {:<23} {}\n", topic.name, topic.summary);
  }
  return text;
}

Command help_command() {
  Command help;
  help.name = "help";
  help.usage = "crawl help [OPTIONS] [COMMAND|TOPIC]";
  help.arguments = "help [COMMAND|TOPIC]";
  help.summary = "what a command does, or a topic in brief";
  help.description =
      "Lists the commands and the topics; shows the help of a command, or the text of a topic.";
  help.options = [] { return OptionSet("", "").shown(); };
  help.parse = [usage = help.usage, description = help.description](
                   const Words& words, const ConfigFiles& config) -> CommandLine {
    OptionSet set(usage, description);
    const OptionSet::Parsed parsed = set.parse(words);
    if (parsed.help) return ShowText{set.help()};
    if (!parsed.error.empty()) return UsageError{ExitCode::kUsage, parsed.error};
    return help_for(parsed.positionals, config);
  };
  return help;
}

}  // namespace crawl
