#include "control/config/gateway_size.h"

#include <algorithm>
#include <array>

#include "common/check.h"

namespace erbium::cp {
namespace {

// ErGwScale's figures are those of one unit.
constexpr std::array<GatewaySize, 7> kSizes{
    {{"Standard", BitRate::gbps(1), 100'000, 200'000, 4, false},
     {"ErGw1AZ", BitRate::gbps(1), 100'000, 200'000, 4, false},
     {"HighPerformance", BitRate::gbps(2), 200'000, 400'000, 8, false},
     {"ErGw2AZ", BitRate::gbps(2), 200'000, 400'000, 8, false},
     {"UltraPerformance", BitRate::gbps(10), 1'000'000, 1'000'000, 16, true},
     {"ErGw3AZ", BitRate::gbps(10), 1'000'000, 1'000'000, 16, true},
     {"ErGwScale", BitRate::gbps(1), 100'000, 100'000, 16, true}}};

}  // namespace

GatewaySize GatewaySize::times(uint32_t units) const {
  GatewaySize out = *this;
  out.rate = BitRate::bps(rate.bps() * units);
  out.packets_per_second *= units;
  out.flows *= units;
  return out;
}

GatewaySize GatewaySize::with(uint32_t instances) const {
  GatewaySize out = *this;
  out.rate = BitRate::bps(rate.bps() * instances / kGatewayInstances);
  out.packets_per_second = packets_per_second * instances / kGatewayInstances;
  out.flows = flows * instances / kGatewayInstances;
  return out;
}

const GatewaySize& gateway_size(std::string_view name) {
  const auto* const size = std::find_if(kSizes.begin(), kSizes.end(),
                                        [&](const GatewaySize& s) { return s.name == name; });
  ERBIUM_CHECK(size != kSizes.end() && "the decoder takes these names only");
  return *size;
}

}  // namespace erbium::cp
