// SPDX-License-Identifier: MIT
#pragma once

// gzip (RFC 1952) as archives use it: one member per record.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

// The parts one after another as one member.
std::string gzip_member(std::initializer_list<std::string_view> parts);

// Reads bytes of the file; 0: the end.
using ReadBytes = std::function<Result<size_t>(char* buffer, size_t size)>;

// The members of a file, one after another, or a file that is not compressed as one member. Memory
// is bounded, whatever the bytes are.
class MemberReader {
 public:
  explicit MemberReader(ReadBytes read);
  ~MemberReader();
  MemberReader(const MemberReader&) = delete;
  MemberReader& operator=(const MemberReader&) = delete;

  // Some bytes of this member; 0: it has ended. kCorrupt: it is broken, or cut off.
  Result<size_t> read(char* buffer, size_t size);
  // Goes on to the next member, past what is left of this one; false: there is none. After
  // kCorrupt: to the next place that looks like the beginning of one.
  Result<bool> next();

  bool compressed() const;
  uint64_t offset() const;    // in the file, of this member
  uint64_t position() const;  // in the file, of what is read next

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crawl
