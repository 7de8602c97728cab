// Which of two ports a frame of a capture enters by, when the capture has both directions: Azure's
// side is told by source addresses, by MAC addresses, or by who serves whom.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "dataplane/driver/flow_key.h"

namespace erbium::dp {

struct SideRules {
  enum class By { prefixes, macs, servers };
  By by = By::prefixes;
  std::vector<net::Prefix> prefixes;  // of Azure's side
  std::vector<net::Mac> macs;         // that send from Azure's side
};

class SideSplitter {
 public:
  explicit SideSplitter(const SideRules& rules);

  // True when the frame comes from Azure's side. By prefixes: the source of IP, the sender of ARP.
  // By servers: the end of a flow that did not open it; whoever sends SYN, or SYN and ACK, tells,
  // else a port below 1024 against one above, else the first packet. What has neither comes from
  // the customer's side.
  bool from_azure(std::span<const uint8_t> frame);

 private:
  struct Flow {
    FlowKey key;  // from the lower end to the higher
    bool lower_serves = false;
  };
  // Of flows, by hash; a flow takes the place of an older one.
  static constexpr size_t kFlows = size_t{1} << 16;

  bool by_servers(std::span<const uint8_t> frame);

  const SideRules rules_;
  std::vector<Flow> flows_;
};

}  // namespace erbium::dp
