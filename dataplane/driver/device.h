// A DPDK ethernet device as a port of the network: one receive and one transmit queue, promiscuous,
// without offloads. Frames go in and out as they are on the wire, tags included.
#pragma once

#include <rte_ethdev.h>

#include <cstdint>
#include <string>

#include "dataplane/core/packet_pool.h"

namespace erbium::dp {

// True for a PCI address such as 0000:3b:00.0 or 3b:00.0, which EAL has to be told of.
bool is_pci_address(const std::string& dev);

class Device {
 public:
  // Opens and starts `dev`, a PCI address or a virtual device in EAL's words
  // ("net_af_packet0,iface=eth1"). `port` is for error texts. Throws MachineError.
  Device(const std::string& port, const std::string& dev, PacketPool& pool);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  uint16_t receive(rte_mbuf** packets, uint16_t count) {
    return rte_eth_rx_burst(id_, 0, packets, count);
  }
  // Takes the first n packets, n being the result.
  uint16_t send(rte_mbuf** packets, uint16_t count) {
    return rte_eth_tx_burst(id_, 0, packets, count);
  }

  // Frames that the device lost before they were received: no descriptor or no buffer was free.
  uint64_t missed() const;

 private:
  void create();
  void start(PacketPool& pool);
  [[noreturn]] void fail(const std::string& what, int error) const;

  const std::string port_, dev_;
  uint16_t id_ = RTE_MAX_ETHPORTS;
};

}  // namespace erbium::dp
