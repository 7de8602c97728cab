#include "dataplane/tables/vlan_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

namespace erbium::dp {
namespace {

TEST(VlanMap, EmptyKnowsNothing) { EXPECT_EQ(VlanMap().lookup(1, 0, 0), 0u); }

TEST(VlanMap, KeysDifferInEveryPart) {
  VlanMap map;
  map.insert(1, 100, 200, 7);
  EXPECT_EQ(map.lookup(1, 100, 200), 7u);
  EXPECT_EQ(map.lookup(2, 100, 200), 0u);
  EXPECT_EQ(map.lookup(1, 200, 100), 0u);
  EXPECT_EQ(map.lookup(1, 100, 0), 0u);
  EXPECT_EQ(map.lookup(1, 0, 0), 0u);
}

TEST(VlanMap, TheLastOfEqualKeysCounts) {
  VlanMap map;
  map.insert(1, 100, 0, 7);
  map.insert(1, 100, 0, 8);
  EXPECT_EQ(map.lookup(1, 100, 0), 8u);
}

TEST(VlanMap, AgreesWithAModel) {
  std::mt19937 random(1);
  VlanMap map;
  std::map<std::tuple<uint32_t, uint16_t, uint16_t>, uint32_t> model;
  const auto key = [&] {
    return std::tuple(static_cast<uint32_t>(random() % 40), static_cast<uint16_t>(random() % 30),
                      static_cast<uint16_t>(4094 - random() % 30));
  };
  for (uint32_t id = 1; id < 20'000; id++) {
    const auto [trunk, outer, inner] = key();
    map.insert(trunk, outer, inner, id);
    model[{trunk, outer, inner}] = id;
    const auto asked = key();
    const auto at = model.find(asked);
    ASSERT_EQ(std::apply([&](auto... parts) { return map.lookup(parts...); }, asked),
              at == model.end() ? 0 : at->second);
  }
  for (const auto& [parts, id] : model)
    ASSERT_EQ(map.lookup(std::get<0>(parts), std::get<1>(parts), std::get<2>(parts)), id);
}

}  // namespace
}  // namespace erbium::dp
