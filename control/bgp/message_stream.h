// BGP messages out of a TCP stream (RFC 4271 §4.1): octets come in whatever portions the transport
// has, whole messages go out. What is kept between calls is less than one longest message.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "control/bgp/codec.h"

namespace erbium::cp::bgp {

class MessageStream {
 public:
  // The next whole message, its header included, and `octets` shortened by what it used; empty when
  // more octets are needed, which then have all been taken. Valid until the next call, and while
  // the octets are. Fatal as message_length() is.
  tl::expected<std::span<const uint8_t>, FatalError> next(std::span<const uint8_t>& octets,
                                                          const CodecOptions& options);

 private:
  std::vector<uint8_t> partial_, whole_;
};

}  // namespace erbium::cp::bgp
