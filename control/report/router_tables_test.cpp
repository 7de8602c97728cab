#include "control/report/router_tables.h"

#include <gtest/gtest.h>

#include "control/config/decode.h"
#include "control/config/test_scenario.h"

namespace erbium::cp {
namespace {

class RouterTables : public ::testing::Test {
 protected:
  // The names of what is selected, or the complaint.
  std::string select(const RouterFilter& filter) const {
    const auto found = select_tables(scenario_, topology_, filter);
    if (!found) return found.error();
    std::string out;
    for (const RouterTable& table : found->tables) out += (out.empty() ? "" : ", ") + table.name();
    return out;
  }

  const Scenario scenario_ = load_text(kBaseScenario, "scenario.yaml");
  const Topology topology_ = build_topology(scenario_, {});
};

TEST_F(RouterTables, OfCustomerMseesAndGateway) {
  EXPECT_EQ(select({}), "ce, msee-a er/primary/private, msee-b er/secondary/private, gw");
  const auto all = router_tables(scenario_, topology_);
  EXPECT_EQ(all[0].kind, RouterTable::Kind::customer);
  EXPECT_EQ(all[1].kind, RouterTable::Kind::msee);
  EXPECT_EQ(all[1].info->msee_vrf, all[1].vrf);
  EXPECT_EQ(all[3].kind, RouterTable::Kind::gateway);
  EXPECT_EQ(all[1].object().dump(),
            R"({"router":"msee-a","circuit":"er","link":"primary","peering":"private"})");
  EXPECT_EQ(all[3].object().dump(), R"({"router":"gw"})");
}

TEST(RouterTablesOfAzure, MicrosoftEdgesComeLast) {
  std::string text = kBaseScenario;
  text += "microsoft_edges:\n  ms: { prefixes: [{ prefix: 20.190.128.0/18, communities: [] }] }\n";
  const Scenario scenario = load_text(text, "scenario.yaml");
  const Topology topology = build_topology(scenario, {});
  const RouterTable last = router_tables(scenario, topology).back();
  EXPECT_EQ(last.kind, RouterTable::Kind::microsoft_edge);
  EXPECT_EQ(last.name(), "ms");
  EXPECT_EQ(last.node, topology.microsoft_edges[0].node);
}

TEST(RouterTablesOfDisabledPeerings, AreKnownByName) {
  const Scenario scenario =
      load_text(edited("        vlan: 100\n", "        vlan: 100\n        state: disabled\n"),
                "scenario.yaml");
  const Topology topology = build_topology(scenario, {});
  const auto found = select_tables(scenario, topology, {.router = "msee-a"});
  ASSERT_TRUE(found) << found.error();
  EXPECT_TRUE(found->tables.empty());
  ASSERT_EQ(found->disabled.size(), 1u);
  EXPECT_EQ(found->disabled[0].name(), "msee-a er/primary/private");
}

TEST_F(RouterTables, ByName) {
  EXPECT_EQ(select({.router = "gw"}), "gw");
  EXPECT_EQ(select({.circuit = "er"}), "msee-a er/primary/private, msee-b er/secondary/private");
  EXPECT_EQ(select({.circuit = "er", .link = "secondary"}), "msee-b er/secondary/private");
  EXPECT_EQ(select({.link = "primary"}), "msee-a er/primary/private");
  EXPECT_EQ(select({.router = "msee-b", .peering = "private"}), "msee-b er/secondary/private");
}

TEST_F(RouterTables, WhatThereIsNot) {
  EXPECT_EQ(select({.router = "mse-a"}), "no router mse-a; write 'msee-a'");
  EXPECT_EQ(select({.router = "xyzzy"}), "no router xyzzy; valid routers: ce, msee-a, msee-b, gw");
  EXPECT_EQ(select({.circuit = "er-sjc"}), "no circuit er-sjc; valid circuits: er");
  EXPECT_EQ(select({.link = "primry"}), "no link primry; write 'primary'");
  EXPECT_EQ(select({.peering = "public"}), "no peering public; valid peerings: private, microsoft");
  EXPECT_EQ(
      select({.circuit = "er", .peering = "microsoft"}),
      "nothing is circuit er, peering microsoft; valid tables: ce, msee-a er/primary/private, "
      "msee-b er/secondary/private, gw");
}

}  // namespace
}  // namespace erbium::cp
