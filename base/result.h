// SPDX-License-Identifier: MIT
#pragma once

// Result<T>: a value or an Error. Named like std::expected (C++23), which gcc 12 does not have.
// A Result holds *failure* (something outside went wrong). Outcomes of a fetch are data (enum
// Outcome in ipc/messages.h), absence is std::optional, and a bug of ours is CRAWL_CHECK.

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace crawl {

enum class Errc {
  kInvalid,   // malformed input
  kNotFound,  // no such file, row, process
  kExists,    // already there
  kIo,        // a system call or the disk failed
  kFull,      // no space: disk, ring, limit
  kBusy,      // held by somebody else
  kCorrupt,   // bytes on disk or from a peer break their format
  kVersion,   // made by, or speaking for, another version
  kClosed,    // the other end has gone
  kUnsupported,
};

struct Error {
  Errc code = Errc::kInvalid;
  int sys_errno = 0;    // 0 where no system call was involved
  std::string context;  // what was being done, for a person: "open crawl.db"

  // "open crawl.db: No such file or directory"
  std::string message() const;
};

// The machine was short of something (descriptors, memory, processes, room) or interrupted us: the
// same may well succeed in a moment.
bool is_shortage(const Error& error);

// Error for a failed system call; reads errno, so call it first thing.
Error errno_error(std::string context);
Error errno_error(int sys_errno, std::string context);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(); }
  T&& value() && { return std::move(checked()); }
  const T& value() const& {
    CRAWL_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return checked(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    CRAWL_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T& checked() {
    CRAWL_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    CRAWL_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace crawl
