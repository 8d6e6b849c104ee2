// SPDX-License-Identifier: MIT
#pragma once

// What an HTML document says about its own encoding, before it is decoded.

#include <cstddef>
#include <optional>
#include <string_view>

namespace crawl {

inline constexpr size_t kPrescanBytes = 1024;
inline constexpr size_t kLatePrescanBytes = 64 * 1024;

// HTML Standard §13.2.3.2 "prescan a byte stream to determine its encoding", over the first
// `bytes_max` of `bytes`, with "get an XML encoding" where no meta element speaks. A declared
// UTF-16 means UTF-8, x-user-defined means windows-1252. The result is the Encoding Standard's
// name.
std::optional<std::string_view> prescan_encoding(std::string_view bytes,
                                                 size_t bytes_max = kPrescanBytes);

// What an XML declaration says ("get an XML encoding"), or its first bytes where they are UTF-16
// without a BOM.
std::optional<std::string_view> declared_xml_encoding(std::string_view bytes);

// §2.6.5 "extracting a character encoding from a meta element": "text/html; charset=x" → encoding
// of "x".
std::optional<std::string_view> encoding_in_meta_content(std::string_view content);

}  // namespace crawl
