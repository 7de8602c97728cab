#include "control/report/show.h"

#include <gtest/gtest.h>

#include "control/config/test_scenario.h"
#include "control/expressroute/test_sessions.h"

namespace erbium::cp {
namespace {

const std::string kBgp =
    edited("ipv4: {", "bfd: { tx: 300ms, rx: 300ms, multiplier: 3 }\n        ipv4: {");

class Wired : public TestSessions {
 public:
  using TestSessions::TestSessions;

  RunState state() const {
    RunState out{.scenario = scenario(), .compiler = compiler(), .sessions = &sessions()};
    out.at = now();
    out.replay_start = Time() + Duration::s(2);
    return out;
  }
  RouterTables tables(const RouterFilter& filter = {}) const {
    return select_tables(scenario(), compiler().topology(), filter).value().tables;
  }
};

TEST(Show, SummaryBeforeAnythingHappened) {
  const Wired net(kBgp);
  EXPECT_EQ(listings_text(show_bgp_summary(net.state(), net.tables({.router = "msee-a"}))),
            "msee-a er/primary/private, IPv4 unicast: AS 12076, identifier 10.228.0.2\n"
            "Neighbor  V     AS  MsgRcvd  MsgSent  Up/Down  State/PfxRcd  PfxSnt\n"
            "172.16.0.1 er/primary/private ipv4\n"
            "          4  65001        0        0    never          Idle       0\n"
            "169.254.0.2 msee-a/gw\n"
            "          4  65515        0        0    never          Idle       0\n");
}

TEST(Show, SummaryAndRoutesOfSessionsThatAreUp) {
  Wired net(kBgp);
  net.run_to(Time() + Duration::s(100));
  const auto text = [&](auto show, const RouterFilter& filter) {
    return listings_text(show(net.state(), net.tables(filter)));
  };
  const auto routes = [](const RunState& state, const RouterTables& tables) {
    return show_bgp_routes(state, tables, {});
  };
  EXPECT_EQ(text(show_bgp_summary, {.circuit = "er", .link = "primary"}),
            "msee-a er/primary/private, IPv4 unicast: AS 12076, identifier 10.228.0.2\n"
            "Neighbor  V     AS  MsgRcvd  MsgSent   Up/Down  State/PfxRcd  PfxSnt\n"
            "172.16.0.1 er/primary/private ipv4\n"
            "          4  65001        6        5  00:01:39             1       1\n"
            "169.254.0.2 msee-a/gw\n"
            "          4  65515        6        6  00:01:39             1       1\n");
  EXPECT_EQ(text(routes, {.circuit = "er", .link = "primary"}),
            "msee-a er/primary/private, AS 12076: route table\n"
            "    Network         NextHop      LocPrf  Weight  Path\n"
            "*>  10.0.0.0/16     169.254.0.2               0  65515\n"
            "*>  192.168.0.0/16  172.16.0.1                0  65001\n");
  EXPECT_EQ(text(routes, {.router = "gw"}),
            "gw, AS 65515: learned routes\n"
            "    Network         NextHop      Origin   Weight  AsPath\n"
            "*>  10.0.0.0/16                  Network       0\n"
            "*>  192.168.0.0/16  169.254.0.1  EBgp          0  12076-65001\n"
            "*=  192.168.0.0/16  169.254.0.5  EBgp          0  12076-65001\n");
  EXPECT_EQ(text(show_bfd, {.router = "ce"}),
            "ce\n"
            "Peer  State    Since  Remote    LocalId    RemoteId     TX     RX  Detect\n"
            "172.16.0.2 er/primary/private ipv4\n"
            "      Up     -1.996s  Up      330439973  3095747845  300ms  300ms   900ms\n"
            "172.16.0.6 er/secondary/private ipv4\n"
            "      Up     -1.996s  Up       70745357  2259932975  300ms  300ms   900ms\n");
  const auto covering = [](const RunState& state, const RouterTables& tables) {
    return show_bgp_routes(state, tables, net::Prefix::parse("10.0.1.4/32"));
  };
  EXPECT_EQ(text(covering, {.router = "ce"}),
            "ce, AS 65001: route table\n"
            "    Network      NextHop     LocPrf  Weight  Path\n"
            "*>  10.0.0.0/16  172.16.0.2     100       0  12076\n"
            "*=  10.0.0.0/16  172.16.0.6     100       0  12076\n");
}

TEST(Show, ASessionThatWasLostSaysWhen) {
  Wired net(kBgp);
  net.run_to(Time() + Duration::s(100));
  net.sessions().admin("er/primary/private", 0, false, Time() + Duration::s(100));
  net.run_to(Time() + Duration::s(100) + Duration::ms(2));
  const auto rows = listings_json(show_bgp_summary(net.state(), net.tables({.router = "ce"})))[0];
  const auto& lost = rows["rows"][0];
  EXPECT_EQ(lost["statePfxRcd"], "Idle (Admin)");
  EXPECT_EQ(lost["state"], "Idle");
  EXPECT_EQ(lost["upDown"], "00:00:00");
  EXPECT_EQ(lost["last_change_ns"], 100'000'000'000);
  EXPECT_EQ(rows["rows"][1]["state"], "Established");
}

TEST(Show, NeighborsAsAzureHasThem) {
  const Wired net(kBgp);
  RunState state = net.state();
  state.at = Time() + Duration::s(12 * 60 + 59);
  const RouterTables primary = net.tables({.circuit = "er", .link = "primary"});
  const uint32_t interface = primary[0].info->msee_interface;
  const std::string own = "  0  Microsoft          172.16.0.2  02e4.0002.0003\n";
  const std::string heading =
      "er/primary/private\nAge  InterfaceProperty  IpAddress   MacAddress\n";
  const auto text = [&] {
    return listings_text(show_circuit_neighbors(state, primary, net::Family::v4));
  };
  EXPECT_EQ(text(), heading + own);
  NeighborState& entry = state.neighbors.emplace_back();
  entry = {.node = primary[0].node, .interface = interface, .ip = *net::Ip::parse("172.16.0.1")};
  EXPECT_EQ(text(), heading + "  0  On-Prem            172.16.0.1  Incomplete\n" + own);
  entry.state = NeighborState::State::reachable;
  entry.mac = net::Mac::parse("e8:ed:f3:aa:01:01");
  entry.heard_ns = 1;
  EXPECT_EQ(text(), heading + " 12  On-Prem            172.16.0.1  e8ed.f3aa.0101\n" + own);
  EXPECT_EQ(
      listings_json(show_circuit_neighbors(state, primary, net::Family::v4))[0]["rows"][0],
      nlohmann::ordered_json::parse(R"({"age":12,"interface":"On-Prem","ipAddress":"172.16.0.1",
              "macAddress":"e8ed.f3aa.0101","age_ns":778999999999,"state":"reachable"})"));
  EXPECT_EQ(listings_text(show_circuit_neighbors(state, primary, net::Family::v6)),
            "er/primary/private\nAge  InterfaceProperty  IpAddress  MacAddress\n");
  EXPECT_EQ(listings_text(show_router_neighbors(state, primary, net::Family::v4)),
            "msee-a\n"
            "Age  InterfaceProperty        IpAddress   MacAddress\n"
            " 12  er/primary/private MSEE  172.16.0.1  e8ed.f3aa.0101\n");
}

TEST(Show, ForwardingTable) {
  const Wired net(kBgp);
  RunState state = net.state();
  const RouterTables ce = net.tables({.router = "ce"});
  using Kind = NextHopState::Kind;
  const auto add = [&](const char* prefix, std::vector<NextHopState> hops) {
    state.routes.push_back({ce[0].vrf, *net::Prefix::parse(prefix), std::move(hops)});
  };
  const uint32_t interface = net.tables({.link = "primary"})[0].info->ce_interface;
  const auto via = [&](const char* ip, std::optional<net::Mac> mac) {
    return NextHopState{Kind::gateway, interface, net::Ip::parse(ip), mac};
  };
  add("10.0.0.0/16",
      {via("172.16.0.2", net::Mac::parse("02:e4:00:02:00:03")), via("172.16.0.6", std::nullopt)});
  add("172.16.0.0/30", {{.kind = Kind::connected, .interface = interface}});
  add("172.16.0.1/32", {{.kind = Kind::local}});
  add("10.9.0.0/16", {});
  EXPECT_EQ(listings_text(show_fib(state, ce, {})),
            "ce: forwarding table\n"
            "Prefix         NextHop      Interface                    MacAddress\n"
            "10.0.0.0/16    172.16.0.2   er/primary/private customer  02e4.0002.0003\n"
            "10.0.0.0/16    172.16.0.6   er/primary/private customer  Incomplete\n"
            "172.16.0.0/30  connected    er/primary/private customer\n"
            "172.16.0.1/32  local\n"
            "10.9.0.0/16    unreachable\n");
  const auto covering = listings_json(show_fib(state, ce, net::Prefix::parse("10.0.1.4/32")));
  EXPECT_EQ(covering[0]["rows"].size(), 2u);
  EXPECT_EQ(covering[0]["rows"][1].dump(),
            R"({"prefix":"10.0.0.0/16","next_hop":"172.16.0.6",)"
            R"("interface":"er/primary/private customer","mac_address":null,"kind":"gateway"})");
}

TEST(Show, LinksDropsAndCircuits) {
  const Wired net(kBgp);
  RunState state = net.state();
  for (const LinkInfo& link : state.topology().links)
    state.stats.links.push_back({.name = link.name, .direction = link.direction});
  state.stats.links[0].sent = {7, 700};
  state.stats.links[0].drops = {{"link_down", 2}};
  state.stats.links[0].policed = 1;
  state.stats.nodes = {{.name = "ce", .drops = {{"no_route", 3}}}};
  EXPECT_EQ(listings_text(show_links(state, {.circuit = "er", .link = "primary"})),
            "Link  Direction    Rate  Delay  Packets  Bytes  Dropped  Inside  State\n"
            "er/primary\n"
            "      to_azure   10Gbps    1ms        7    700        3       0  up\n"
            "      to_onprem  10Gbps    1ms        0      0        0       0  up\n");
  EXPECT_EQ(listings_json(show_links(state, {.circuit = "er", .link = "primary"}))[0]["rows"][0],
            nlohmann::ordered_json::parse(R"({"link": "er/primary", "direction": "to_azure",
                "state": "up", "rate_bps": 10000000000, "delay_ns": 1000000, "packets": 7,
                "bytes": 700, "dropped": 3, "in_flight": 0, "impairment": null})"));
  EXPECT_EQ(listings_text(show_drops(state)),
            "Where                     Reason     Packets\n"
            "router ce                 no_route         3\n"
            "link er/primary to_azure  link_down        2\n");
  EXPECT_EQ(listings_text(show_circuits(state, {})),
            "Name  Model     Tier      Bandwidth  Primary  Secondary  Peerings\n"
            "er\n"
            "      provider  standard      1Gbps  up       up         private\n");
}

}  // namespace
}  // namespace erbium::cp
