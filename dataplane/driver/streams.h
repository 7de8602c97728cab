// The streams of a network: makes their packets at their times, as an input of the replay beside
// its captures, and records where each of them went. A packet is known by its id, which holds its
// stream and sequence and stays with it whatever is put around it; the payload says the same to
// whoever reads the captures.
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "common/run_stats.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/paths.h"

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
  // Called once, when nothing more enters or leaves: they are too much to have twice.
  std::vector<StreamResult> take_results();

 private:
  using PathId = Paths::Id;
  struct Stream {
    StreamConfig config;
    int64_t first_ns = 0;
    std::vector<int64_t> received_ns;  // by sequence, of those that have entered
    std::vector<PathId> path;          // the same
    std::vector<uint32_t> repeated;    // sequence of each arrival beyond the first
    uint64_t strayed = 0;
  };
  struct Due {
    int64_t time;
    uint32_t stream;
    bool operator>(const Due& o) const {
      return time != o.time ? time > o.time : stream > o.stream;
    }
  };

  std::pair<Due, uint64_t> enter();
  StreamResult take_result(Stream& stream);

  Network& network_;
  std::vector<Stream> streams_;  // by id, 0 is none; empty when there is no stream
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Paths paths_;
};

}  // namespace erbium::dp
