// What a measured link keeps of the packets that it took: how long each waited for its first bit,
// and how long it was on its way from the offer to the arrival. Greatest values are of the time
// since they were last taken, so that who counts links now and then gets one for each interval.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/histogram.h"
#include "common/link_load.h"
#include "common/units.h"

namespace erbium::dp {

class LinkMeter {
 public:
  void record(Duration wait, Duration delay) {
    latency_.record(delay.ns());
    load_.packets++;
    load_.wait_sum_ns += wait.ns();
    load_.delay_sum_ns += delay.ns();
    load_.wait_max_ns = std::max(load_.wait_max_ns, wait.ns());
    load_.delay_max_ns = std::max(load_.delay_max_ns, delay.ns());
  }
  const Histogram& latency() const { return latency_; }
  // The greatest values begin anew.
  LinkLoad take_load() {
    const LinkLoad out = load_;
    load_.wait_max_ns = load_.delay_max_ns = 0;
    return out;
  }

 private:
  Histogram latency_;
  LinkLoad load_;
};

}  // namespace erbium::dp
