// SPDX-License-Identifier: MIT
#pragma once

// The certificate authorities that TLS connections are verified against, read into memory once, so
// that no file is opened later.

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

class CaStore {
 public:
  // `ca_file` is a PEM bundle; "": the system's. Never fails: without certificates the store is not
  // usable and says why.
  static CaStore load(std::string_view ca_file);

  bool usable() const { return !pem_.empty(); }
  const std::string& problem() const { return problem_; }  // "" when usable

  // Makes `easy` verify against this store, which must outlive it.
  Result<void> apply(CURL* easy) const;

 private:
  std::string pem_;
  std::string problem_;
};

}  // namespace crawl
