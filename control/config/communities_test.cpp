#include "control/config/communities.h"

#include <gtest/gtest.h>

#include <set>

namespace erbium::cp {
namespace {

TEST(Communities, TextsOfBothSizes) {
  EXPECT_EQ(parse_community("12076:51004"), 12076u << 16 | 51004u);
  EXPECT_EQ(community_text(*parse_community("12076:51004")), "12076:51004");
  EXPECT_EQ(parse_large_community("65001:0:4294967295"),
            (bgp::LargeCommunity{65001, 0, 4294967295u}));
  for (const char* bad : {"", "1", "1:", ":1", "65536:1", "1:65536", "1:2:3", "1:2 ", "-1:2"})
    EXPECT_FALSE(parse_community(bad)) << bad;
  for (const char* bad : {"", "1:2", "1:2:", "1:2:4294967296", "1:2:3:4"})
    EXPECT_FALSE(parse_large_community(bad)) << bad;
}

// Samples of every column of the page.
TEST(Communities, SayServiceAndRegion) {
  const std::pair<const char*, const char*> samples[] = {
      {"12076:50004", "Virtual networks in East US"},
      {"12076:51002", "Azure services in West Europe"},
      {"12076:52026", "Storage in West US 2"},
      {"12076:53059", "SQL in New Zealand North"},
      {"12076:54044", "Cosmos DB in West US 3"},
      {"12076:55019", "Backup in India South"},
      {"12076:5010", "Exchange Online"},
      {"12076:5060", "Microsoft Entra ID"},
      {"12076:51209", "US DoD Central"},
      {"12076:51305", "China North 3"}};
  for (const auto& [text, said] : samples)
    EXPECT_EQ(describe_community(*parse_community(text)), said) << text;
  for (const char* unknown : {"12076:51001", "12076:51022", "12076:20001", "12077:5010", "1:1"})
    EXPECT_FALSE(describe_community(*parse_community(unknown))) << unknown;
}

TEST(Communities, NoValueStandsTwice) {
  std::set<uint32_t> values;
  for (const AzureRegion& region : azure_regions())
    for (uint32_t base = 50'000; base <= 55'000; base += 1'000)
      EXPECT_TRUE(values.insert(base + region.number).second) << region.name;
  for (const ServiceCommunity& service : service_communities())
    EXPECT_TRUE(values.insert(service.value).second) << service.name;
  EXPECT_EQ(azure_regions().size(), 42u);
  EXPECT_EQ(find_region("East US 2")->regional(), parse_community("12076:50005"));
  EXPECT_EQ(find_region("east us 2"), nullptr);
}

TEST(Communities, Microsoft365NeedsAuthorisation) {
  EXPECT_TRUE(of_microsoft_365(*parse_community("12076:5010")));
  EXPECT_TRUE(of_microsoft_365(*parse_community("12076:5100")));
  EXPECT_FALSE(of_microsoft_365(*parse_community("12076:5060")));
  EXPECT_FALSE(of_microsoft_365(*parse_community("12076:51004")));
}

}  // namespace
}  // namespace erbium::cp
