// SPDX-License-Identifier: MIT
#include "fetcher/json_text.h"

#include "base/escape.h"

namespace crawl {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += {'\\', c};
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\u00";
      out.push_back("01"[(c >> 4) & 1]);
      out.push_back("0123456789abcdef"[c & 0xF]);
  }
}

void append_valid(std::string& out, std::string_view text) {
  size_t from = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(from, at - from);
    append_escaped(out, c);
    from = at + 1;
  }
  out += text.substr(from);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  if (is_valid_utf8(text)) {
    append_valid(out, text);
  } else {
    append_valid(out, to_valid_utf8(text));
  }
  out.push_back('"');
}

}  // namespace crawl
