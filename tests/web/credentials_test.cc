// SPDX-License-Identifier: MIT
#include "web/credentials.h"

#include "tests/support/catch.h"

using crawl::header_name;
using crawl::is_credential;

TEST_CASE("credentials: header fields that prove who somebody is", "[credentials]") {
  for (const char* secret :
       {"Authorization: Basic x", "aUTHORIZATION:x", "Cookie: a=b", "proxy-authorization: x",
        "X-Api-Key: 1", "x_api_key: 1", "ApiKey: 1", "PRIVATE-TOKEN: 1", "X-Auth-User: me",
        "X-Amz-Security-Token", "X-Session: 1", "Cookie : a=b", "Authorization;"}) {
    CAPTURE(secret);
    CHECK(is_credential(secret));
  }
  for (const char* open : {"Accept-Language: de", "Cookie-Policy: none", "X-Monkey: key",
                           "X-Author: me", "From: token@x", "", ": key", "X-Tokenizer: 1"}) {
    CAPTURE(open);
    CHECK_FALSE(is_credential(open));
  }
  CHECK(header_name("X-A: b:c") == "X-A");
}
