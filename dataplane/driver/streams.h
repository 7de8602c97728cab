// The streams of a network: makes their packets at their times, as an input of the replay beside
// its captures, and records where each of them went. A packet is known by its id, which holds its
// stream and sequence and stays with it whatever is put around it; the payload says the same to
// whoever reads the captures.
#pragma once

#include <cstdint>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "common/run_stats.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

class Streams final : public ArrivalObserver {
 public:
  // Those that the network knows by now.
  explicit Streams(Network& network);
  ~Streams() override;

  // Times of the streams count from `at`; called once, nothing is due before.
  void start(Time at);
  bool any() const { return !streams_.empty(); }
  // When the next packet enters; Time::max() when none is left.
  Time next() const { return due_.empty() ? Time::max() : Time::from_ns(due_.top().time); }
  // The packets before `to` have entered, and are lost.
  void skip(Time to);
  // The packet that enters at next(), with time and id, and by which port; a null mbuf when memory
  // is used up.
  std::pair<uint32_t, Packet> take();

  // The packet leaves by the port.
  void left(uint32_t port, Packet p);
  void arrived(uint32_t link, Packet p) override;

  // Share of the packets that have entered, 0..1000.
  unsigned per_mille() const;
  std::vector<StreamResult> results() const;

 private:
  using PathId = uint16_t;
  struct Stream {
    StreamConfig config;
    int64_t first_ns = 0;
    std::vector<int64_t> received_ns;  // by sequence, of those that have entered
    std::vector<PathId> path;          // the same
    uint64_t duplicates = 0;
    uint64_t strayed = 0;
  };
  struct Due {
    int64_t time;
    uint32_t stream;
    bool operator>(const Due& o) const {
      return time != o.time ? time > o.time : stream > o.stream;
    }
  };
  struct Step {  // a path is the one before it and one link more
    PathId before;
    uint32_t link;
    auto operator<=>(const Step&) const = default;
  };

  std::pair<Due, uint64_t> enter();
  PathId extend(PathId path, uint32_t link);
  std::vector<uint32_t> links(PathId path) const;
  StreamResult result(const Stream& stream) const;

  Network& network_;
  std::vector<Stream> streams_;  // by id, 0 is none; empty when there is no stream
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<Step> steps_{1};  // by path; 0: no link
  std::map<Step, PathId> paths_;
};

}  // namespace erbium::dp
