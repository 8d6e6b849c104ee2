// SPDX-License-Identifier: MIT
#pragma once

// What shells complete, and the scripts that make them do it. Everything comes from the table of
// commands: a new command or option is completed without being told.

#include <string>
#include <string_view>
#include <vector>

#include "crawler/commands.h"

namespace crawl {

// What a word of the command line may be.
struct Completion {
  bool files = false;
  bool folders = false;
  bool is_list = false;  // of the words, commas between
  std::vector<std::string> words;

  bool empty() const { return !files && !folders && words.empty(); }
};

Completion completion_of_value(const ShownOption& option);

// The arguments of a command, in order; the last also stands for those that follow where `repeats`.
struct ArgumentCompletions {
  std::vector<Completion> arguments;
  bool repeats = false;
};
ArgumentCompletions completions_of_arguments(const Command& command);

// {"-d", "--db"}
std::vector<std::string> spellings(const ShownOption& option);

std::string joined_words(const std::vector<std::string>& words);  // a space between

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace crawl
