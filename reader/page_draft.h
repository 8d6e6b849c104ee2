// SPDX-License-Identifier: MIT
#pragma once

// A page that takes the place of an older one when it is whole: until then nobody sees any of it,
// and a failure leaves the older one as it was.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

class PageDraft {
 public:
  // Makes FILE.part beside FILE, or beside what FILE links to. kExists: FILE is there and is no
  // page of HTML, which is never replaced. kBusy: another process is writing FILE.part.
  static Result<PageDraft> create(const std::string& file);
  PageDraft(PageDraft&& other) noexcept;
  PageDraft& operator=(PageDraft&&) = delete;
  PageDraft(const PageDraft&) = delete;
  PageDraft& operator=(const PageDraft&) = delete;
  ~PageDraft();  // removes FILE.part where it has not become FILE

  Result<void> write(std::string_view bytes);
  // On the disk, and under its name. It may be read by whoever could read the older one.
  Result<void> finish();

 private:
  PageDraft(UniqueFd fd, std::string file, std::string part)
      : fd_(std::move(fd)), file_(std::move(file)), part_(std::move(part)) {}

  UniqueFd fd_;
  std::string file_, part_;  // part_ "": there is nothing to remove
};

}  // namespace crawl
