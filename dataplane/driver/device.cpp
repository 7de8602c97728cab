#include "dataplane/driver/device.h"

#include <rte_dev.h>
#include <rte_errno.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "dataplane/driver/eal.h"

namespace erbium::dp {
namespace {

constexpr uint16_t kDescriptors = 1024;

// EAL knows functions by their full address.
std::string full_address(const std::string& dev) {
  return std::count(dev.begin(), dev.end(), ':') == 1 ? "0000:" + dev : dev;
}

}  // namespace

bool is_pci_address(const std::string& dev) {
  static const std::regex kAddress("([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]",
                                   std::regex::icase);
  return std::regex_match(dev, kAddress);
}

Device::Device(const std::string& port, const std::string& dev, PacketPool& pool)
    : port_(port), dev_(dev) {
  create();
  try {
    start(pool);
  } catch (...) {
    rte_eth_dev_close(id_);
    throw;
  }
}

Device::~Device() {
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
}

void Device::fail(const std::string& what, int error) const {
  std::string reason = take_eal_messages();  // says more than the error number
  if (reason.empty()) reason = rte_strerror(std::abs(error));
  throw MachineError("port " + port_ + ": cannot " + what + " " + dev_ + ": " + reason);
}

void Device::create() {
  std::string name = full_address(dev_);
  if (!is_pci_address(dev_)) {
    const size_t comma = std::min(dev_.find(','), dev_.size());
    name = dev_.substr(0, comma);
    const std::string arguments = dev_.substr(std::min(comma + 1, dev_.size()));
    const int error = rte_eal_hotplug_add("vdev", name.c_str(), arguments.c_str());
    if (error != 0) fail("create", error);
  }
  if (const int error = rte_eth_dev_get_port_by_name(name.c_str(), &id_); error != 0)
    fail("find", error);
}

void Device::start(PacketPool& pool) {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(id_, &info); error != 0) fail("ask", error);
  const rte_eth_conf configuration{};
  if (const int error = rte_eth_dev_configure(id_, 1, 1, &configuration); error != 0)
    fail("configure", error);
  uint16_t rx = kDescriptors, tx = kDescriptors;
  if (const int error = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx); error != 0)
    fail("configure", error);
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(id_));
  int error = rte_eth_rx_queue_setup(id_, 0, rx, socket, nullptr, pool.small());
  if (error == 0) error = rte_eth_tx_queue_setup(id_, 0, tx, socket, nullptr);
  if (error == 0) error = rte_eth_dev_start(id_);
  if (error != 0) fail("start", error);
  rte_eth_promiscuous_enable(id_);  // devices without addresses have no such mode
}

uint64_t Device::missed() const {
  rte_eth_stats stats{};
  rte_eth_stats_get(id_, &stats);
  return stats.imissed + stats.rx_nombuf;
}

}  // namespace erbium::dp
