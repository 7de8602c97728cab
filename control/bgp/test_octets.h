// What the codec's tests share: octets from hexadecimal text, UPDATE messages from their fields.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "control/bgp/codec.h"
#include "control/bgp/octets.h"
#include "control/bgp/wire.h"

namespace erbium::cp::bgp {

using Octets = std::vector<uint8_t>;

// Two digits an octet; spaces anywhere between octets.
inline Octets hex(std::string_view text) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  Octets out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == ' ') continue;
    out.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    i++;
  }
  return out;
}

inline Octets message(MessageType type, const Octets& body) {
  Octets out;
  MessageFrame frame(out, type);
  out.insert(out.end(), body.begin(), body.end());
  frame.finish();
  return out;
}

// Lengths are those of the fields.
inline Octets update_message(std::string_view withdrawn, std::string_view attributes,
                             std::string_view announced) {
  Octets body;
  OctetWriter to(body);
  for (const std::string_view field : {withdrawn, attributes}) {
    const Octets octets = hex(field);
    to.u16(static_cast<unsigned>(octets.size()));
    to.octets(octets);
  }
  to.octets(hex(announced));
  return message(MessageType::update, body);
}

inline Octets encoded(const Message& message, const CodecOptions& options) {
  Octets out;
  encode(message, options, out);
  return out;
}

}  // namespace erbium::cp::bgp
