// libFuzzer: arbitrary packets into a TCP endpoint with an established connection, and another one
// that is being opened. The input is a row of pieces: an octet of kind and time, then what the kind
// needs. Packets come raw, or as a segment with a sound envelope near the connection's window so
// that the fuzzer need not guess checksums and sequence numbers.
#include <cstdint>
#include <optional>
#include <span>

#include "common/check.h"
#include "control/tcp/endpoint.h"
#include "control/tcp/sequence.h"
#include "tests/fuzz/pieces.h"

namespace {

using namespace erbium;
using namespace erbium::cp;

const net::Ip kUs = net::Ip::v4(0x0a000001), kPeer = net::Ip::v4(0x0a000002);
constexpr uint16_t kListening = 179, kPeerPort = 50'000;
constexpr tcp::ConnectionId kOpening = 1;

struct Fuzzed {
  tcp::Endpoint endpoint{kUs, {.seed = 1}};
  tcp::Output out;
  Time now;
  uint32_t theirs = 0xffff'ff00, ours = 0;  // next sequence numbers, as the peer would know them
  uint16_t port = kListening, peer_port = kPeerPort;
  uint64_t received = 0, given = 0;

  Fuzzed() {
    endpoint.listen(kListening);
    segment({.seq = theirs++, .flags = tcp::kSyn, .window = 65'535, .mss = 1'000});
    const auto answer = tcp::parse_segment(*wire::parse_ip(out.packets.at(0)));
    ours = answer->seq + 1;
    segment({.seq = theirs, .ack = ours, .flags = tcp::kAck, .window = 65'535});
    ERBIUM_CHECK(std::holds_alternative<tcp::Accepted>(out.events.at(0)));
    endpoint.connect(kOpening, kPeer, kListening, now, out);
    out = {};
  }

  void segment(tcp::Segment s) {
    s.src_port = peer_port;
    s.dst_port = port;
    endpoint.handle(tcp::build_segment({kPeer, kUs, 0, 64, 0, {}}, s), now, out);
  }

  void near(fuzz::Pieces& in) {
    tcp::Segment s;
    s.flags = in.octet();
    s.seq = theirs + static_cast<uint32_t>(static_cast<int8_t>(in.octet())) * 16;
    s.ack = ours + static_cast<uint32_t>(static_cast<int8_t>(in.octet())) * 16;
    s.window = static_cast<uint16_t>(in.octet() * 257);
    s.mss = s.has(tcp::kSyn) ? static_cast<uint16_t>(in.octet() * 16) : uint16_t{0};
    s.payload = in.octets(in.octet());
    given += s.payload.size();
    segment(s);
  }

  void step(fuzz::Pieces& in) {
    const uint8_t kind = in.octet();
    for (int i = 0; i < 4 && endpoint.next_deadline() <= now; ++i) endpoint.timers(now, out);
    now = now + Duration::us(int64_t{1} << (kind >> 3));
    switch (kind & 7) {
      case 0: {
        const auto raw = in.octets(in.octet());
        given += raw.size();
        endpoint.handle(raw, now, out);
        break;
      }
      case 1:
      case 2:
        near(in);
        break;
      case 3:
        endpoint.send(tcp::kFirstAccepted, in.octets(in.octet()));
        if (kind & 8) endpoint.push(now, out);
        break;
      case 4:
        endpoint.send(kOpening, in.octets(in.octet()));
        if (kind & 8) endpoint.push(now, out);
        break;
      case 5:
        endpoint.timers(now, out);
        break;
      case 6:
        endpoint.close(tcp::kFirstAccepted + in.octet() % 2, now, out);
        break;
      default:
        endpoint.abort(in.octet() % 4, now, out);
        break;
    }
  }

  // Whatever came in, what goes out is sound; the peer follows what it is told.
  void check() {
    for (const auto& packet : out.packets) {
      const auto ip = wire::parse_ip(packet);
      const auto s = ip ? tcp::parse_segment(*ip) : std::nullopt;
      ERBIUM_CHECK(s.has_value() && ip->src == kUs);
      ERBIUM_CHECK(s->payload.size() <= 1'460 && !(s->has(tcp::kSyn) && s->has(tcp::kRst)));
      if (s->src_port != port || s->dst_port != peer_port || s->has(tcp::kRst)) continue;
      ours = s->seq + s->length();
      theirs = s->ack;
    }
    for (const tcp::Event& event : out.events)
      if (const auto* r = std::get_if<tcp::Received>(&event)) received += r->octets.size();
    ERBIUM_CHECK(received <= given);
    ERBIUM_CHECK(out.packets.size() < 200);
    out = {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Fuzzed fuzzed;
  fuzz::Pieces in{{data, size}};
  for (int steps = 0; !in.empty() && steps < 64; ++steps) {
    fuzzed.step(in);
    fuzzed.check();
  }
  return 0;
}
