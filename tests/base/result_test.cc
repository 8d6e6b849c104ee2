// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <cerrno>
#include <memory>
#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("result: holds a value or an error", "[result]") {
  Result<int> good = 7;
  REQUIRE(good);
  CHECK(good.value() == 7);
  CHECK(*good == 7);
  *good = 8;
  CHECK(good.value() == 8);

  const Result<int> bad = Error{Errc::kNotFound, 0, "no such row"};
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::kNotFound);
  CHECK(bad.error().message() == "no such row");
}

TEST_CASE("result: what can only be moved is moved out", "[result]") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  REQUIRE(result);
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 5);
}

TEST_CASE("result: one that holds nothing is good until it holds an error", "[result]") {
  const Result<void> good;
  CHECK(good);
  const Result<void> bad = Error{Errc::kFull, 0, "ring"};
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::kFull);
}

TEST_CASE("result: a failed system call keeps its errno and says it in words", "[result]") {
  errno = ENOENT;
  const Error error = errno_error("open crawl.db");
  CHECK(error.sys_errno == ENOENT);
  CHECK(error.code == Errc::kNotFound);
  CHECK(error.message() == "open crawl.db: No such file or directory");
}

TEST_CASE("result: an errno becomes the code that callers decide by", "[result]") {
  CHECK(errno_error(EEXIST, "x").code == Errc::kExists);
  CHECK(errno_error(ENOSPC, "x").code == Errc::kFull);
  CHECK(errno_error(EDQUOT, "x").code == Errc::kFull);
  CHECK(errno_error(EAGAIN, "x").code == Errc::kBusy);
  CHECK(errno_error(EPIPE, "x").code == Errc::kClosed);
  CHECK(errno_error(ECONNRESET, "x").code == Errc::kClosed);
  CHECK(errno_error(EIO, "x").code == Errc::kIo);
}

}  // namespace
}  // namespace crawl
