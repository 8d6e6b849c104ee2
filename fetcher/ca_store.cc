// SPDX-License-Identifier: MIT
#include "fetcher/ca_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#if CRAWL_HAVE_OPENSSL
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#endif

#include "base/retry.h"
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
    const ssize_t n = uninterrupted([&] { return ::read(file.fd(), chunk.data(), chunk.size()); });
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

#if CRAWL_HAVE_OPENSSL

// SSL_CTX_FUNCTION hands over OpenSSL's own type only where libcurl itself runs on OpenSSL.
bool curl_runs_on_openssl() {
  const char* backend = curl_version_info(CURLVERSION_NOW)->ssl_version;
  return backend != nullptr && std::string_view(backend).substr(0, 8) == "OpenSSL/";
}

X509_STORE* decode(const std::string& pem) {
  X509_STORE* store = X509_STORE_new();
  BIO* bytes = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509_AUX(bytes, nullptr, nullptr, nullptr)) {
    count += X509_STORE_add_cert(store, certificate) == 1 ? 1 : 0;
    X509_free(certificate);
  }
  ERR_clear_error();  // the end of the bundle counts as an error
  BIO_free(bytes);
  // As libcurl sets them for a bundle of its own.
  X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  if (count > 0) return store;
  X509_STORE_free(store);
  return nullptr;
}

#endif

}  // namespace

struct CaStore::Certificates {
  explicit Certificates(std::string bundle) : pem(std::move(bundle)) {}
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string pem;
#if CRAWL_HAVE_OPENSSL
  ~Certificates() { X509_STORE_free(decoded); }

  static CURLcode on_context(CURL* /*easy*/, void* context, void* self_pointer) {
    auto* self = static_cast<Certificates*>(self_pointer);
    if (self->decoded == nullptr) self->decoded = decode(self->pem);
    if (self->decoded == nullptr) return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), self->decoded);
    return CURLE_OK;
  }

  X509_STORE* decoded = nullptr;
#endif
};

CaStore CaStore::load(std::string_view ca_file) {
  CaStore store;
  if (!ca_file.empty()) {
    auto bytes = read_bundle(std::string(ca_file));
    if (bytes) store.certificates_ = std::make_shared<Certificates>(std::move(*bytes));
    if (!bytes) store.problem_ = bytes.error().message();
    return store;
  }
  for (const char* path : kSystemBundles) {
    auto bytes = read_bundle(path);
    if (!bytes) continue;
    store.certificates_ = std::make_shared<Certificates>(std::move(*bytes));
    return store;
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
#if CRAWL_HAVE_OPENSSL
  if (curl_runs_on_openssl()) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, Certificates::on_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, certificates_.get());
    return {};
  }
#endif
  curl_blob blob{};
  blob.data = certificates_->pem.data();
  blob.len = certificates_->pem.size();
  blob.flags = CURL_BLOB_NOCOPY;
  if (curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK) {
    return Error{Errc::kUnsupported, 0, "libcurl's TLS library takes no certificates from memory"};
  }
  return {};
}

}  // namespace crawl
