// SPDX-License-Identifier: MIT
#pragma once

// The Encoding Standard's encodings (§4.2) in terms of ICU's converters. Only charset.cc needs
// this.

#include <string_view>

namespace crawl {

inline constexpr char16_t kReplacementUnit = 0xFFFD;

struct ConverterName {
  std::string_view standard;
  const char* icu;
};

inline constexpr ConverterName kSingleByte[] = {
    {"IBM866", "ibm-866"},
    {"ISO-8859-2", "iso-8859-2"},
    {"ISO-8859-3", "iso-8859-3"},
    {"ISO-8859-4", "iso-8859-4"},
    {"ISO-8859-5", "iso-8859-5"},
    {"ISO-8859-6", "iso-8859-6"},
    {"ISO-8859-7", "iso-8859-7"},
    {"ISO-8859-8", "iso-8859-8"},
    {"ISO-8859-8-I", "iso-8859-8"},
    {"ISO-8859-10", "iso-8859-10"},
    {"ISO-8859-13", "iso-8859-13"},
    {"ISO-8859-14", "iso-8859-14"},
    {"ISO-8859-15", "iso-8859-15"},
    {"KOI8-R", "koi8-r"},
    {"KOI8-U", "koi8-u"},
    {"macintosh", "macintosh"},
    {"windows-874", "windows-874"},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"x-mac-cyrillic", "x-mac-cyrillic"},
};

// GBK is decoded as gb18030 (Encoding Standard §10.1.1).
inline constexpr ConverterName kMultiByte[] = {
    {"UTF-16BE", "UTF-16BE"},       {"UTF-16LE", "UTF-16LE"},
    {"Big5", "big5-hkscs"},         {"EUC-JP", "euc-jp"},
    {"ISO-2022-JP", "iso-2022-jp"}, {"Shift_JIS", "ibm-943_P15A-2003"},
    {"EUC-KR", "windows-949"},      {"GBK", "gb18030"},
    {"gb18030", "gb18030"},
};

// Where the Encoding Standard's indexes differ from ICU's tables.
struct Difference {
  std::string_view encoding;
  unsigned char byte;
  char16_t unit;
};
inline constexpr Difference kDifferences[] = {
    {"KOI8-U", 0xAE, 0x045E},
    {"KOI8-U", 0xBE, 0x040E},
    {"windows-1253", 0xAA, kReplacementUnit},
    {"windows-1255", 0xCA, 0x05BA},
};

// ISO-8859-16 from 0xA0; ICU has no such table.
inline constexpr char16_t kLatin10[96] = {
    0x00A0, 0x0104, 0x0105, 0x0141, 0x20AC, 0x201E, 0x0160, 0x00A7, 0x0161, 0x00A9, 0x0218, 0x00AB,
    0x0179, 0x00AD, 0x017A, 0x017B, 0x00B0, 0x00B1, 0x010C, 0x0142, 0x017D, 0x201D, 0x00B6, 0x00B7,
    0x017E, 0x010D, 0x0219, 0x00BB, 0x0152, 0x0153, 0x0178, 0x017C, 0x00C0, 0x00C1, 0x00C2, 0x0102,
    0x00C4, 0x0106, 0x00C6, 0x00C7, 0x00C8, 0x00C9, 0x00CA, 0x00CB, 0x00CC, 0x00CD, 0x00CE, 0x00CF,
    0x0110, 0x0143, 0x00D2, 0x00D3, 0x00D4, 0x0150, 0x00D6, 0x015A, 0x0170, 0x00D9, 0x00DA, 0x00DB,
    0x00DC, 0x0118, 0x021A, 0x00DF, 0x00E0, 0x00E1, 0x00E2, 0x0103, 0x00E4, 0x0107, 0x00E6, 0x00E7,
    0x00E8, 0x00E9, 0x00EA, 0x00EB, 0x00EC, 0x00ED, 0x00EE, 0x00EF, 0x0111, 0x0144, 0x00F2, 0x00F3,
    0x00F4, 0x0151, 0x00F6, 0x015B, 0x0171, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x0119, 0x021B, 0x00FF,
};

}  // namespace crawl
