// SPDX-License-Identifier: MIT
#pragma once

// The certificate authorities that TLS connections are verified against, read into memory once, so
// that no file is opened later.
//
// Where libcurl runs on OpenSSL the certificates are decoded once, at the first TLS connection, and
// shared by all: left to libcurl, which decodes a bundle from memory anew for each connection, they
// cost 20 ms of CPU per host, more than a dozen pages.

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

class CaStore {
 public:
  // `ca_file` is a PEM bundle; "": the system's. Never fails: without certificates the store is not
  // usable and says why.
  static CaStore load(std::string_view ca_file);

  bool usable() const { return certificates_ != nullptr; }
  const std::string& problem() const { return problem_; }  // "" when usable

  // Makes `easy` verify against this store, which must outlive it.
  Result<void> apply(CURL* easy) const;

 private:
  struct Certificates;
  std::shared_ptr<Certificates> certificates_;  // null: not usable
  std::string problem_;
};

}  // namespace crawl
