// SPDX-License-Identifier: MIT
#include "web/newer_characters.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <iterator>

namespace crawl {
namespace {

struct NewerRange {
  char32_t first;
  char32_t last;
  NewerKind kind;
};

constexpr NewerKind kLeft = NewerKind::kLeft;
constexpr NewerKind kRight = NewerKind::kRight;
constexpr NewerKind kArabic = NewerKind::kArabic;
constexpr NewerKind kArabicNumber = NewerKind::kArabicNumber;
constexpr NewerKind kNeutral = NewerKind::kNeutral;
constexpr NewerKind kTerminator = NewerKind::kTerminator;

// Valid, not marks.
constexpr NewerRange kRanges[] = {
    {0x088F, 0x088F, kArabic},     {0x0C5C, 0x0C5C, kLeft},           {0x0CDC, 0x0CDC, kLeft},
    {0x1B4E, 0x1B4F, kLeft},       {0x1B7F, 0x1B7F, kLeft},           {0x1C8A, 0x1C8A, kLeft},
    {0x20C1, 0x20C1, kTerminator}, {0x2427, 0x2429, kNeutral},        {0x2B96, 0x2B96, kNeutral},
    {0x31E4, 0x31E5, kNeutral},    {0xA7CD, 0xA7CD, kLeft},           {0xA7CF, 0xA7CF, kLeft},
    {0xA7DB, 0xA7DB, kLeft},       {0xFBC3, 0xFBD2, kNeutral},        {0xFD90, 0xFD91, kNeutral},
    {0xFDC8, 0xFDCE, kNeutral},    {0x105C0, 0x105C8, kLeft},         {0x105CA, 0x105D1, kLeft},
    {0x105D3, 0x105D9, kLeft},     {0x105DB, 0x105E3, kLeft},         {0x105E5, 0x105F3, kLeft},
    {0x10940, 0x10959, kRight},    {0x10D40, 0x10D49, kArabicNumber}, {0x10D4A, 0x10D4F, kRight},
    {0x10D6E, 0x10D6E, kNeutral},  {0x10D6F, 0x10D85, kRight},        {0x10D8E, 0x10D8F, kRight},
    {0x10EC2, 0x10EC7, kArabic},   {0x10ED0, 0x10ED8, kNeutral},      {0x11380, 0x11381, kLeft},
    {0x11386, 0x11389, kLeft},     {0x11392, 0x113B5, kLeft},         {0x113B7, 0x113B7, kLeft},
    {0x113D1, 0x113D1, kLeft},     {0x113D3, 0x113D5, kLeft},         {0x113D7, 0x113D8, kLeft},
    {0x116D0, 0x116E3, kLeft},     {0x11BC0, 0x11BE1, kLeft},         {0x11BF0, 0x11BF9, kLeft},
    {0x11DB0, 0x11DDB, kLeft},     {0x11DE0, 0x11DE9, kLeft},         {0x13460, 0x143FA, kLeft},
    {0x16100, 0x1611D, kLeft},     {0x16130, 0x16139, kLeft},         {0x16D40, 0x16D62, kLeft},
    {0x16D64, 0x16D66, kLeft},     {0x16D6B, 0x16D79, kLeft},         {0x16EBB, 0x16ED3, kLeft},
    {0x16FF2, 0x16FF6, kLeft},     {0x187F8, 0x187FF, kLeft},         {0x18CFF, 0x18CFF, kLeft},
    {0x18D09, 0x18D1E, kLeft},     {0x18D80, 0x18DF2, kLeft},         {0x1CC00, 0x1CCD5, kNeutral},
    {0x1CCFA, 0x1CCFC, kNeutral},  {0x1CD00, 0x1CEB3, kNeutral},      {0x1CEBA, 0x1CED0, kNeutral},
    {0x1CEE0, 0x1CEF0, kNeutral},  {0x1E5D0, 0x1E5ED, kLeft},         {0x1E5F0, 0x1E5FA, kLeft},
    {0x1E5FF, 0x1E5FF, kLeft},     {0x1E6C0, 0x1E6DE, kLeft},         {0x1E6E0, 0x1E6E2, kLeft},
    {0x1E6E4, 0x1E6E5, kLeft},     {0x1E6E7, 0x1E6ED, kLeft},         {0x1E6F0, 0x1E6F4, kLeft},
    {0x1E6FE, 0x1E6FF, kLeft},     {0x1F6D8, 0x1F6D8, kNeutral},      {0x1F777, 0x1F77A, kNeutral},
    {0x1F8B2, 0x1F8BB, kNeutral},  {0x1F8C0, 0x1F8C1, kNeutral},      {0x1F8D0, 0x1F8D8, kNeutral},
    {0x1FA54, 0x1FA57, kNeutral},  {0x1FA89, 0x1FA8A, kNeutral},      {0x1FA8E, 0x1FA8F, kNeutral},
    {0x1FABE, 0x1FABE, kNeutral},  {0x1FAC6, 0x1FAC6, kNeutral},      {0x1FAC8, 0x1FAC8, kNeutral},
    {0x1FACD, 0x1FACD, kNeutral},  {0x1FADC, 0x1FADC, kNeutral},      {0x1FADF, 0x1FADF, kNeutral},
    {0x1FAE9, 0x1FAEA, kNeutral},  {0x1FAEF, 0x1FAEF, kNeutral},      {0x1FBCB, 0x1FBEF, kNeutral},
    {0x1FBFA, 0x1FBFA, kNeutral},  {0x2B73A, 0x2B73F, kLeft},         {0x2CEA2, 0x2CEAD, kLeft},
    {0x2EBF0, 0x2EE5D, kLeft},     {0x323B0, 0x33479, kLeft},
};

struct NewerMapping {
  char32_t first;
  char32_t last;
  char32_t to;  // of `first`
};

// Mapped to one character.
constexpr NewerMapping kMappings[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x0264},    {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},    {0xA7D2, 0xA7D2, 0xA7D3},    {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},    {0xA7DC, 0xA7DC, 0x019B},    {0xA7F1, 0xA7F1, 0x0073},
    {0x10D50, 0x10D65, 0x10D70}, {0x16EA0, 0x16EB8, 0x16EBB}, {0x1CCD6, 0x1CCEF, 0x0061},
    {0x1CCF0, 0x1CCF9, 0x0030},
};

// The range that holds `c`, of ranges in order.
template <typename Range, size_t N>
const Range* range_of(char32_t c, const Range (&ranges)[N]) {
  const Range* found =
      std::lower_bound(std::begin(ranges), std::end(ranges), c,
                       [](const Range& range, char32_t wanted) { return range.last < wanted; });
  return found != std::end(ranges) && found->first <= c ? found : nullptr;
}

}  // namespace

std::optional<NewerKind> newer_kind(char32_t c) {
  const NewerRange* range = range_of(c, kRanges);
  if (range == nullptr || u_isdefined(static_cast<UChar32>(c)) != 0) return std::nullopt;
  return range->kind;
}

char32_t newer_mapping(char32_t c) {
  const NewerMapping* mapping = range_of(c, kMappings);
  return mapping == nullptr ? c : mapping->to + (c - mapping->first);
}

}  // namespace crawl
