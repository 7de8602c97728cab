// A stand-in for control in tests of the driver: on TwoLinks both routers greet each other over
// both links, for ever, by UDP 3784 with a TTL of 255; some greetings are answered by TCP 179,
// which is answered in turn, some rounds long. Every packet that is sent depends on what was
// received and when, so that one delivery at another time or in another order changes everything
// behind it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/core/flow_hash.h"
#include "dataplane/core/test_two_links.h"
#include "dataplane/driver/control_source.h"

namespace erbium::dp::test {

class Talk final : public ControlSource {
 public:
  static constexpr Duration kLatency = Duration::us(120);
  static constexpr Duration kInterval = Duration::us(700);

  // Converged when so many packets have been received.
  explicit Talk(TwoLinks& net, size_t converged_at = 0) : net_(net), converged_at_(converged_at) {
    for (uint32_t session = 0; session < 4; session++)
      work_[{Time() + Duration::us(session), kTimer, session}] = [this, session](Time now) {
        greet(session, now);
      };
  }
  // To be done so long after the replay's start.
  void at(Duration after, std::function<void(Time)> step) { script_.emplace(after, step); }

  Time next() const override {
    const Time scripted =
        !started || script_.empty() ? Time::max() : *started + script_.begin()->first;
    return work_.empty() ? scripted : std::min(scripted, std::get<0>(work_.begin()->first));
  }
  void deliver(Time now) override {
    while (started && !script_.empty() && *started + script_.begin()->first <= now) {
      script_.begin()->second(now);
      script_.erase(script_.begin());
    }
    while (!work_.empty() && std::get<0>(work_.begin()->first) <= now) {
      const auto step = std::move(work_.begin()->second);
      work_.erase(work_.begin());
      step(now);
    }
  }
  void replay_starts(Time at) override { started = at; }
  void delivered(std::vector<Delivery> deliveries) override {
    for (Delivery& d : deliveries) {
      EXPECT_LE(net_.network().run_to(), d.at + kLatency) << "too late to be answered in time";
      EXPECT_FALSE(received.empty() ? false : d.at < received.back().at);
      received.push_back(d);
      const uint64_t number = received.size();
      if (number == converged_at_) converged_ = d.at;
      work_[{d.at + kLatency, kAnswer, number}] = [this, d](Time now) { answer(d, now); };
    }
  }
  Duration latency() const override { return kLatency; }
  std::optional<Time> converged() const override {
    return converged_at_ == 0 ? Time() : converged_;
  }
  bool quiet() const override { return started && script_.empty(); }

  std::vector<Delivery> received;
  std::optional<Time> started;

 private:
  enum Kind { kTimer, kAnswer };
  static constexpr const char* kOwn[] = {"172.16.0.1", "172.16.0.2", "172.16.0.5", "172.16.0.6"};

  void send(uint32_t session, Time at, uint8_t protocol, uint16_t port, size_t length) {
    const Frame f = frame().ip4(kOwn[session], kOwn[session ^ 1]).protocol(protocol).ttl(255);
    net_.network().inject(session % 2 ? TwoLinks::kFar : TwoLinks::kNear, at,
                          Frame(f).ports(port, port).data(length).without_ethernet());
  }
  void greet(uint32_t session, Time now) {
    send(session, now, net::kProtoUdp, 3784, 24);
    // Sent ahead of its time, as a burst of a session may be.
    if (received.size() % 5 == 4)
      send(session, now + Duration::us(90), net::kProtoTcp, 179, 40 + received.size() % 900);
    work_[{now + kInterval, kTimer, session}] = [this, session](Time at) { greet(session, at); };
  }
  void answer(const Delivery& d, Time now) {
    digest_ = mix(digest_ ^ static_cast<uint64_t>(d.at.ns()) ^ d.packet_id << 1 ^ d.packet.size());
    if (d.packet[9] == net::kProtoTcp && digest_ % 4 == 0) return;
    if (d.packet[9] == net::kProtoUdp && digest_ % 3 != 0) return;
    const uint32_t there = d.packet[15];  // the last byte of the source: .1 .2 .5 .6
    const uint32_t peer = there < 3 ? there - 1 : there - 3;
    send(peer ^ 1, now, net::kProtoTcp, 179, 40 + digest_ % 1300);
  }

  TwoLinks& net_;
  const size_t converged_at_;
  std::optional<Time> converged_;
  std::multimap<Duration, std::function<void(Time)>> script_;
  std::map<std::tuple<Time, Kind, uint64_t>, std::function<void(Time)>> work_;
  uint64_t digest_ = 1;
};

}  // namespace erbium::dp::test
