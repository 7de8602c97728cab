// The limiter of a circuit, one for each link and direction (and peering, where its scope says so):
// a token bucket that drops what exceeds the bandwidth, as ExpressRoute enforces it, or delays it
// up to a limit when it is asked to shape.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "common/net/headers.h"
#include "dataplane/core/packet.h"
#include "dataplane/links/excess_meter.h"
#include "dataplane/links/token_bucket.h"

namespace erbium::dp {

struct LimiterConfig {
  enum class Mode : uint8_t { police, shape };
  enum class Count : uint8_t { l1, l2, l3 };
  std::string name;
  Mode mode = Mode::police;
  Count count = Count::l2;
  BitRate rate;
  uint64_t depth_bits = 0;
  Duration queue;  // shape: longest wait
  BitRate excess;  // police: above 0, acts only when a link has exceeded rate and this

  bool operator==(const LimiterConfig&) const = default;
};

// What a packet that passes needs of one that polices whole frames lies in one cache line: there
// may be thousands.
class alignas(64) CircuitLimiter {
 public:
  struct Counts {
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };

  explicit CircuitLimiter(LimiterConfig config)
      : bucket_(config.rate, config.depth_bits),
        special_(is_special(config)),
        config_(std::move(config)) {}

  // Judges a complete frame at its own time. True: it may go on; a shaper has moved its time to
  // when it conforms. False: it exceeds the rate.
  bool admit(Packet p) {
    const bool admitted =
        special_ ? admit_special(p) : bucket_.take(p.time(), uint64_t{p.wire_length()} * 8);
    Counts& counts = admitted ? passed_ : exceeded_;
    counts.packets++;
    counts.bytes += p.wire_length();
    return admitted;
  }

  // Takes over a changed configuration without forgetting the level of the bucket.
  void configure(Time now, const LimiterConfig& config) {
    if (config == config_) return;
    config_ = config;
    special_ = is_special(config);
    bucket_.configure(std::max(now, last_), config.rate, config.depth_bits);
  }

  // Tokens at `now` or, of a shaper that has packets waiting, when the last of them goes; in units
  // of 1e-9 bit, as TokenBucket counts.
  uint64_t level(Time now) const { return bucket_.level(std::max(now, last_)); }
  // What the packet costs, in bits.
  uint64_t cost(Packet p) const { return uint64_t{counted_bytes(p)} * 8; }

  const LimiterConfig& config() const { return config_; }
  const Counts& passed() const { return passed_; }
  const Counts& exceeded() const { return exceeded_; }

 private:
  static bool is_special(const LimiterConfig& config) {
    return config.mode != LimiterConfig::Mode::police || config.count != LimiterConfig::Count::l2 ||
           config.excess > BitRate();
  }

  bool admit_special(Packet p) {
    const uint64_t bits = cost(p);
    if (config_.mode == LimiterConfig::Mode::police)
      return (config_.excess > BitRate() &&
              !excess_.limits(p.time(), bits, config_.rate, config_.excess)) ||
             bucket_.take(p.time(), bits);
    const Time at = bucket_.available(std::max(p.time(), last_), bits);
    if (at == Time::max() || at - p.time() > config_.queue) return false;
    bucket_.take(at, bits);
    p.meta().time = at.ns();
    last_ = at;
    return true;
  }

  // A frame that stands complete in the packet: L1 adds preamble, FCS and gap, L3 leaves out the
  // Ethernet header and tags.
  uint32_t counted_bytes(Packet p) const {
    switch (config_.count) {
      case LimiterConfig::Count::l1:
        return p.wire_length() + net::kL1Overhead;
      case LimiterConfig::Count::l3:
        return ip_bytes(p);
      case LimiterConfig::Count::l2:
        break;
    }
    return p.wire_length();
  }

  // What the IP header says, which leaves Ethernet padding out; all there is for anything else.
  static uint32_t ip_bytes(Packet p) {
    const uint32_t at = p.meta().l2_length;
    if (p.meta().protocol == Protocol::ipv4)
      if (const auto* ip = p.header<net::Ipv4Header>(at)) return ip->total_length.value();
    if (p.meta().protocol == Protocol::ipv6)
      if (const auto* ip = p.header<net::Ipv6Header>(at))
        return uint32_t{sizeof *ip} + ip->payload_length.value();
    return p.wire_length() - at;
  }

  TokenBucket bucket_;
  Counts passed_;
  bool special_;  // shapes, counts other bytes or lets excess pass
  Counts exceeded_;
  Time last_;  // shape: release of the last packet, which keeps the order
  LimiterConfig config_;
  ExcessMeter excess_;
};

}  // namespace erbium::dp
