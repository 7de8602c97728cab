// Finds the first packets that a run drops, by the time of the drop: for whoever then wants to
// follow them through a second run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/core/network.h"

namespace erbium::dp {

class DropFinder final : public Watch {
 public:
  // An empty reason is any.
  DropFinder(const Network& network, std::string reason, size_t most)
      : network_(network), reason_(std::move(reason)), most_(most) {}

  bool done() const { return done_; }
  // In order of (time, id).
  std::vector<uint64_t> ids() const {
    std::vector<uint64_t> out;
    for (const auto& [at, id] : found_)
      if (out.size() < most_ && std::find(out.begin(), out.end(), id) == out.end())
        out.push_back(id);
    return out;
  }

  void entered(uint32_t, Packet, const Fitting*) override {}
  void left(uint32_t, Packet) override {}
  void arrived(uint32_t, Packet) override {}
  void refused(const Refused& frame, const Fitting&) override {
    if (wanted(frame.reason)) found_.emplace_back(frame.at.ns(), frame.id);
  }
  void ended(Packet p, const Ending& ending) override {
    if (!done_ && !ending.taken() && wanted(network_.reason(ending)))
      found_.emplace_back(ending.at.ns(), p.meta().id);
  }
  // What is found in one window comes in any order.
  void passed(Time) override {
    if (done_) return;
    std::sort(found_.begin(), found_.end());
    done_ = ids().size() >= most_;
  }

 private:
  bool wanted(const char* reason) const { return reason_.empty() || reason_ == reason; }

  const Network& network_;
  const std::string reason_;
  const size_t most_;
  std::vector<std::pair<int64_t, uint64_t>> found_;
  bool done_ = false;
};

}  // namespace erbium::dp
