// SPDX-License-Identifier: MIT
#pragma once

// Readers of the values that the options of a run have; those of all commands are in option_set.h.

#include <string>
#include <vector>

#include "crawler/option_set.h"
#include "crawler/options.h"

namespace crawl {

ValueReader read_factor(double& target, double max);
ValueReader read_scope(Scope& target);
ValueReader read_robots_policy(RobotsPolicy& target);
ValueReader read_log_format(LogFormat& target);
ValueReader read_sandbox(SandboxMode& target);
ValueReader read_pattern(std::vector<std::string>& target);
ValueReader read_types(std::vector<std::string>& target);
ValueReader read_header_text(std::string& target, size_t bytes_max);
// "Name: value", added to `target`. What is wrong is said without the value: it may be a secret.
ValueReader read_header(std::vector<std::string>& target);
ValueReader read_proxy(std::string& target);
ValueReader read_readable_file(std::string& target);
ValueReader read_path(std::string& target);

}  // namespace crawl
