// Records what became of every packet of the captures and streams: 40 bytes for each, and 24 for
// each link that it crossed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/packet_fates.h"
#include "dataplane/core/network.h"

namespace erbium::dp {

class Fates final : public Watch {
 public:
  explicit Fates(Network& network);

  // The run is over; called once.
  RunFates take();

  void entered(uint32_t port, Packet p, const Fitting* fitting) override;
  void refused(const Refused& frame, const Fitting& fitting) override;
  void left(uint32_t port, Packet p) override;
  void arrived(uint32_t link, Packet p) override;
  void ended(Packet p, const Ending& ending) override;

 private:
  using Place = std::tuple<uint8_t, uint32_t, uint32_t, uint16_t, uint16_t, uint32_t>;

  // Null where it is of a session or a router.
  PacketRecord* find(uint64_t id);
  PacketRecord& add(uint64_t id, Time at);
  uint32_t place(const Place& key, const std::string& text);

  Network& network_;
  RunFates out_;
  std::vector<std::vector<PacketRecord>> streams_;  // by id and sequence
  std::map<Place, uint32_t> places_;
};

}  // namespace erbium::dp
