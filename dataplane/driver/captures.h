// The capture files of a run: one for each port (what came in and went out) and one for each link
// (departures at the last bit, and arrivals where asked for). Records of a file are ordered by
// (time, id, copy); the same packet has the same packet id in every file.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/pcapng/writer.h"
#include "common/run_stats.h"
#include "dataplane/core/network.h"
#include "dataplane/driver/drop_capture.h"

namespace erbium::dp {

struct CaptureConfig {
  std::string directory;
  std::vector<std::string> ports;  // names
  std::vector<std::string> links;
  bool arrivals = false;  // links: the far end as a second interface
  uint64_t drops = 0;     // most packets of drops.pcapng; 0: no such file
  bool comments = false;  // at every packet, what it does there
  std::string comment;    // of every file's section
};

class Captures final : public ArrivalObserver {
 public:
  // Creates the files. Throws IoError.
  Captures(const CaptureConfig& config, Network& network);
  ~Captures() override;

  // `start_unix_ns` is what scenario time 0 stands for. Until it is known everything is kept.
  void begin(int64_t start_unix_ns);

  // A frame that enters by a port, before anything changes it.
  void received(uint32_t port, Packet p);
  // A frame that does not enter.
  void refused(const Watch::Refused& frame) {
    if (drops_) drops_->refused(frame);
  }
  // Everything before `to` is complete: writes it. Takes note of what ports have sent.
  void flush(Time to);
  void arrived(uint32_t link, Packet p) override;

  // Closes every file, with statistics of the run.
  void finish(const RunStats& stats, Time end);
  // The same after an interruption: the files keep their partial names.
  void finish_partial(const RunStats& stats, Time end, std::string_view reason);

 private:
  struct Entry {
    int64_t time;
    uint64_t id;
    uint16_t copy;
    uint8_t interface;
    pcapng::Direction direction;
    uint32_t length;
    uint32_t wire_length;
    size_t offset;                   // in the file's arena
    const uint8_t* bytes = nullptr;  // or here, for packets that are still in flight
    bool operator<(const Entry& o) const {
      return time != o.time ? time < o.time : id != o.id ? id < o.id : copy < o.copy;
    }
  };
  struct File {
    std::string name;
    std::unique_ptr<pcapng::Writer> writer;
    std::vector<Entry> entries;  // not yet written
    std::vector<uint8_t> arena;
    uint32_t link[2] = {0, 0};  // ids of the directions away from and towards the customer
    DepartureLog departures[2];
  };

  File& add(const std::string& path, const std::string& name, bool of_link, uint64_t speed,
            const std::string& comment);
  void keep(File& file, Packet p, int64_t time, uint8_t interface, pcapng::Direction direction);
  void collect_departures(File& file, Time to);
  std::string comment_of(const File& file, const Entry& entry) const;
  void write(File& file);
  void statistics(const RunStats& stats, Time end);

  Network& network_;
  std::optional<int64_t> start_unix_ns_;
  std::optional<DropCapture> drops_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<File*> by_port_, by_link_;
  const bool arrivals_, comments_;
};

}  // namespace erbium::dp
