// Two endpoints and a wire between them that delays, loses, reorders and doubles packets as a seed
// says. For tests.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "control/tcp/endpoint.h"
#include "control/wire/mix.h"

namespace erbium::cp::tcp {

struct WireConfig {
  Duration delay = Duration::ms(5);
  Duration jitter;  // at most; reorders
  unsigned lost_permille = 0, doubled_permille = 0;
  uint64_t seed = 1;
};

class TestWire {
 public:
  struct Side {
    Side(const net::Ip& address, const Config& config) : endpoint(address, config) {}
    Endpoint endpoint;
    std::vector<Event> events = {};
    std::vector<Time> times = {};  // of the events
    std::map<ConnectionId, std::vector<uint8_t>> streams = {};
  };
  // What leaves or reaches side 0, with its time.
  using Tap = std::function<void(Time, std::span<const uint8_t>)>;
  // Does what it likes upon an event: the side, the event, and its output.
  using Owner = std::function<void(unsigned side, const Event&, Output&)>;

  TestWire(const net::Ip& a, const net::Ip& b, WireConfig wire, Config config_a = {},
           Config config_b = {})
      : sides_{{{a, config_a}, {b, config_b}}}, wire_(wire) {}

  Side& operator[](unsigned i) { return sides_[i]; }
  Endpoint& a() { return sides_[0].endpoint; }
  Endpoint& b() { return sides_[1].endpoint; }
  Time now() const { return now_; }
  void cut(bool off) { cut_ = off; }  // nothing gets through
  void tap(Tap tap) { tap_ = std::move(tap); }
  void own(Owner owner) { owner_ = std::move(owner); }
  size_t packets() const { return packets_; }  // put on the wire
  size_t lost() const { return lost_; }

  // Runs `act(endpoint, out)` and takes what it puts out.
  template <typename Act>
  void act(unsigned side, Act act) {
    Output out;
    act(sides_[side].endpoint, out);
    take(side, std::move(out));
  }

  // Delivers and lets timers expire until nothing is left to do or `end` has come.
  void run(Time end) {
    while (true) {
      const Time packet = flying_.empty() ? Time::max() : flying_.begin()->first.first;
      const Time next = std::min({packet, a().next_deadline(), b().next_deadline()});
      if (next == Time::max() || next > end) break;
      now_ = next;
      if (packet == next) {
        const auto arrival = flying_.extract(flying_.begin());
        deliver(arrival.mapped().first, arrival.mapped().second);
        continue;
      }
      for (unsigned side : {0u, 1u})
        act(side, [&](Endpoint& e, Output& out) { e.timers(now_, out); });
    }
    if (end != Time::max()) now_ = end;
  }

 private:
  void deliver(unsigned side, const std::vector<uint8_t>& octets) {
    if (tap_ && side == 0) tap_(now_, octets);
    act(side, [&](Endpoint& e, Output& out) { e.handle(octets, now_, out); });
  }

  void take(unsigned side, Output out) {
    for (auto& octets : out.packets) put(side, std::move(octets));
    for (Event& event : out.events) {
      Output answer;
      if (owner_) owner_(side, event, answer);
      if (const auto* received = std::get_if<Received>(&event)) {
        auto& stream = sides_[side].streams[received->id];
        stream.insert(stream.end(), received->octets.begin(), received->octets.end());
      } else {
        sides_[side].events.push_back(std::move(event));
        sides_[side].times.push_back(now_);
      }
      take(side, std::move(answer));
    }
  }

  void put(unsigned from, std::vector<uint8_t> octets) {
    if (tap_ && from == 0) tap_(now_, octets);
    const unsigned copies = chance(wire_.doubled_permille) ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
      ++packets_;
      if (cut_ || chance(wire_.lost_permille)) {
        ++lost_;
        continue;
      }
      const int64_t more = static_cast<int64_t>(random() % (wire_.jitter.ns() + 1));
      const Time at = now_ + wire_.delay + Duration::ns(more);
      flying_.emplace(std::pair{at, count_++}, std::pair{1 - from, octets});
    }
  }

  uint64_t random() { return wire::mix(wire_.seed, draws_++); }
  bool chance(unsigned permille) { return permille != 0 && random() % 1'000 < permille; }

  std::array<Side, 2> sides_;
  WireConfig wire_;
  Tap tap_;
  Owner owner_;
  bool cut_ = false;
  Time now_;
  uint64_t draws_ = 0, count_ = 0;
  size_t packets_ = 0, lost_ = 0;
  std::map<std::pair<Time, uint64_t>, std::pair<unsigned, std::vector<uint8_t>>> flying_;
};

}  // namespace erbium::cp::tcp
