#include "control/bgp/message_stream.h"

#include <algorithm>

#include "control/bgp/wire.h"

namespace erbium::cp::bgp {

tl::expected<std::span<const uint8_t>, FatalError> MessageStream::next(
    std::span<const uint8_t>& octets, const CodecOptions& options) {
  if (partial_.empty()) {  // the common case: no copy
    const auto length = message_length(octets, options);
    if (!length) return tl::unexpected(length.error());
    if (*length != 0 && *length <= octets.size()) {
      const auto message = octets.first(*length);
      octets = octets.subspan(*length);
      return message;
    }
    partial_.assign(octets.begin(), octets.end());
    octets = {};
    return std::span<const uint8_t>();
  }
  for (;;) {  // first the header, then what it promises
    const auto length = message_length(partial_, options);
    if (!length) return tl::unexpected(length.error());
    if (*length != 0 && partial_.size() >= *length) {
      whole_.swap(partial_);
      partial_.clear();
      return std::span<const uint8_t>(whole_);
    }
    const size_t wanted = *length != 0 ? *length : kHeader;
    const size_t more = std::min(wanted - std::min(wanted, partial_.size()), octets.size());
    if (more == 0) return std::span<const uint8_t>();
    partial_.insert(partial_.end(), octets.begin(),
                    octets.begin() + static_cast<std::ptrdiff_t>(more));
    octets = octets.subspan(more);
  }
}

}  // namespace erbium::cp::bgp
