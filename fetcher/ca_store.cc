// SPDX-License-Identifier: MIT
#include "fetcher/ca_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"

namespace crawl {

namespace {

constexpr size_t kBundleBytesMax = 16u << 20;

// Debian, Ubuntu, Arch; Fedora; openSUSE; Alpine.
constexpr std::array<const char*, 4> kSystemBundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

Result<std::string> read_bundle(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno_error("cannot read the CA certificates in " + path);
  std::string bytes;
  std::array<char, 64 * 1024> chunk;
  for (;;) {
    const ssize_t n = ::read(file.fd(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read the CA certificates in " + path);
    if (n == 0) break;
    bytes.append(chunk.data(), static_cast<size_t>(n));
    if (bytes.size() > kBundleBytesMax) return Error{Errc::kFull, 0, path + " is too large"};
  }
  if (bytes.find("-----BEGIN ") == std::string::npos) {
    return Error{Errc::kInvalid, 0, "no CA certificate in " + path};
  }
  return bytes;
}

}  // namespace

CaStore CaStore::load(std::string_view ca_file) {
  CaStore store;
  if (!ca_file.empty()) {
    auto bytes = read_bundle(std::string(ca_file));
    if (bytes) store.pem_ = std::move(*bytes);
    if (!bytes) store.problem_ = bytes.error().message();
    return store;
  }
  for (const char* path : kSystemBundles) {
    auto bytes = read_bundle(path);
    if (bytes) {
      store.pem_ = std::move(*bytes);
      return store;
    }
  }
  store.problem_ = std::string("no CA certificates: ") + kSystemBundles[0] +
                   " cannot be read (install ca-certificates, or name a bundle with --ca-file)";
  return store;
}

Result<void> CaStore::apply(CURL* easy) const {
  // The compiled-in paths would be opened at the first connection, when nothing can be opened.
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (!usable()) return {};
  curl_blob blob{};
  blob.data = const_cast<char*>(pem_.data());
  blob.len = pem_.size();
  blob.flags = CURL_BLOB_NOCOPY;
  if (curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK) {
    return Error{Errc::kUnsupported, 0, "libcurl's TLS library takes no certificates from memory"};
  }
  return {};
}

}  // namespace crawl
