// SPDX-License-Identifier: MIT
#include "crawler/json_check.h"

#include <nlohmann/json.hpp>

namespace crawl {

namespace {

using Json = nlohmann::json;

// Takes everything and keeps nothing; stops where it gets too deep.
class DepthGuard final : public nlohmann::json_sax<Json> {
 public:
  explicit DepthGuard(size_t depth_max) : depth_max_(depth_max) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return enter(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return leave(); }
  bool start_array(size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool enter() { return ++depth_ <= depth_max_; }
  bool leave() {
    --depth_;
    return true;
  }

  size_t depth_ = 0;
  const size_t depth_max_;
};

}  // namespace

bool is_json_object(std::string_view text, size_t depth_max) {
  if (!text.starts_with('{')) return false;
  DepthGuard guard(depth_max);
  return Json::sax_parse(text.begin(), text.end(), &guard);
}

}  // namespace crawl
