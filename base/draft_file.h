// SPDX-License-Identifier: MIT
#pragma once

// A file that has its name only once it is whole and on the disk; until then it is
// PATH.crawl-part, a name that nobody else gives.

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

enum class IfThere { kRefuse, kReplace };

class DraftFile {
 public:
  // kExists: there is something at `path` that is not to be replaced (kRefuse, with EEXIST), or no
  // plain file. kBusy: another process writes this draft. A draft that was left behind by one that
  // was killed is taken over, and emptied. Where a link of this user is to be replaced, what it
  // leads to is. Whoever could read the old file can read the new one, as far as this user may see
  // to that; but for a stranger's file in a folder that all may write to.
  static Result<DraftFile> create(const std::string& path, IfThere if_there);
  static std::string draft_path_of(const std::string& path);
  DraftFile(DraftFile&& other) noexcept;
  DraftFile& operator=(DraftFile&&) = delete;
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;
  ~DraftFile();  // removes what was not finished

  int fd() const { return file_.fd(); }
  const std::string& path() const { return path_; }
  const std::string& draft_path() const { return draft_; }

  // Syncs it and gives it its name. What has come to be there meanwhile stays with kRefuse, where
  // the file system can see to that.
  Result<void> finish();

 private:
  struct Older {
    uid_t user;
    gid_t group;
    mode_t mode;
  };
  DraftFile(std::string path, IfThere if_there, std::optional<Older> older, UniqueFd file);
  Result<void> become_like(const Older& older) const;

  std::string path_, draft_;
  IfThere if_there_;
  std::optional<Older> older_;  // the file that is replaced, which the new one is to be like
  UniqueFd file_;               // none: finished, or moved away
};

// Syncs the folder that `path` is in, so that names made or removed there survive a power cut.
Result<void> sync_folder_of(const std::string& path);

// Makes it where it is missing, in a folder that is there. An error when nothing can be made in it.
Result<void> make_folder(const std::string& path);

// Of an error: there is no such place, or it may not be written to; not that writing failed.
bool is_about_creating(const Error& error);

}  // namespace crawl
