// The tables of the page, and the texts of communities.
#include "control/config/communities.h"

#include <algorithm>
#include <charconv>

namespace erbium::cp {
namespace {

constexpr std::array kRegions{
    AzureRegion{"West Europe", 2},
    AzureRegion{"North Europe", 3},
    AzureRegion{"East US", 4},
    AzureRegion{"East US 2", 5},
    AzureRegion{"West US", 6},
    AzureRegion{"North Central US", 7},
    AzureRegion{"South Central US", 8},
    AzureRegion{"Central US", 9},
    AzureRegion{"East Asia", 10},
    AzureRegion{"Southeast Asia", 11},
    AzureRegion{"Japan East", 12},
    AzureRegion{"Japan West", 13},
    AzureRegion{"Brazil South", 14},
    AzureRegion{"Australia East", 15},
    AzureRegion{"Australia Southeast", 16},
    AzureRegion{"India Central", 17},
    AzureRegion{"India West", 18},
    AzureRegion{"India South", 19},
    AzureRegion{"Canada Central", 20},
    AzureRegion{"Canada East", 21},
    AzureRegion{"UK South", 24},
    AzureRegion{"UK West", 25},
    AzureRegion{"West US 2", 26},
    AzureRegion{"West Central US", 27},
    AzureRegion{"Korea South", 28},
    AzureRegion{"Korea Central", 29},
    AzureRegion{"France Central", 30},
    AzureRegion{"France South", 31},
    AzureRegion{"Australia Central", 32},
    AzureRegion{"Australia Central 2", 33},
    AzureRegion{"South Africa North", 34},
    AzureRegion{"South Africa West", 35},
    AzureRegion{"UAE North", 36},
    AzureRegion{"UAE Central", 37},
    AzureRegion{"Switzerland North", 38},
    AzureRegion{"Switzerland West", 39},
    AzureRegion{"Germany North", 40},
    AzureRegion{"Germany West Central", 41},
    AzureRegion{"Norway East", 42},
    AzureRegion{"Norway West", 43},
    AzureRegion{"West US 3", 44},
    AzureRegion{"New Zealand North", 59},
};

constexpr std::array kServices{
    ServiceCommunity{"Exchange Online", 5010, true},
    ServiceCommunity{"SharePoint Online", 5020, true},
    ServiceCommunity{"Skype for Business and Teams", 5030, true},
    ServiceCommunity{"CRM Online", 5040},
    ServiceCommunity{"Azure Global Services", 5050},
    ServiceCommunity{"Microsoft Entra ID", 5060},
    ServiceCommunity{"Azure Resource Manager", 5070},
    ServiceCommunity{"Other Office 365", 5100, true},
    ServiceCommunity{"US Government Exchange Online", 5110, true},
    ServiceCommunity{"US Government SharePoint Online", 5120, true},
    ServiceCommunity{"US Government Skype for Business", 5130, true},
    ServiceCommunity{"US Government Microsoft Entra ID", 5160},
    ServiceCommunity{"US Government other Office 365", 5200, true},
    ServiceCommunity{"Microsoft Defender for Identity", 5220},
    ServiceCommunity{"Azure PSTN services", 5250},
    ServiceCommunity{"US Gov Virginia", 51105},
    ServiceCommunity{"US Gov Arizona", 51106},
    ServiceCommunity{"US Gov Texas", 51108},
    ServiceCommunity{"US Gov Iowa", 51109},
    ServiceCommunity{"US DoD East", 51205},
    ServiceCommunity{"US DoD Central", 51209},
    ServiceCommunity{"China North", 51301},
    ServiceCommunity{"China East", 51302},
    ServiceCommunity{"China East 2", 51303},
    ServiceCommunity{"China North 2", 51304},
    ServiceCommunity{"China North 3", 51305},
};

// What a community with a region's number is about: 12076:(base + number).
struct Kind {
  std::string_view name;
  uint32_t base;
};
constexpr std::array<Kind, 6> kKinds{{{"Virtual networks", 50'000},
                                      {"Azure services", 51'000},
                                      {"Storage", 52'000},
                                      {"SQL", 53'000},
                                      {"Cosmos DB", 54'000},
                                      {"Backup", 55'000}}};

constexpr uint32_t kMicrosoft = 12076;

// The next number of the text, and what is behind its colon.
std::optional<uint32_t> take_number(std::string_view& text, uint64_t most) {
  uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const bool more = end != last;
  if (error != std::errc{} || value > most || (more && (*end != ':' || end + 1 == last)))
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + more);
  return static_cast<uint32_t>(value);
}

}  // namespace

std::optional<uint32_t> parse_community(std::string_view text) {
  const auto asn = take_number(text, UINT16_MAX);
  const auto value = asn ? take_number(text, UINT16_MAX) : std::nullopt;
  if (!value || !text.empty()) return std::nullopt;
  return community(*asn, *value);
}

std::optional<bgp::LargeCommunity> parse_large_community(std::string_view text) {
  std::array<uint32_t, 3> numbers{};
  for (uint32_t& number : numbers) {
    const auto taken = take_number(text, UINT32_MAX);
    if (!taken) return std::nullopt;
    number = *taken;
  }
  if (!text.empty()) return std::nullopt;
  return bgp::LargeCommunity{numbers[0], numbers[1], numbers[2]};
}

std::string community_text(uint32_t community) {
  return std::to_string(community >> 16) + ":" + std::to_string(community & 0xffff);
}

std::span<const AzureRegion> azure_regions() { return kRegions; }
std::span<const ServiceCommunity> service_communities() { return kServices; }

const AzureRegion* find_region(std::string_view name) {
  const auto at = std::find_if(kRegions.begin(), kRegions.end(),
                               [&](const AzureRegion& region) { return region.name == name; });
  return at == kRegions.end() ? nullptr : &*at;
}

std::optional<std::string> describe_community(uint32_t community) {
  if (community >> 16 != kMicrosoft) return std::nullopt;
  const uint32_t value = community & 0xffff;
  for (const ServiceCommunity& service : kServices)
    if (service.value == value) return std::string(service.name);
  for (const Kind& kind : kKinds)
    for (const AzureRegion& region : kRegions)
      if (kind.base + region.number == value)
        return std::string(kind.name) + " in " + std::string(region.name);
  return std::nullopt;
}

bool of_microsoft_365(uint32_t community) {
  return std::any_of(kServices.begin(), kServices.end(), [&](const ServiceCommunity& service) {
    return service.microsoft_365 && cp::community(kMicrosoft, service.value) == community;
  });
}

}  // namespace erbium::cp
