// SPDX-License-Identifier: MIT
#include "fetcher/library_versions.h"

#include <ares.h>
#include <curl/curl.h>
#include <expat.h>
#include <seccomp.h>
#include <unicode/uversion.h>
#include <zstd.h>

namespace crawl {
namespace {

std::string line(const std::string& name, const char* version) {
  return name + " " + (version == nullptr ? "none" : version) + "\n";
}

std::string icu_version() {
  UVersionInfo version;
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_getVersion(version);
  u_versionToString(version, text);
  return text;
}

std::string dotted(int major, int minor, int micro) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
}

std::string expat_version() {
  const XML_Expat_Version version = XML_ExpatVersionInfo();
  return dotted(version.major, version.minor, version.micro);
}

std::string seccomp_version_text() {
  const scmp_version* version = seccomp_version();
  if (version == nullptr) return "?";
  return dotted(static_cast<int>(version->major), static_cast<int>(version->minor),
                static_cast<int>(version->micro));
}

}  // namespace

std::string library_versions() {
  const curl_version_info_data* curl = curl_version_info(CURLVERSION_NOW);
  return line("libcurl", curl->version) + line("TLS", curl->ssl_version) +
         line("zlib", curl->libz_version) + line("nghttp2", curl->nghttp2_version) +
         line("c-ares", ares_version(nullptr)) + line("ICU", icu_version().c_str()) +
         line("expat", expat_version().c_str()) + line("zstd", ZSTD_versionString()) +
         line("sandbox",
              ("limits, seccomp (libseccomp " + seccomp_version_text() + "), Landlock").c_str());
}

}  // namespace crawl
