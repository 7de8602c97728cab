#include "control/mrt/routes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "control/bgp/test_octets.h"
#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp::mrt {
namespace {

using bgp::hex;
using Octets = std::vector<uint8_t>;

Octets record(uint16_t type, uint16_t subtype, const std::string& body) {
  const Octets octets = hex(body);
  Octets out;
  bgp::OctetWriter to(out);
  to.u32(1486801684);
  to.u16(type);
  to.u16(subtype);
  to.u32(static_cast<uint32_t>(octets.size()));
  to.octets(octets);
  return out;
}

// An UPDATE with its marker and length, from a peer 192.0.2.`peer` of AS 65001 (RFC 6396 §4.4.2).
Octets message(const std::string& peer, const std::string& body) {
  const size_t length = 19 + hex(body).size();
  char size[5];
  std::snprintf(size, sizeof size, "%04zx", length);
  return record(16, 4,
                "0000fde9 0000fdea 0000 0001 c00002" + peer + " c0000263" + std::string(32, 'f') +
                    size + "02" + body);
}

// A route with a MED and communities, and attribute 200, which nobody knows.
constexpr const char* kAttributes =
    "400101 00 400206 0201 0000fde9 400304 c0000201 800404 00000007 400504 0000012c "
    "c00804 fde90005 c0c802 abcd";

std::string update(const std::string& withdrawn, const std::string& announced) {
  const auto sized = [](const std::string& body) {
    char size[5];
    std::snprintf(size, sizeof size, "%04zx", hex(body).size());
    return std::string(size) + body;
  };
  return sized(withdrawn) + sized(announced.empty() ? "" : kAttributes) + announced;
}

Octets joined(std::initializer_list<Octets> parts) {
  Octets out;
  for (const Octets& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::vector<FileRoute> routes_of(Octets octets, std::optional<uint32_t> limit = {}) {
  Reader reader(open_octets(std::move(octets)));
  return routes(reader, limit);
}

std::vector<std::string> prefixes_of(const std::vector<FileRoute>& routes) {
  std::vector<std::string> out;
  for (const FileRoute& route : routes) out.push_back(route.prefix.str());
  return out;
}

using Names = std::vector<std::string>;

TEST(MrtRoutes, KeepWhatTheFileSays) {
  const auto found = routes_of(message("01", update("", "18 cb0071")));
  ASSERT_EQ(found.size(), 1u);
  const bgp::PathAttributes& a = found[0].attributes;
  EXPECT_EQ(found[0].prefix.str(), "203.0.113.0/24");
  EXPECT_EQ(a.as_path.str(), "65001");
  EXPECT_EQ(a.med, 7u);
  EXPECT_EQ(a.communities, std::vector<uint32_t>{65001u << 16 | 5});
  ASSERT_EQ(a.unknown.size(), 1u);
  EXPECT_EQ(a.unknown[0].type, 200);
  EXPECT_FALSE(a.next_hop) << "the router's own takes its place";
  EXPECT_FALSE(a.local_pref) << "is for the AS the file comes from";
}

TEST(MrtRoutes, TheFirstPeerStandsUntilItTakesItsRouteBack) {
  const auto first = message("01", update("", "18 cb0071 18 c63364"));
  const auto other = message("02", update("", "18 cb0071 18 c00002"));
  const auto back = message("01", update("18 cb0071", ""));
  const auto unheard = message("02", update("18 c63364", ""));
  EXPECT_EQ(prefixes_of(routes_of(joined({first, other, unheard}))),
            (Names{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}));
  EXPECT_EQ(prefixes_of(routes_of(joined({first, other, back}))),
            (Names{"192.0.2.0/24", "198.51.100.0/24"}));
  EXPECT_EQ(prefixes_of(routes_of(joined({first, back, other}))),
            (Names{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}));
}

TEST(MrtRoutes, TheFileIsReadNoFurtherThanTheLimit) {
  const auto first = message("01", update("", "18 cb0071 18 c63364"));
  const Octets damaged = {0, 1, 2};
  EXPECT_EQ(prefixes_of(routes_of(joined({first, damaged}), 2)),
            (Names{"198.51.100.0/24", "203.0.113.0/24"}));
  EXPECT_EQ(prefixes_of(routes_of(joined({first, damaged}), 1)), Names{"203.0.113.0/24"});
  EXPECT_THROW(routes_of(joined({first, damaged}), 3), Error);
}

TEST(MrtRoutes, ALyingMessageIsNamedByItsOffset) {
  Octets octets = message("01", update("", "18 cb0071"));
  octets[12 + 20 + 17] = 0xff;  // the BGP message's length
  try {
    routes_of(octets);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.offset(), 12u + 20u) << error.what();
  }
}

// ---- in a scenario ----

std::string scenario_text(const std::string& path) {
  return edited("[{ prefix: 192.168.0.0/16 }]", "[{ mrt: " + path + ", limit: 1 }]");
}

std::string refusal(const Octets& octets) {
  const std::string path = testing::TempDir() + "erbium_routes.mrt";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(octets.data()),
             static_cast<std::streamsize>(octets.size()));
  Scenario scenario = load_text(scenario_text(path), "dir/file.yaml");
  std::string said;
  try {
    read_routes(scenario);
    said = prefixes_of(scenario.onprem[0].announce[0].routes)[0];
  } catch (const ConfigError& error) {
    said = error.what();
  }
  std::filesystem::remove(path);
  for (size_t at; (at = said.find(path)) != std::string::npos;) said.replace(at, path.size(), "F");
  return said;
}

TEST(MrtRoutes, AScenarioSaysWhichLineNamesABadFile) {
  const Octets whole = message("01", update("", "18 cb0071"));
  EXPECT_EQ(refusal(whole), "203.0.113.0/24");
  const std::string place = "dir/file.yaml:26:50: ";
  EXPECT_EQ(refusal({whole.begin(), whole.end() - 1}),
            place + "F: MRT: the file ends inside a record at octet " +
                std::to_string(whole.size() - 1) + "; name a whole MRT file (RFC 6396)");
  EXPECT_EQ(refusal(record(99, 0, "")),
            place +
                "F: there is no route in it; name an MRT file with IPv4 or IPv6 unicast "
                "routes");
  Scenario scenario = load_text(scenario_text("/no/such/file.mrt"), "file.yaml");
  EXPECT_THROW(read_routes(scenario), ConfigError);
}

}  // namespace
}  // namespace erbium::cp::mrt
