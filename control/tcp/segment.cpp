#include "control/tcp/segment.h"

#include <cstring>

#include "common/net/headers.h"

namespace erbium::cp::tcp {
namespace {

constexpr uint8_t kEndOfOptions = 0, kNoOperation = 1, kMss = 2;
constexpr size_t kMssLength = 4;

// RFC 9293 §3.2. What follows a malformed option is not looked at.
uint16_t mss_of(std::span<const uint8_t> options) {
  while (!options.empty() && options[0] != kEndOfOptions) {
    size_t length = 1;
    if (options[0] != kNoOperation) {
      if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return 0;
      length = options[1];
      if (options[0] == kMss && length == kMssLength)
        return static_cast<uint16_t>(options[2] << 8 | options[3]);
    }
    options = options.subspan(length);
  }
  return 0;
}

}  // namespace

std::optional<Segment> parse_segment(const wire::IpPacket& packet) {
  net::TcpHeader header;
  if (packet.protocol != net::kProtoTcp || packet.payload.size() < sizeof header)
    return std::nullopt;
  std::memcpy(&header, packet.payload.data(), sizeof header);
  const size_t head = header.header_length();
  if (head < sizeof header || head > packet.payload.size()) return std::nullopt;
  if (!wire::upper_checksum_ok(packet)) return std::nullopt;

  Segment s;
  s.src_port = header.src_port.value();
  s.dst_port = header.dst_port.value();
  s.seq = header.seq.value();
  s.ack = header.ack.value();
  s.flags = header.flags;
  s.window = header.window.value();
  if (s.has(kSyn)) s.mss = mss_of(packet.payload.subspan(sizeof header, head - sizeof header));
  s.payload = packet.payload.subspan(head);
  return s;
}

std::vector<uint8_t> build_segment(wire::IpPacket envelope, const Segment& s) {
  const size_t head = sizeof(net::TcpHeader) + (s.mss != 0 ? kMssLength : 0);
  net::TcpHeader header{};
  header.src_port.set(s.src_port);
  header.dst_port.set(s.dst_port);
  header.seq.set(s.seq);
  header.ack.set(s.ack);
  header.offset = static_cast<uint8_t>(head / 4 << 4);
  header.flags = s.flags;
  header.window.set(s.window);
  std::vector<uint8_t> message(head + s.payload.size());
  std::memcpy(message.data(), &header, sizeof header);
  if (s.mss != 0) {
    const uint8_t option[kMssLength] = {kMss, kMssLength, static_cast<uint8_t>(s.mss >> 8),
                                        static_cast<uint8_t>(s.mss)};
    std::memcpy(message.data() + sizeof header, option, kMssLength);
  }
  if (!s.payload.empty()) std::memcpy(message.data() + head, s.payload.data(), s.payload.size());
  envelope.protocol = net::kProtoTcp;
  envelope.payload = message;
  return wire::build_ip(envelope);
}

}  // namespace erbium::cp::tcp
