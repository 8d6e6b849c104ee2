// SPDX-License-Identifier: MIT
#include "archive/digest.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace crawl {

std::string encode_base32(std::string_view bytes) {
  std::string text;
  unsigned bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
    for (count += 8; count >= 5; count -= 5) {
      text.push_back("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> (count - 5) & 31]);
    }
  }
  return text;
}

std::string sha1_label(std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free);
  bool made = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) == 1;
  for (const std::string_view part : parts) {
    made = made && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  auto* out = static_cast<unsigned char*>(static_cast<void*>(digest));
  CRAWL_CHECK(made && EVP_DigestFinal_ex(context.get(), out, &length) == 1);
  return "sha1:" + encode_base32({digest, length});
}

}  // namespace crawl
