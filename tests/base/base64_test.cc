// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include "tests/support/catch.h"

using namespace crawl;

// RFC 4648 §10
TEST_CASE("base64: the test vectors of the RFC", "[base64]") {
  CHECK(decode_base64("").value().empty());
  CHECK(decode_base64("Zg==").value() == "f");
  CHECK(decode_base64("Zm8=").value() == "fo");
  CHECK(decode_base64("Zm9v").value() == "foo");
  CHECK(decode_base64("Zm9vYg==").value() == "foob");
  CHECK(decode_base64("Zm9v\nYmFy").value() == "foobar");
  CHECK(decode_base64("Zg").value() == "f");
  CHECK(decode_base64("//79").value() == "\xff\xfe\xfd");
}

TEST_CASE("base64: what is none is refused", "[base64]") {
  for (const char* text : {"Z", "Zg=", "Zg===", "Z=g=", "Zm9v=", "Z-9v", "Zm9v!"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("base64: what is written reads back", "[base64]") {
  CHECK(encode_base64("").empty());
  CHECK(encode_base64("f") == "Zg==");
  CHECK(encode_base64("fo") == "Zm8=");
  CHECK(encode_base64("foo") == "Zm9v");
  CHECK(encode_base64("foob") == "Zm9vYg==");
  CHECK(encode_base64("\xff\xfe\xfd") == "//79");
}
