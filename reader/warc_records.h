// SPDX-License-Identifier: MIT
#pragma once

// The records of one capture: response, resource or revisit, the request that was sent for it, and
// what the crawl knows of it.

#include <string>
#include <vector>

#include "archive/warc_record.h"
#include "reader/capture.h"

namespace crawl {

// `body` is what content_id names; it must outlive the records. `user_agent` is that of the run, ""
// where it is not known.
std::vector<WarcRecord> warc_records(const Capture& capture, std::string_view body,
                                     const std::string& user_agent);

// Block of the warcinfo record.
std::string warc_info(const std::string& user_agent);

}  // namespace crawl
