// drops.pcapng: every packet that was dropped, as it stood there, with the reason and the place as
// its comment, one interface for each port, router and link direction. Records are ordered by
// (time, id, copy). A packet that a router had taken out of its frame stands in the one it came in;
// one that a session of the router sent has an Ethernet header of zeros.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/pcapng/writer.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

// A packet that has ended, as a frame: as above.
std::vector<uint8_t> ended_frame(Packet p, const Ending& ending, const Network& network);

class DropCapture final : public ArrivalObserver {
 public:
  // At most `most` packets, the first. Throws IoError.
  DropCapture(const std::string& path, const std::string& comment, uint64_t most, Network& network);
  ~DropCapture() override;

  // As Captures has them.
  void begin(int64_t start_unix_ns) { start_unix_ns_ = start_unix_ns; }
  void flush(Time to);
  void finish(Time end);
  void finish_partial(Time end, std::string_view reason);

  void arrived(uint32_t, Packet) override {}
  void ended(Packet p, const Ending& ending) override;
  // A frame that does not enter by the port.
  void refused(const Watch::Refused& frame);

 private:
  struct Entry {
    int64_t time;
    uint64_t id;
    uint16_t copy;
    uint32_t interface;
    uint32_t wire_length;
    std::string comment;
    std::vector<uint8_t> bytes;
    bool operator<(const Entry& o) const {
      return time != o.time ? time < o.time : id != o.id ? id < o.id : copy < o.copy;
    }
  };

  void statistics(Time end);

  Network& network_;
  const uint64_t most_;
  uint64_t kept_ = 0;
  pcapng::Writer writer_;
  uint32_t first_node_ = 0, first_link_ = 0;  // interfaces; ports come first
  std::vector<uint64_t> dropped_;             // by interface
  std::vector<Entry> entries_;                // not yet written
  std::optional<int64_t> start_unix_ns_;
};

}  // namespace erbium::dp
