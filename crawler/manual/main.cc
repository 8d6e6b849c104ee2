// SPDX-License-Identifier: MIT
// Writes the manual and the completions below a folder, as they are installed below share/.
// Usage: write-manual FOLDER VERSION DAY

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "crawler/manual/completion.h"
#include "crawler/manual/man_pages.h"

namespace crawl {
namespace {

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "write-manual: cannot write %s\n", path.c_str());
  return file.good();
}

bool write_manual(const std::filesystem::path& folder, const ManualFacts& facts) {
  bool done = true;
  for (const NamedPage& page : man_pages(facts)) {
    done = write_file(folder / "man" / page.path, page.text) && done;
  }
  done = write_file(folder / "bash-completion/completions/crawl", bash_completion()) && done;
  done = write_file(folder / "zsh/site-functions/_crawl", zsh_completion()) && done;
  return write_file(folder / "fish/vendor_completions.d/crawl.fish", fish_completion()) && done;
}

}  // namespace
}  // namespace crawl

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: write-manual FOLDER VERSION DAY\n", stderr);
    return 64;
  }
  return crawl::write_manual(argv[1], {argv[2], argv[3]}) ? 0 : 74;
}
