// One direction of a link: a server (serialisation rate), a queue limit, a propagation delay and an
// up/down state. A packet that is admitted gets its departure (last bit out) and arrival times at
// once; the network keeps it until it arrives. Delivery is first in, first out, also across a
// change of the delay; only an impairment reorders.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/explanation.h"
#include "common/net/headers.h"
#include "dataplane/core/packet.h"
#include "dataplane/links/impairment.h"
#include "dataplane/links/link_meter.h"
#include "dataplane/links/rate_server.h"

namespace erbium::dp {

struct LinkConfig {
  std::string name;       // "er-sjc/primary"
  std::string direction;  // "to_azure"
  uint32_t to_trunk = 0;  // where packets arrive
  BitRate rate;           // 0: no serialisation
  Duration delay;         // at least 1 us
  Duration queue;         // longest wait for the first bit before tail drop
  bool up = true;
  bool silent = false;    // down, and neither end sees it
  bool outbound = true;   // as captures show it
  bool measured = false;  // keeps latencies and the load over time

  bool operator==(const LinkConfig&) const = default;
};

// Packets that have been admitted and not yet been written to the link's capture, in order of
// departure.
using DepartureLog = std::deque<rte_mbuf*>;

// What admitting a packet needs of it lies in two cache lines: there may be thousands.
class alignas(64) Link {
 public:
  enum class Drop : uint8_t { link_down, silent_drop, queue_full, impair_loss };
  static constexpr const char* kDropNames[] = {"link_down", "silent_drop", "queue_full",
                                               "impair_loss"};
  // kCopied: admitted, and copy() is to be given a copy of it.
  enum Admission : uint8_t { kDropped, kAdmitted, kCopied };
  static constexpr unsigned kMostCopied = 16;  // times that a packet and its copies are copied

  // offered + copied = delivered + dropped + in_flight
  struct Counters {
    uint64_t offered = 0;
    uint64_t in_flight = 0;
    uint64_t packets = 0;  // departed, or on their way to it
    uint64_t bytes = 0;
    uint64_t delivered = 0;
    uint64_t copied = 0;
    uint64_t drops[std::size(kDropNames)] = {};
    uint64_t corrupted = 0;  // arrived so
  };

  explicit Link(LinkConfig config)
      : config_(std::move(config)), special_(config_.measured), server_(config_.rate) {}

  // Admits a complete frame at its own time; sets departure, time (arrival at the far end) and
  // entry. kDropped: it is counted, the caller frees it.
  Admission admit(Packet p) {
    counters_.offered++;
    if (!config_.up) return drop(why_down());
    if (special_) [[unlikely]]
      return admit_special(p);
    const Time now = p.time();
    if (server_.would_wait_longer(now, config_.queue)) return drop(Drop::queue_full);
    const uint64_t bits = uint64_t{p.wire_length() + net::kL1Overhead} * 8;
    const Time departure = server_.serve(now, bits);
    last_arrival_ = std::max(last_arrival_, departure + config_.delay);
    depart(p, departure);
    p.meta().time = last_arrival_.ns();
    return kAdmitted;
  }

  // Sends a copy behind the packet that was admitted last, which it is equal to. Of the packets of
  // one id each has a copy index of its own: the n-th copying sets bit n of the copy's.
  void copy(Packet original, Packet copy);

  // A packet of entry `impaired` has come to the end: applies its fate. False: it is lost, the
  // caller frees it; others are then delivered() as any.
  bool arrive(Packet p);

  // ---- for `erbium explain`; none changes anything ----
  // Why admit() has just refused a packet.
  Drop refusal() const { return config_.up ? Drop::queue_full : why_down(); }
  void explain_refusal(Packet p, Explanation& out);
  // How it carries a packet that it has just admitted, or a copy that it has just made of it;
  // `offered` is when the packet came.
  void explain_travel(Packet p, Time offered, Explanation& out) const;

  // `count` packets have arrived.
  void delivered(uint64_t count) {
    counters_.in_flight -= count;
    counters_.delivered += count;
  }

  // A packet that had not departed when the link went down; the caller frees it.
  void cut(Packet p) {
    counters_.in_flight--;
    if (p.meta().entry != Entry::impaired || !(p.meta().fate & kFateCopy)) {
      counters_.packets--;
      counters_.bytes -= p.wire_length();
    }
    counters_.drops[static_cast<size_t>(why_down())]++;
  }
  // Of a link that is not up.
  Drop why_down() const { return config_.silent ? Drop::silent_drop : Drop::link_down; }

  // After cuts: the last packet that is left on the link arrives at `last`.
  void keep_order_from(Time last) { last_arrival_ = last; }

  // Takes over a new configuration at `now`. Returns true when the link went down: every packet on
  // it whose departure lies after `now` has to be cut().
  bool configure(Time now, const LinkConfig& config) {
    const bool went_down = config_.up && !config.up;
    if (config.rate != config_.rate) server_.configure(config.rate);
    config_ = config;
    special_ = config.measured || impairment_;
    if (went_down) {
      server_.clear(now);
      if (impairment_ && impairment_->trace()) impairment_->trace()->clear(now);
      while (log_ && !log_->empty() && Packet(log_->back()).meta().departure > now.ns())
        log_->pop_back();
    }
    return went_down;
  }

  // For what comes from now on; without a config the link is clean again. The same config changes
  // nothing.
  void impair(const std::optional<ImpairmentConfig>& config);

  // What no packet takes less than.
  Duration least_delay() const {
    return impairment_ ? impairment_->least_delay(config_.delay) : config_.delay;
  }

  void log_departures(DepartureLog* log) { log_ = log; }
  const LinkConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }
  // Of packets that the link took, where it is measured.
  const LinkMeter& meter() const { return meter_; }
  LinkMeter& meter() { return meter_; }

 private:
  Admission drop(Drop reason) {
    counters_.drops[static_cast<size_t>(reason)]++;
    return kDropped;
  }
  void depart(Packet p, Time departure) {
    p.meta().departure = departure.ns();
    p.meta().entry = Entry::wire;
    counters_.in_flight++;
    counters_.packets++;
    counters_.bytes += p.wire_length();
    if (log_) log_->push_back(p.mbuf());
  }
  Admission admit_special(Packet p);
  void explain_departure(Packet p, Time offered, Explanation& out) const;
  // Where it corrupts a packet.
  uint64_t flipped_bit(Packet p) const;
  void travel(Packet p, bool copy);

  LinkConfig config_;
  bool special_;  // impaired or measured
  Time last_arrival_;
  DepartureLog* log_ = nullptr;
  RateServer server_;
  Counters counters_;
  std::unique_ptr<Impairment> impairment_;
  uint64_t places_ = 0;  // packets that impairments before this one have drawn for
  uint64_t seed_ = 0;    // of the last impairment
  LinkMeter meter_;
};

}  // namespace erbium::dp
