// Lets two emulated TCP endpoints talk over a wire that delays, loses, reorders and doubles packets
// as a seed says, and writes down what was seen at the end of the first:
//
//   tcp_exchange DIRECTORY SEED DELAY_MS JITTER_MS LOST_PERMILLE DOUBLED_PERMILLE 4|6
//
// DIRECTORY gets wire.pcap and, for each side, the octets that the other one gave to be sent and
// those that arrived: a.sent b.received b.sent a.received. Exit code 1 when they differ.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "control/tcp/test_wire.h"
#include "tests/interop/raw_pcap.h"

namespace {

using namespace erbium;
using namespace erbium::cp;

constexpr uint16_t kPort = 4'001;  // of no protocol that a dissector would follow
constexpr tcp::ConnectionId kId = 1;

std::vector<uint8_t> text(size_t octets, uint64_t seed) {
  std::vector<uint8_t> out(octets);
  for (size_t i = 0; i < octets; ++i) out[i] = static_cast<uint8_t>(wire::mix(seed, i));
  return out;
}

void save(const std::string& path, const std::vector<uint8_t>& octets) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(octets.data()), static_cast<long>(octets.size()));
}

// Both sides send in portions of many sizes, then the first closes.
struct Talk {
  tcp::TestWire wire;
  std::vector<uint8_t> a, b;

  void say(unsigned side, const std::vector<uint8_t>& all, size_t from, size_t count) {
    count = std::min(count, all.size() - std::min(from, all.size()));
    if (count == 0) return;
    const tcp::ConnectionId id = side == 0 ? kId : tcp::kFirstAccepted;
    wire.act(side, [&](tcp::Endpoint& e, tcp::Output& out) {
      e.send(id, std::span(all).subspan(from, count));
      e.push(wire.now(), out);
    });
  }

  void run(uint64_t seed) {
    wire.b().listen(kPort);
    wire.act(0, [&](tcp::Endpoint& e, tcp::Output& out) {
      e.connect(kId, wire.b().address(), kPort, wire.now(), out);
    });
    wire.run(wire.now() + Duration::s(90));
    for (size_t at = 0, i = 0; at < std::max(a.size(), b.size()); ++i) {
      const size_t count = wire::mix(seed, i) % (i % 8 == 0 ? 60'000 : 3'000);
      say(0, a, at, count);
      say(1, b, at, count);
      at += count;
      wire.run(wire.now() + Duration::ms(static_cast<int64_t>(wire::mix(seed, i + 1) % 50)));
    }
    wire.run(wire.now() + Duration::s(2'000));
    wire.act(0, [&](tcp::Endpoint& e, tcp::Output& out) { e.close(kId, wire.now(), out); });
    wire.run(wire.now() + Duration::s(300));
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: tcp_exchange DIRECTORY SEED DELAY_MS JITTER_MS LOST DOUBLED 4|6\n");
    return 2;
  }
  const std::string directory = argv[1];
  const auto number = [&](int i) { return std::strtoul(argv[i], nullptr, 10); };
  const bool v4 = number(7) == 4;
  const tcp::WireConfig config{
      Duration::ms(static_cast<int64_t>(number(3))), Duration::ms(static_cast<int64_t>(number(4))),
      static_cast<unsigned>(number(5)), static_cast<unsigned>(number(6)), number(2)};
  Talk talk{{*net::Ip::parse(v4 ? "10.0.0.1" : "fd00::1"),
             *net::Ip::parse(v4 ? "10.0.0.2" : "fd00::2"),
             config,
             {.seed = number(2)},
             {.seed = number(2) + 1}},
            text(300'000, number(2)),
            text(200'000, number(2) + 7)};

  tests::RawPcap pcap((directory + "/wire.pcap").c_str());
  talk.wire.tap([&](Time at, std::span<const uint8_t> packet) { pcap.write(at, packet); });
  talk.run(number(2));

  const auto& at_a = talk.wire[0].streams[kId];
  const auto& at_b = talk.wire[1].streams[tcp::kFirstAccepted];
  save(directory + "/a.sent", talk.a);
  save(directory + "/b.sent", talk.b);
  save(directory + "/a.received", at_a);
  save(directory + "/b.received", at_b);
  std::printf("packets %zu lost %zu\n", talk.wire.packets(), talk.wire.lost());
  const bool done = talk.wire.a().connections() + talk.wire.b().connections() == 0;
  return at_a == talk.b && at_b == talk.a && done && pcap.good() ? 0 : 1;
}
