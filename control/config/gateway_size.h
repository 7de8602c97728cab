// The sizes of ExpressRoute virtual network gateways and what each is said to carry (Microsoft
// Learn: expressroute-about-virtual-network-gateways).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/units.h"

namespace erbium::cp {

struct GatewaySize {
  std::string_view name;
  BitRate rate;
  uint64_t packets_per_second = 0;
  uint64_t flows = 0;
  size_t circuits = 0;
  bool fastpath = false;

  // Of so many scale units; 1 for the sizes that are fixed.
  GatewaySize times(uint32_t units) const;
  // While so many of its instances run: each carries an equal part.
  GatewaySize with(uint32_t instances) const;
};

// Of every gateway, serviced one at a time. Azure runs at least two and does not say how many.
constexpr uint32_t kGatewayInstances = 2;

// `name` is one that the key `sku` of gateways takes.
const GatewaySize& gateway_size(std::string_view name);

}  // namespace erbium::cp
