// Scenario time and durations as distinct types. Scenario time is int64 nanoseconds from the start
// of the scenario (time 0); nothing in common/, dataplane/core, stages or links reads a clock, so a
// Time always comes from a packet, an event or the driver.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace erbium {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// A signed span of time in nanoseconds.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration ns(int64_t v) { return Duration(v); }
  static constexpr Duration us(int64_t v) { return Duration(v * 1'000); }
  static constexpr Duration ms(int64_t v) { return Duration(v * 1'000'000); }
  static constexpr Duration s(int64_t v) { return Duration(v * kNsPerSecond); }
  static constexpr Duration max() { return Duration(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t ns() const { return ns_; }
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return Duration(ns_ + o.ns_); }
  constexpr Duration operator-(Duration o) const { return Duration(ns_ - o.ns_); }
  constexpr Duration operator*(int64_t k) const { return Duration(ns_ * k); }

 private:
  constexpr explicit Duration(int64_t v) : ns_(v) {}
  int64_t ns_ = 0;
};

// A point in scenario time.
class Time {
 public:
  constexpr Time() = default;
  static constexpr Time from_ns(int64_t v) { return Time(v); }
  static constexpr Time max() { return Time(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t ns() const { return ns_; }
  constexpr auto operator<=>(const Time&) const = default;
  constexpr Time operator+(Duration d) const { return Time(ns_ + d.ns()); }
  constexpr Time operator-(Duration d) const { return Time(ns_ - d.ns()); }
  constexpr Duration operator-(Time o) const { return Duration::ns(ns_ - o.ns_); }

 private:
  constexpr explicit Time(int64_t v) : ns_(v) {}
  int64_t ns_ = 0;
};

// A bit rate in bits per second. Zero means "no limit" wherever a rate is optional.
class BitRate {
 public:
  constexpr BitRate() = default;
  static constexpr BitRate bps(uint64_t v) { return BitRate(v); }
  static constexpr BitRate mbps(uint64_t v) { return BitRate(v * 1'000'000); }
  static constexpr BitRate gbps(uint64_t v) { return BitRate(v * 1'000'000'000); }

  constexpr uint64_t bps() const { return bps_; }
  constexpr auto operator<=>(const BitRate&) const = default;

 private:
  constexpr explicit BitRate(uint64_t v) : bps_(v) {}
  uint64_t bps_ = 0;
};

}  // namespace erbium
