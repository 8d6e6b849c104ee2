// SPDX-License-Identifier: MIT
#pragma once

// Secrets come from files and from the environment, never out of a configuration file itself, which
// people copy, show and keep under version control. What is said about them names their place.

#include <functional>
#include <string>

#include "base/result.h"
#include "base/secret_file.h"

namespace crawl {

// As getenv(3) answers.
using Environment = std::function<const char*(const char*)>;

// [A-Za-z_][A-Za-z0-9_]*
bool is_environment_name(const std::string& name);
// A variable that is there and not empty.
Result<std::string> secret_of_environment(const std::string& name, const Environment& environment);
// The text with the variable's value for each "${NAME}".
Result<std::string> with_environment(const std::string& text, const Environment& environment);
// The same for a URL: behind its "://" a value is percent-encoded, so that it may be any password.
Result<std::string> url_with_environment(const std::string& url, const Environment& environment);
inline bool names_environment(const std::string& text) {
  return text.find("${") != std::string::npos;
}

}  // namespace crawl
