// libFuzzer: arbitrary frames on arbitrary ports of a fixed network (tests/busy_network.h). Every
// run's ledgers must balance, nothing may be left inside, and the run must come out the same one
// packet at a time in short windows.
//
// A frame is a port, a gap and a kind; a kind is a correct frame of which the next octets spoil
// some and, if asked for, the IPv4 checksum is put right again, or else just octets.
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/net/checksum.h"
#include "common/pcapng/writer.h"
#include "control/config/decode.h"
#include "control/expressroute/compiler.h"
#include "control/report/summary.h"
#include "dataplane/core/test_packets.h"
#include "dataplane/driver/collect.h"
#include "dataplane/driver/replay.h"
#include "tests/busy_network.h"
#include "tests/fuzz/pieces.h"

namespace {

using namespace erbium;
using dp::test::Bytes;

const std::string kScenario = test::busy_network("shape") + R"(
control: { routes: static }
time: { arp_age: 3ms }
timeline:
  - { at: 10us, do: set_bandwidth, target: er, bandwidth: 50Mbps }
  - { at: 1ms, do: link_down, target: er/primary, for: 1ms }
  - { at: 3ms, do: set_link, target: er/primary, rate: 20Mbps, for: 1ms }
)";
constexpr uint32_t kPorts = 3;
constexpr size_t kMaxFrames = 64;

struct Entering {
  uint32_t port = 0;  // from 0
  uint64_t ns = 0;
  Bytes frame;
};

template <size_t N>
const char* pick(fuzz::Pieces& in, const char* const (&from)[N]) {
  return from[in.octet() % N];
}
constexpr const char* kV4[] = {"192.168.0.9", "10.0.1.5",   "10.0.200.1", "172.16.0.1",
                               "172.16.0.2",  "10.0.9.9",   "8.8.8.8",    "192.169.1.1",
                               "172.17.0.1",  "172.17.0.2", "127.0.0.1",  "255.255.255.255"};
constexpr const char* kV6[] = {"fd00:a::9",  "fd00:b::5", "fd00:16::1", "fd00:16::2", "fe80::1",
                               "fd00:16::5", "ff02::1",   "fd00:b::1",  "::",         "::1"};

Bytes correct_frame(fuzz::Pieces& in, uint8_t kind) {
  dp::test::Frame f = dp::test::frame();
  switch (kind % 6) {
    case 0:
      f.arp(in.octet() % 4, dp::test::kPeerMac, pick(in, kV4), {}, pick(in, kV4));
      break;
    case 1: {
      const auto type = static_cast<uint8_t>(133 + in.octet() % 5);
      const char* source = pick(in, kV6);
      f.ip6(source, pick(in, kV6)).ttl(255);
      f.icmp6(
          dp::test::neighbor_message(type, in.octet() << 24, pick(in, kV6), dp::test::kPeerMac));
      break;
    }
    case 2:
      f.ip6(pick(in, kV6), pick(in, kV6));
      break;
    case 3:
      f.options(in.octet() % 11);
      [[fallthrough]];
    default:
      f.ip4(pick(in, kV4), pick(in, kV4)).fragment(static_cast<uint16_t>(in.number()));
  }
  if (kind & 8) f.to(net::Mac::broadcast());
  if (kind & 16) f.tag(static_cast<uint16_t>(in.octet() * 100));
  if ((kind % 6) != 1) f.ttl(in.octet());
  f.protocol(kind % 6 == 1 ? net::kProtoIcmp6 : in.octet());
  return f.data(in.number() % 9000).bytes();
}

// Over Ethernet without tags, where the header is whole.
void put_checksum_right(Bytes& frame) {
  if (frame.size() < 34 || frame[12] != 8 || frame[13] != 0) return;
  const size_t header = size_t{4} * (frame[14] & 15);
  if (header < 20 || frame.size() < 14 + header) return;
  frame[24] = frame[25] = 0;
  const auto sum = static_cast<uint16_t>(~net::fold(net::raw_sum(frame.data() + 14, header)));
  std::memcpy(frame.data() + 24, &sum, sizeof sum);
}

Bytes next_frame(fuzz::Pieces& in) {
  const uint8_t kind = in.octet();
  if (kind >= 192) {
    const auto octets = in.octets(in.number() % 1600);
    return {octets.begin(), octets.end()};
  }
  Bytes frame = correct_frame(in, kind);
  const uint8_t spoil = in.octet();
  for (int i = 0; i < spoil % 8; ++i) frame[in.number() % frame.size()] = in.octet();
  if (spoil & 64) frame.resize(in.number() % (frame.size() + 1));
  if (spoil & 128) put_checksum_right(frame);
  return frame;
}

std::vector<Entering> frames_of(std::span<const uint8_t> input) {
  fuzz::Pieces in{input};
  std::vector<Entering> out;
  uint64_t now = 0;
  while (!in.empty() && out.size() < kMaxFrames) {
    const uint32_t port = in.octet() % kPorts;
    now += uint64_t{in.octet()} * 1000;
    out.push_back({port, now, next_frame(in)});
  }
  return out;
}

// A capture in memory, of what enters one port.
class Capture {
 public:
  explicit Capture(uint32_t port)
      : path_("/dev/shm/erbium-frames-fuzz-" + std::to_string(getpid()) + "-" +
              std::to_string(port)) {}
  ~Capture() { unlink(path_.c_str()); }
  void write(const std::vector<Entering>& frames, uint32_t port) const {
    pcapng::Writer writer(path_);
    writer.add_interface({.name = "in"});
    for (const Entering& e : frames)
      if (e.port == port)
        writer.packet({.timestamp_ns = 1'600'000'000'000'000'000 + e.ns,
                       .original_length = static_cast<uint32_t>(e.frame.size())},
                      std::as_bytes(std::span(e.frame)));
    writer.finish();
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string run(const cp::Scenario& scenario, const std::vector<Capture>& captures, unsigned burst,
                unsigned divisor) {
  cp::Compiler compiler(scenario, {});
  cp::Timeline timeline(scenario, compiler);
  std::vector<dp::InputConfig> inputs;
  for (uint32_t i = 0; i < kPorts; i++)
    inputs.push_back(
        {.name = "in", .path = captures[i].path(), .port = i + 1, .fit = {.retag = false}});
  dp::PacketPool pool(size_t{64} << 20);
  dp::Input input(inputs, Duration::s(10));
  dp::Network network(pool, {}, {.max_burst = burst});
  dp::Agent agent(network);
  test::TimelineControl control(timeline, agent, compiler.initial());
  dp::Replay replay(network, control, input,
                    {.replay_start = Duration::ms(2), .lookahead_divisor = divisor});
  replay.run(false, [](unsigned, uint64_t) {});
  RunStats stats = dp::collect(network, replay.refused());
  const std::string wrong = cp::unbalanced(stats);
  if (!wrong.empty()) std::fprintf(stderr, "%s\n", wrong.c_str());
  ERBIUM_CHECK(wrong.empty());
  ERBIUM_CHECK(network.inside() == 0);
  stats.wall = {};
  return cp::counters_json(stats) + cp::summary_json(stats, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const cp::Scenario scenario = cp::load_text(kScenario, "frames.yaml");
  static const std::vector<Capture> captures = [] {
    std::vector<Capture> out;
    out.reserve(kPorts);
    for (uint32_t i = 0; i < kPorts; i++) out.emplace_back(i);
    return out;
  }();
  const std::vector<Entering> frames = frames_of({data, size});
  if (frames.empty()) return -1;
  for (uint32_t i = 0; i < kPorts; i++) captures[i].write(frames, i);
  ERBIUM_CHECK(run(scenario, captures, 32, 1) == run(scenario, captures, 1, 3));
  return 0;
}
