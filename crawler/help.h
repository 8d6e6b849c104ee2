// SPDX-License-Identifier: MIT
#pragma once

// `crawl help`, and the texts that only prose can give: files of crawler/help_texts, written once,
// shown by --help and `crawl help`, and part of the manual.

#include <string>
#include <string_view>
#include <vector>

#include "crawler/commands.h"

namespace crawl {

// help_texts/topics/NAME.SECTION.txt: its summary, an empty line, and the text as it is shown
// (text_blocks.h). SECTION: of the manual page that it is; 1: a part of crawl(1).
struct Topic {
  std::string name;
  char section = '7';
  std::string summary;
  std::string_view text;
};

const std::vector<Topic>& topics();  // by name; none is named like a command

// help_texts/examples/NAME.txt: lines of a shell, comments above them; "": there is none.
std::string_view examples_of(std::string_view command);
// The same, as --help shows it under the options.
std::string examples_for_help(std::string_view command);

// A line for each command and each topic.
std::string list_of_commands();
std::string list_of_topics();

Command help_command();

}  // namespace crawl
