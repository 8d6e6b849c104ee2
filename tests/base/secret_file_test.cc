// SPDX-License-Identifier: MIT
#include "base/secret_file.h"

#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

namespace crawl {
namespace {

TEST_CASE("secret file: it is read whole, or it is said why not", "[secret_file]") {
  const test::ScratchFolder folder;
  std::vector<std::string> warnings;
  const std::string file = folder.write("s", std::string("a\0b\n", 4));
  CHECK(read_secret_file(file, 4, warnings).value().size() == 4);
  CHECK(read_secret_file(file, 3, warnings).error().message().find("longer than 3 bytes") !=
        std::string::npos);
  CHECK(read_secret_file(folder.path("none"), 4, warnings).error().message() ==
        "cannot read " + folder.path("none") + ": No such file or directory");
  CHECK(secret_line("p \r\n", "f").value() == "p ");
  CHECK(secret_line("p\n\n", "f").error().message() == "f is not one line of text");
  CHECK(secret_line("\n", "f").error().message() == "f is empty");
}

}  // namespace
}  // namespace crawl
