// SPDX-License-Identifier: MIT
// Any bytes under any type: the computed type is one, and does not depend on what lies beyond the
// resource header, nor on any bytes where it is said not to.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fetcher/content_plan.h"
#include "web/mime_sniff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  if (size == 0) return 0;
  static constexpr std::string_view kTypes[] = {
      "",          "text/html", "text/plain",      "text/xml",         "image/png",
      "video/mp4", "*/*",       "application/ogg", "application/gzip", "application/json"};
  const uint8_t choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  SuppliedType supplied;
  supplied.essence = kTypes[choice % std::size(kTypes)];
  supplied.apache_bug = (choice & 0x80) != 0 && has_apache_bug(supplied.essence);
  supplied.nosniff = (choice & 0x40) != 0;

  const std::string type = computed_type(supplied, bytes);
  CRAWL_CHECK(parse_media_type(type).essence == type);
  CRAWL_CHECK(type == computed_type(supplied, bytes.substr(0, kResourceHeaderBytes)));
  if (!needs_bytes(supplied)) CRAWL_CHECK(type == computed_type(supplied, ""));
  // Sniffing without permission never makes a page.
  const std::string_view dull = identify_unknown(bytes, SniffScriptable::kNo);
  CRAWL_CHECK(dull != "text/html" && dull != "text/xml" && dull != "application/pdf");

  const ContentPlanner planner(
      {supplied.essence, supplied.nosniff, (choice & 0x20) != 0, "http://h.example/x.xml.gz", ""});
  const auto plan = planner.plan(bytes);
  CRAWL_CHECK(plan.reading == planner.plan(bytes.substr(0, kResourceHeaderBytes)).reading);
  const std::string_view root = xml_root_name(bytes);
  CRAWL_CHECK(root.size() <= bytes.size());
  return 0;
}
