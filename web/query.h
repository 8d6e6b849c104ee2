// SPDX-License-Identifier: MIT
#pragma once

// The parameters of a query, as application/x-www-form-urlencoded splits it (URL Standard §5.1) but
// as they are written: nothing is decoded and empty ones are kept. They point into the query.

#include <algorithm>
#include <optional>
#include <string_view>

namespace crawl {

class QueryParameters {
 public:
  // `query` without its "?". An empty query has one empty parameter.
  explicit QueryParameters(std::string_view query) : rest_(query) {}

  std::optional<std::string_view> next() {
    if (ended_) return std::nullopt;
    const size_t end = std::min(rest_.find('&'), rest_.size());
    const std::string_view parameter = rest_.substr(0, end);
    ended_ = end == rest_.size();
    rest_.remove_prefix(ended_ ? end : end + 1);
    return parameter;
  }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

// "a" of "a=b" and of "a".
inline std::string_view parameter_name(std::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

// "b" of "a=b", "" of "a".
inline std::string_view parameter_value(std::string_view parameter) {
  const size_t sign = parameter.find('=');
  return sign == std::string_view::npos ? std::string_view() : parameter.substr(sign + 1);
}

}  // namespace crawl
