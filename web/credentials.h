// SPDX-License-Identifier: MIT
#pragma once

// Header fields that prove who somebody is: they go to nobody but those they are meant for, and are
// shown by their names alone.

#include <string_view>

namespace crawl {

// The name of a header line: what stands before its colon.
std::string_view header_name(std::string_view line);

// Authorization, Proxy-Authorization and Cookie, and names with a word that keys go by:
// X-Api-Key, PRIVATE-TOKEN, X-Auth-User. `line` is "Name: value" or a name.
bool is_credential(std::string_view line);

}  // namespace crawl
