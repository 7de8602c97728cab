// How many packets were dropped for each reason in each place of a run, with the first of them by
// time and id: for a report. What is kept follows from the packets alone, not from the order in
// which nodes meet them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/run_stats.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

class DropPlaces final : public ArrivalObserver {
 public:
  // Keeps the first `most` of each reason and place.
  DropPlaces(size_t most, Network& network) : network_(network), most_(most) {
    network.observe_arrivals(this);
  }
  ~DropPlaces() override { network_.forget_observer(this); }
  DropPlaces(const DropPlaces&) = delete;
  DropPlaces& operator=(const DropPlaces&) = delete;

  void arrived(uint32_t, Packet) override {}
  void ended(Packet p, const Ending& ending) override;
  // A frame that does not enter by the port.
  void refused(const Watch::Refused& frame);

  // Ports, routers and links, each in the order of ids; stages in that of the path.
  std::vector<DropPlace> places() const;

 private:
  // Kind of place, its id, the stage's place in the path, reason.
  using Key = std::tuple<uint8_t, uint32_t, uint16_t, std::string>;

  // Null where the packet comes behind those that are kept.
  DroppedPacket* keep(DropPlace& place, uint64_t id, uint16_t copy, int64_t at_ns);

  Network& network_;
  const size_t most_;
  std::map<Key, DropPlace> places_;
};

}  // namespace erbium::dp
