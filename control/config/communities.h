// The BGP communities of Microsoft: what a prefix of Azure or Microsoft 365 says about its service
// and region (Microsoft Learn: expressroute-routing, "Support for BGP communities"). A region has a
// number of two digits, and every kind of service in it a community made of that number.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control/bgp/message.h"

namespace erbium::cp {

// "12076:51004" as the attribute holds it; nullopt where it is none. "65001:1:2" likewise.
std::optional<uint32_t> parse_community(std::string_view text);
std::optional<bgp::LargeCommunity> parse_large_community(std::string_view text);
std::string community_text(uint32_t community);

constexpr uint32_t community(uint32_t asn, uint32_t value) { return asn << 16 | value; }

// A region of the public cloud; `number` is 02 for West Europe.
struct AzureRegion {
  std::string_view name;  // "West Europe"
  uint32_t number;
  // Of virtual networks there, on private peering.
  constexpr uint32_t regional() const { return community(12076, 50'000 + number); }
};

// A community that stands for a service, or for a region of a national cloud, on Microsoft peering.
struct ServiceCommunity {
  std::string_view name;
  uint32_t value;              // 12076:value
  bool microsoft_365 = false;  // needs an authorisation, and tier premium
};

std::span<const AzureRegion> azure_regions();
std::span<const ServiceCommunity> service_communities();
const AzureRegion* find_region(std::string_view name);

// What a community of Microsoft says, "Storage in West Europe"; nullopt for one that is not in the
// tables: the page stops at New Zealand North, and newer regions have numbers that it lacks.
std::optional<std::string> describe_community(uint32_t community);
bool of_microsoft_365(uint32_t community);

}  // namespace erbium::cp
