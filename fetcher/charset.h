// SPDX-License-Identifier: MIT
#pragma once

// Which character encoding a body is in, and its text as UTF-8. Encodings are those of the Encoding
// Standard (https://encoding.spec.whatwg.org/), decoded with ICU's tables where those agree with
// it.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/vocabulary.h"

struct UConverter;
struct uchardet;

namespace crawl {

struct CharsetChoice {
  std::string_view name;  // Encoding Standard's name; static
  CharsetSource source = CharsetSource::kNone;
  size_t bom_bytes = 0;  // to be skipped
};

struct CharsetEvidence {
  std::string_view http_charset;  // charset parameter of Content-Type; "" when absent
  bool is_html = false;           // a meta element may speak
  bool truncated = false;         // the body stops in mid-stream, perhaps in mid-character
  bool is_xml = false;            // an XML declaration may speak; instead of is_html
};

class CharsetDecoder {
 public:
  // Opens every converter and the detector: nothing is loaded later. kUnsupported: ICU lacks one.
  static Result<std::unique_ptr<CharsetDecoder>> create();
  ~CharsetDecoder();
  CharsetDecoder(const CharsetDecoder&) = delete;
  CharsetDecoder& operator=(const CharsetDecoder&) = delete;

  // BOM > HTTP > meta in time > valid UTF-8 > late meta > detector > windows-1252. For XML (RFC
  // 7303 §3): BOM > HTTP > declaration > UTF-8.
  CharsetChoice choose(std::string_view body, const CharsetEvidence& evidence);

  // The text of `body` as valid UTF-8 without NUL: what cannot be decoded, and NUL, becomes U+FFFD.
  // A view into `body` where that is the text already, else into this object until the next call.
  std::string_view decode(std::string_view body, const CharsetChoice& choice);
  // Ends the life of what decode() gave, where that is large.
  void forget();

  // How an encoding is decoded; nullptr where it is of the other kind, or unknown. The converter is
  // shared: reset it before use, and do not set it up.
  using SingleByteTable = std::array<char16_t, 128>;  // what bytes 0x80 to 0xFF mean
  const SingleByteTable* single_byte(std::string_view encoding) const;
  UConverter* multi_byte(std::string_view encoding) const;

 private:
  struct CloseConverter {
    void operator()(UConverter* converter) const;
  };
  struct DeleteDetector {
    void operator()(uchardet* detector) const;
  };
  using Converter = std::unique_ptr<UConverter, CloseConverter>;

  CharsetDecoder() = default;
  Result<void> open_all();
  std::string_view detect(std::string_view body);
  std::string_view decode_utf8(std::string_view bytes);
  std::string_view decode_single_byte(std::string_view bytes, const SingleByteTable& table);
  void decode_with(UConverter* converter, std::string_view bytes);

  std::map<std::string_view, SingleByteTable> single_byte_;  // by the Encoding Standard's name
  std::map<std::string_view, Converter> multi_byte_;
  Converter utf8_;
  std::unique_ptr<uchardet, DeleteDetector> detector_;
  std::string text_;
};

}  // namespace crawl
