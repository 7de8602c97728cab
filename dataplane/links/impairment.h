// What goes wrong on one direction of a link, behind its sender: loss, copies, flipped bits, late
// packets. Every decision is drawn from the link's seed and the packet's place on the link, and
// from nothing else, so that no other link, burst or window changes it. The state of a loss model
// is private to the link and moves from packet to packet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/explanation.h"
#include "common/mix.h"
#include "dataplane/links/bandwidth_trace.h"
#include "dataplane/links/jitter.h"

namespace erbium::dp {

// A probability in units of 2^-63.
class Chance {
 public:
  static constexpr uint64_t kAlways = uint64_t{1} << 63;
  constexpr Chance() = default;
  // `units` at most kAlways.
  constexpr explicit Chance(uint64_t units) : units_(units) {}
  constexpr bool possible() const { return units_ != 0; }
  constexpr bool met(uint64_t bits) const { return bits >> 1 < units_; }
  constexpr uint64_t units() const { return units_; }
  constexpr bool operator==(const Chance&) const = default;

 private:
  uint64_t units_ = 0;
};

struct LossModel {
  enum class Kind : uint8_t {
    none,
    random,
    // Two states, of which each packet may change the one before it is judged (Gilbert 1960,
    // Elliott 1963); the first packet finds the good one.
    gilbert_elliott,
    every_nth,
  };
  Kind kind = Kind::none;
  Chance loss;           // random; gilbert_elliott: in the bad state
  Chance good_loss;      // gilbert_elliott: in the good state
  Chance worse, better;  // gilbert_elliott: from good to bad and back
  uint64_t every = 0;    // every_nth: above 0

  bool operator==(const LossModel&) const = default;
};

struct ImpairmentConfig {
  uint64_t seed = 0;
  Jitter jitter;
  LossModel loss;
  Chance duplicate, corrupt;
  Chance reorder;  // held back by `hold`, which nobody behind it waits for
  Duration hold;
  std::vector<uint32_t> opportunities;  // BandwidthTrace, in place of the rate; empty: none
  Time from;                            // from which they count

  bool operator==(const ImpairmentConfig&) const = default;
};

class Impairment {
 public:
  static constexpr Duration kLeastDelay = Duration::us(1);

  // `places` packets have had their draws.
  Impairment(ImpairmentConfig config, uint64_t places);

  const ImpairmentConfig& config() const { return config_; }
  uint64_t places() const { return places_; }
  BandwidthTrace* trace() { return trace_ ? &*trace_ : nullptr; }
  bool traced() const { return trace_.has_value(); }

  // Of a link with this delay: no packet takes less.
  Duration least_delay(Duration delay) const {
    const Duration least = delay - reach_;
    return least < kLeastDelay ? kLeastDelay : least;
  }

  // The next packet, and whether it is lost; what is drawn below is drawn for it.
  bool next_is_lost() {
    places_++;
    return config_.loss.kind != LossModel::Kind::none && loses();
  }
  bool duplicates() const { return happens(config_.duplicate, kDuplicate); }
  // For the packet, or for its copy.
  bool corrupts(bool copy) const { return happens(config_.corrupt, kCorrupt + copy); }
  bool reorders(bool copy) const { return happens(config_.reorder, kReorder + copy); }
  Duration delay(Duration base, bool copy) const {
    if (config_.jitter.size == Duration()) return base;
    const Duration drawn = base + config_.jitter.draw(draw(kJitter + copy));
    const Duration least = least_delay(base);
    return drawn < least ? least : drawn;
  }

  // What has just been drawn for the packet, or for its copy: link_explain.cpp.
  void explain_loss(Explanation& out) const;
  void explain_travel(Duration base, bool copy, Explanation& out) const;
  void explain_copying(Explanation& out) const;

 private:
  // What a packet's draws are for; the even ones have one for its copy behind them.
  enum : uint64_t {
    kJitter,
    kReorder = 2,
    kCorrupt = 4,
    kDuplicate = 6,
    kLoss,
    kState,
    kDraws = 16
  };

  uint64_t draw(uint64_t what) const {
    return mix(config_.seed + (places_ * kDraws + what) * kStep);
  }
  bool happens(Chance chance, uint64_t what) const {
    return chance.possible() && chance.met(draw(what));
  }
  bool loses();

  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;

  const ImpairmentConfig config_;
  const Duration reach_;
  std::optional<BandwidthTrace> trace_;
  uint64_t places_;
  uint64_t since_loss_ = 0;
  bool bad_ = false;
};

}  // namespace erbium::dp
