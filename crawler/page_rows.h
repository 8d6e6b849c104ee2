// SPDX-License-Identifier: MIT
#pragma once

// The one way by which a document becomes rows, whether it was just fetched or comes from an
// archive. Everything in a result is a claim of a process that read hostile bytes: it is checked
// here before any of it becomes a row.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crawler/discovery.h"
#include "ipc/messages.h"
#include "storage/records.h"

namespace crawl {

// A fetcher may say so.
bool claimable(Outcome outcome);
bool status_fits(Outcome outcome, uint16_t status);
// There is a page, or the beginning of one.
bool has_content(Outcome outcome);

struct ResultLimits {
  uint64_t body_bytes_max = 0;
  bool keep_body = true;
};
// Texts are texts, hashes are theirs, and no more has come than may.
bool valid_texts(const PageResult& result, const ResultLimits& limits);

// The row, but for whose it is, when and by whom it was fetched, and its links.
PageRow page_row(const PageResult& result, std::shared_ptr<const std::string> bytes);
// Takes away what the page's own directives ask not to be kept.
void withhold(PageRow& page);

// The page that links are on.
struct LinkSource {
  int64_t url_id = 0;
  int64_t seed_id = 0;
  int64_t depth = 0;
  int64_t hops = 0;
  UrlRole role = UrlRole::kPage;
};
// Each link's URL gets its decision, and unit.page, which must be there, its links. `found`: what
// is to be queued. False: a link is none, and whoever sent it is lying.
bool collect_links(const LinkSource& source, const PageResult& result, int64_t now_wall_ms,
                   Discovery& discovery, WriteUnit& unit, std::vector<Found>& found);

}  // namespace crawl
