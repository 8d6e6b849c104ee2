// SPDX-License-Identifier: MIT
#pragma once

// Signatures of images, sound, film and archives: MIME Sniffing Standard §6.

#include <string_view>

namespace crawl {

// §6.1, §6.2, §6.4: an essence; "" when nothing matches.
std::string_view match_image(std::string_view bytes);
std::string_view match_audio_or_video(std::string_view bytes);
std::string_view match_archive(std::string_view bytes);

}  // namespace crawl
