#include "bench/control_router.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "control/bgp/codec.h"

namespace erbium::bench {
namespace {

namespace bgp = cp::bgp;

constexpr uint32_t kVrf = 1, kOutside = 2;  // of the hop

// Processor time of this thread since the last call of lap().
class Watch {
 public:
  double lap() {
    const double before = std::exchange(last_, now());
    return last_ - before;
  }

 private:
  static double now() {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  }
  double last_ = now();
};

// What there is to send, in order.
std::vector<uint8_t> sent(const bgp::Output& output) {
  std::vector<uint8_t> out;
  for (const bgp::PeerAction& action : output.transport)
    if (const auto* send = std::get_if<bgp::Send>(&action.action))
      out.insert(out.end(), send->octets.begin(), send->octets.end());
  return out;
}

bgp::ConnectionId connection_of(bgp::PeerId peer) { return (1u << 31) + peer; }

}  // namespace

net::Ip ControlRouter::next_hop_of(bgp::PeerId p) { return BenchNetwork::gateway(p); }

ControlRouter::ControlRouter(bgp::PeerId peers, const Frames& frames)
    : speaker_({.name = "bench", .asn = kAsn, .identifier = 0x0a000001}, policy_),
      groups_(speaker_.rib()),
      hop_({.routes = Routes::none}),
      learned_(hop_.groups(), hop_.groups()),
      feeder_(hop_, frames),
      frames_(frames.size()) {
  for (bgp::PeerId p = 1; p <= peers; p++) {
    bgp::PeerConfig config;
    config.name = "peer " + std::to_string(p);
    config.session = {.peer_as = kAsn + p, .hold_time = Duration::s(240), .passive = true};
    config.local = *net::Ip::parse("172.17.0.1");
    config.remote = next_hop_of(p);
    speaker_.add_peer(std::move(config));
    interfaces_.push_back(kOutside);
    handle(p, bgp::Start{});
  }
}

bgp::Output ControlRouter::handle(bgp::PeerId peer, const bgp::Event& event) {
  bgp::Output output;
  Watch watch;
  speaker_.handle(peer, event, feeder_.now(), output);
  cost.bgp += watch.lap();
  return output;
}

std::vector<uint8_t> ControlRouter::accept(bgp::PeerId peer) {
  return sent(handle(peer, bgp::Accepted{connection_of(peer)}));
}

std::vector<uint8_t> ControlRouter::receive(bgp::PeerId peer, std::span<const uint8_t> octets) {
  const bgp::Output output = handle(peer, bgp::Received{connection_of(peer), octets});
  update_fib(output);
  return sent(output);
}

void ControlRouter::establish(bgp::PeerId peer) {
  accept(peer);
  std::vector<uint8_t> octets;
  bgp::Open open{.asn = kAsn + peer, .hold_time = 240, .identifier = 0x0b000000 + peer};
  open.capabilities.families = {net::Family::v4};
  open.capabilities.as4 = open.asn;
  bgp::encode(open, {}, octets);
  bgp::encode(bgp::Keepalive{}, {}, octets);
  receive(peer, octets);
  if (speaker_.session(peer).state() == bgp::State::established) return;
  std::fprintf(stderr, "control router: peer %u has no session\n", peer);
  std::exit(1);
}

void ControlRouter::lose(bgp::PeerId peer) { update_fib(handle(peer, bgp::BfdDown{})); }

void ControlRouter::clean_up() {
  bgp::Output output;
  Watch watch;
  speaker_.clean_up(feeder_.now(), output);
  cost.bgp += watch.lap();
  update_fib(output);
}

void ControlRouter::update_fib(const bgp::Output& output) {
  Watch watch;
  for (const bgp::PeerChange& change : output.peers)
    change.reachable ? groups_.peer_up(change.peer) : groups_.peer_down(change.peer);
  groups_.refresh(output.chosen);
  groups_.refresh(output.standby);
  const cp::rib::FibDelta delta = groups_.take();
  cost.groups += watch.lap();
  cost.changed_groups += delta.groups.size();
  cost.changed_routes += delta.routes.size();
  learned_.apply(
      kVrf, delta, interfaces_, [](const net::Prefix&) { return true; },
      [](const net::Prefix&) { return 0u; });
  const cp::MessageList messages = learned_.take();
  cost.messages += watch.lap();
  if (!messages.empty()) commit(messages);
  cost.dataplane += watch.lap();
}

void ControlRouter::commit(const cp::MessageList& messages) {
  const auto give = [&](const api::ToDataplane& message) {
    const auto status = hop_.agent().handle(message);
    if (status) return;
    std::fprintf(stderr, "control router: %s\n", status.error().c_str());
    std::exit(1);
  };
  cost.generations++;
  const uint64_t id = hop_.agent().generation() + 1;
  api::ToDataplane frame;
  frame.mutable_begin()->set_generation(id);
  give(frame);
  messages.each(give);
  frame.mutable_commit()->set_generation(id);
  frame.mutable_commit()->set_at_ns(feeder_.now().ns());
  give(frame);
}

size_t ControlRouter::prefixes_from(bgp::PeerId peer) const {
  return speaker_.prefixes_from(peer, net::Family::v4);
}

size_t ControlRouter::forward() {
  size_t out = 0;
  for (size_t left = frames_; left > 0;) {
    const auto burst = static_cast<unsigned>(std::min<size_t>(left, dp::Burst::kMax));
    feeder_.step(burst);
    out += feeder_.drain();
    left -= burst;
  }
  return out;
}

}  // namespace erbium::bench
