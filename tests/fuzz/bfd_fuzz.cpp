// libFuzzer: arbitrary octets as the packets and the moments of a BFD endpoint with two sessions,
// one of which is up.
//
// The input is a row of pieces: an octet of kind and time, then what the kind needs. Packets come
// raw, or as a BFD payload in a sound envelope so that the fuzzer need not guess checksums.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "common/check.h"
#include "control/bfd/endpoint.h"
#include "tests/fuzz/pieces.h"

namespace {

using namespace erbium;
using namespace erbium::cp;

const net::Ip kUs = net::Ip::v4(0x0a000001), kPeer = net::Ip::v4(0x0a000002);
const net::Ip kUs6 = net::Ip::v6({0xfd, 1}), kPeer6 = net::Ip::v6({0xfd, 2});

struct Fuzzed {
  bfd::Endpoint endpoint{{.seed = 1}};
  bfd::Output out;
  Time now;

  Fuzzed() {
    endpoint.add(kUs, kPeer, {}, now);
    endpoint.add(kUs6, kPeer6, {}, now);
    bfd::Packet init;
    init.state = bfd::State::init;
    init.detect_multiplier = 3;
    init.my_discriminator = 1;
    init.your_discriminator = endpoint.session(0).discriminator();
    init.desired_min_tx = init.required_min_rx = 300'000;
    wrap(bfd::encode(init), 255);
    ERBIUM_CHECK(endpoint.session(0).state() == bfd::State::up);
  }

  void wrap(std::span<const uint8_t> payload, uint8_t hop_limit) {
    endpoint.receive(
        wire::build_udp({kPeer, kUs, 0, hop_limit, 0, {}}, {50'000, bfd::kPort, payload}), now,
        out);
  }

  // Runs the clock to `to`, stopping at deadlines, though not for ever.
  void pass(Time to) {
    for (int i = 0; i < 4 && endpoint.next_deadline() <= to; ++i) {
      now = std::max(now, endpoint.next_deadline());
      endpoint.timers(now, out);
      ERBIUM_CHECK(endpoint.next_deadline() > now);
    }
    now = std::max(now, to);
    endpoint.timers(now, out);
  }

  void step(fuzz::Pieces& in) {
    const uint8_t kind = in.octet();
    pass(now + Duration::us(int64_t{1} << (kind >> 3)));
    const bfd::SessionId id = kind & 1;
    switch (kind & 7) {
      case 0:
      case 1:
        endpoint.receive(in.octets(in.octet()), now, out);
        break;
      case 2:
        wrap(in.octets(in.octet()), 255);
        break;
      case 3:
        known(in.octets(bfd::kPacketLength));
        break;
      case 4:
        endpoint.handle(id, bfd::AdminDown{}, now, out);
        break;
      case 5:
        endpoint.handle(id, bfd::AdminUp{}, now, out);
        break;
      default:
        intervals(id, in);
        break;
    }
  }

  // A packet to the right session.
  void known(std::span<const uint8_t> octets) {
    if (octets.size() < bfd::kPacketLength) return;
    bfd::Packet p = bfd::decode(octets.first<bfd::kPacketLength>());
    ERBIUM_CHECK(std::ranges::equal(bfd::encode(p), octets));
    p.version = 1;
    p.your_discriminator = endpoint.session(0).discriminator();
    wrap(bfd::encode(p), 255);
  }

  void intervals(bfd::SessionId id, fuzz::Pieces& in) {
    const bfd::Intervals wanted{Duration::us(1 + in.number()), Duration::us(1 + in.number()),
                                std::max(in.octet(), uint8_t{1})};
    endpoint.handle(id, bfd::SetIntervals{wanted}, now, out);
  }

  // Whatever came in, what goes out is sound.
  void check() {
    for (const auto& p : out.packets) {
      const auto ip = wire::parse_ip(p.octets);
      const auto udp = ip ? wire::parse_udp(*ip) : std::nullopt;
      ERBIUM_CHECK(udp && ip->ttl == 255 && udp->dst_port == bfd::kPort);
      const auto parsed = bfd::parse(udp->payload);
      // A session that forgot its peer's discriminator has left Init and Up.
      ERBIUM_CHECK(std::holds_alternative<bfd::Packet>(parsed));
      const auto& packet = std::get<bfd::Packet>(parsed);
      ERBIUM_CHECK(!(packet.poll && packet.final));
    }
    for (bfd::SessionId id : {0u, 1u}) {
      const bfd::Session& s = endpoint.session(id);
      ERBIUM_CHECK(s.counters().downs <= s.counters().ups);
      ERBIUM_CHECK(s.detection_time() >= Duration{} && s.next_deadline() >= now);
    }
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
