// SPDX-License-Identifier: MIT
// Coordinator: sitemaps that a host's robots.txt names, or the one that may lie at the usual place.

#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

constexpr std::string_view kUsualPlace = "/sitemap.xml";

}  // namespace

// Each is a URL like any other; it descends from the seed that wants its host. A sitemap that has a
// row already is asked for when it is due. They are one unit with the robots.txt that names them:
// who knows its rules after a crash does not ask for them again.
void Coordinator::collect_sitemaps(const Host& asked, std::string_view scheme,
                                   const std::vector<std::string>& sitemaps, WriteUnit& unit,
                                   std::vector<Found>& found) {
  if (!options_.sitemaps) return;
  const Result<Url> root = Url::parse(std::string(scheme) + "://" + asked.name + "/");
  if (!root) return;
  const std::optional<int64_t> seed = discovery_->scope().admitting_seed(*root, 0);
  if (!seed) return;
  std::vector<std::string> places = sitemaps;
  if (places.empty() && discovery_->scope().depth_max(*seed) > 0) places.emplace_back(kUsualPlace);
  for (const std::string& place : places) {
    const Result<Url> url = Url::parse(place, *root);
    if (!url || url->href().size() > kUrlBytesMax) continue;
    const Url canonical = url->canonical();
    Offer offer;
    offer.href = canonical.href();
    offer.role = UrlRole::kSitemap;
    offer.seed_id = *seed;
    std::optional<Found> seen = discovery_->offer(offer, clock_.wall_ms(), unit);
    if (seen && seen->pending) found.push_back(std::move(*seen));
  }
}

}  // namespace crawl
