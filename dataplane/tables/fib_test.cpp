// The forwarding table against a naive judge over random histories, at its edges and under
// a concurrent reader.
#include "dataplane/tables/fib.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/bgp_like.h"

namespace erbium::dp {
namespace {

using bench::SplitMix;
using net::Family;
using net::Ip;
using net::Prefix;

Prefix prefix(const char* text) { return *Prefix::parse(text); }

NextHopGroupId lookup(const FibView& view, const Ip& ip) {
  return ip.is_v4() ? view.lookup4(ip.v4_host()) : view.lookup6(ip.bytes.data());
}
NextHopGroupId lookup(const Fib& fib, const char* ip) {
  return lookup(*fib.view(), *Ip::parse(ip));
}

// The judge: tries every length, longest first, in an ordered map.
class NaiveTable {
 public:
  // Return the group before, as Fib does.
  NextHopGroupId upsert(const Prefix& p, NextHopGroupId group) {
    return std::exchange(routes_[p.canonical()], group);
  }
  NextHopGroupId erase(const Prefix& p) {
    const auto node = routes_.extract(p.canonical());
    return node ? node.mapped() : kNoRoute;
  }
  NextHopGroupId lookup(const Ip& ip) const {
    for (unsigned length = ip.bits() + 1; length-- > 0;) {
      const auto at = routes_.find(Prefix{ip, static_cast<uint8_t>(length)}.canonical());
      if (at != routes_.end()) return at->second;
    }
    return kNoRoute;
  }
  const std::map<Prefix, NextHopGroupId>& routes() const { return routes_; }

 private:
  std::map<Prefix, NextHopGroupId> routes_;
};

std::vector<NextHopGroupId> bulk(const FibView& view, const std::vector<Ip>& ips) {
  std::vector<NextHopGroupId> out(ips.size(), 99);
  for (size_t at = 0; at < ips.size();) {
    const auto n = static_cast<unsigned>(std::min<size_t>(kFibBurst - at % 3, ips.size() - at));
    uint32_t dst4[kFibBurst];
    const uint8_t* dst6[kFibBurst];
    for (unsigned i = 0; i < n; ++i) {
      if (ips[at].is_v4()) dst4[i] = ips[at + i].v4_host();
      dst6[i] = ips[at + i].bytes.data();
    }
    if (ips[at].is_v4()) {
      view.lookup4_bulk(dst4, &out[at], n);
    } else {
      view.lookup6_bulk(dst6, &out[at], n);
    }
    at += n;
  }
  return out;
}

TEST(Fib, EmptyTableHasNoRoute) {
  const Fib fib;
  EXPECT_EQ(lookup(fib, "10.0.0.1"), kNoRoute);
  EXPECT_EQ(lookup(fib, "fd00::1"), kNoRoute);
  EXPECT_EQ(fib.routes(), 0u);
  EXPECT_EQ(bulk(*fib.view(), {*Ip::parse("1.2.3.4"), *Ip::parse("0.0.0.0")}),
            (std::vector<NextHopGroupId>{kNoRoute, kNoRoute}));
}

TEST(Fib, NothingIsVisibleBeforeCommit) {
  Fib fib;
  fib.upsert(prefix("10.0.0.0/8"), 5);
  EXPECT_EQ(lookup(fib, "10.0.0.1"), kNoRoute);
  EXPECT_EQ(fib.find(prefix("10.0.0.0/8")), 5u);
  fib.commit();
  EXPECT_EQ(lookup(fib, "10.0.0.1"), 5u);
  EXPECT_EQ(lookup(fib, "11.0.0.1"), kNoRoute);
}

TEST(Fib, DefaultRoutesOfBothFamilies) {
  Fib fib;
  fib.upsert(prefix("0.0.0.0/0"), 1);
  fib.upsert(prefix("::/0"), 2);
  fib.upsert(prefix("192.0.2.128/25"), 3);
  fib.upsert(prefix("2001:db8::/32"), 4);
  fib.commit();
  EXPECT_EQ(lookup(fib, "192.0.2.1"), 1u);
  EXPECT_EQ(lookup(fib, "192.0.2.129"), 3u);
  EXPECT_EQ(lookup(fib, "fd00::1"), 2u);
  EXPECT_EQ(lookup(fib, "2001:db8::1"), 4u);
  EXPECT_TRUE(fib.erase(prefix("0.0.0.0/0")));
  fib.upsert(prefix("::/0"), 7);
  fib.commit();
  EXPECT_EQ(lookup(fib, "192.0.2.1"), kNoRoute);
  EXPECT_EQ(lookup(fib, "192.0.2.129"), 3u);
  EXPECT_EQ(lookup(fib, "fd00::1"), 7u);
}

TEST(Fib, HostRoutesAtTheEndsOfTheAddressSpace) {
  Fib fib;
  const char* const hosts[] = {"0.0.0.0/32",
                               "255.255.255.255/32",
                               "10.1.2.3/32",
                               "::/128",
                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
                               "fd00::1/128"};
  for (unsigned i = 0; i < std::size(hosts); ++i) fib.upsert(prefix(hosts[i]), i + 1);
  fib.commit();
  for (unsigned i = 0; i < std::size(hosts); ++i) {
    EXPECT_EQ(lookup(*fib.view(), prefix(hosts[i]).address), i + 1) << hosts[i];
  }
  EXPECT_EQ(lookup(fib, "10.1.2.2"), kNoRoute);
  EXPECT_EQ(lookup(fib, "10.1.2.4"), kNoRoute);
  EXPECT_EQ(lookup(fib, "fd00::"), kNoRoute);
  EXPECT_EQ(lookup(fib, "fd00::2"), kNoRoute);
}

TEST(Fib, NestFromSlash1ToTheHost) {
  for (const char* text : {"170.85.170.85", "2001:db8:aaaa:5555:1234:5678:9abc:def0"}) {
    const Ip host = *Ip::parse(text);
    Fib fib;
    NaiveTable naive;
    for (unsigned length = 0; length <= host.bits(); ++length) {
      const Prefix p{host, static_cast<uint8_t>(length)};
      fib.upsert(p, length + 1);
      naive.upsert(p, length + 1);
    }
    fib.commit();
    for (unsigned bit = 0; bit < host.bits(); ++bit) {
      Ip ip = host;
      ip.bytes[bit / 8] ^= static_cast<uint8_t>(0x80u >> bit % 8);
      EXPECT_EQ(lookup(*fib.view(), ip), bit + 1) << ip.str();
      EXPECT_EQ(naive.lookup(ip), bit + 1);
    }
    EXPECT_EQ(lookup(*fib.view(), host), host.bits() + 1);
  }
}

TEST(Fib, EraseOfAbsentRoute) {
  Fib fib;
  EXPECT_FALSE(fib.erase(prefix("10.0.0.0/8")));
  fib.upsert(prefix("10.0.0.0/8"), 1);
  EXPECT_FALSE(fib.erase(prefix("10.0.0.0/9")));
  EXPECT_FALSE(fib.erase(prefix("::/0")));
  EXPECT_TRUE(fib.erase(prefix("10.9.9.9/8"))) << "host bits are ignored";
  EXPECT_FALSE(fib.erase(prefix("10.0.0.0/8")));
  EXPECT_EQ(fib.routes(), 0u);
}

TEST(Fib, ManyStagedAtOnceAreAsOneByOne) {
  SplitMix random(3);
  std::vector<Prefix> prefixes = bench::bgp_like(Family::v4, 3'000, 3);
  for (const Prefix& p : bench::bgp_like(Family::v6, 3'000, 4)) prefixes.push_back(p);
  Fib at_once, one_by_one;
  for (unsigned round = 0; round < 40; ++round) {
    std::vector<FibChange> changes;
    for (unsigned i = 0; i < round * 20; ++i)
      changes.push_back(
          {prefixes[random.below(static_cast<uint32_t>(prefixes.size()))], random.below(3)});
    std::vector<NextHopGroupId> before(changes.size()), wanted;
    for (const FibChange& c : changes)
      wanted.push_back(c.group == kNoRoute ? one_by_one.erase(c.prefix)
                                           : one_by_one.upsert(c.prefix, c.group));
    at_once.stage(changes, before.data());
    ASSERT_EQ(before, wanted);
    for (Fib* fib : {&at_once, &one_by_one}) fib->commit();
    for (const FibChange& c : changes) {
      const Ip ip = bench::address_in(c.prefix, random);
      ASSERT_EQ(lookup(*at_once.view(), ip), lookup(*one_by_one.view(), ip));
    }
  }
}

TEST(Fib, RejectsImpossibleGroups) {
  Fib fib;
  EXPECT_DEATH(fib.upsert(prefix("10.0.0.0/8"), kNoRoute), "check failed");
  EXPECT_DEATH(fib.upsert(prefix("10.0.0.0/8"), kMaxNextHopGroup + 1), "check failed");
  fib.upsert(prefix("10.0.0.0/8"), kMaxNextHopGroup);
  fib.commit();
  EXPECT_EQ(lookup(fib, "10.0.0.0"), kMaxNextHopGroup);
}

TEST(Fib, CommitWithoutChangeKeepsTheView) {
  Fib fib;
  fib.upsert(prefix("10.0.0.0/8"), 1);
  fib.commit();
  const FibView* view = fib.view();
  fib.upsert(prefix("10.0.0.0/8"), 1);
  fib.commit();
  EXPECT_EQ(fib.view(), view);
}

TEST(Fib, OldViewAnswersUntilReclaim) {
  Fib fib;
  for (unsigned i = 0; i < 3000; ++i) fib.upsert({Ip::v4(i << 20), 24}, i + 1);
  fib.commit();
  fib.reclaim();
  const FibView* before = fib.view();
  for (unsigned i = 0; i < 3000; ++i) {
    fib.upsert({Ip::v4(i << 20), 24}, 9999);
    fib.upsert({Ip::v4(i << 20), 28}, 8888);
    if (i % 100 == 0) fib.commit();
  }
  fib.clear();
  fib.commit();
  for (unsigned i = 0; i < 3000; ++i) {
    ASSERT_EQ(before->lookup4(i << 20), i + 1);
    ASSERT_EQ(fib.view()->lookup4(i << 20), kNoRoute);
  }
}

TEST(Fib, ForEachIsOrderedByFamilyAddressLength) {
  Fib fib;
  const char* const sorted[] = {"0.0.0.0/0",     "10.0.0.0/8",    "10.0.0.0/16",
                                "10.0.1.0/24",   "11.0.0.0/8",    "::/0",
                                "2001:db8::/32", "2001:db8::/48", "fd00::/8"};
  for (unsigned i = std::size(sorted); i-- > 0;) fib.upsert(prefix(sorted[i]), i + 1);
  std::vector<std::string> seen;
  fib.for_each([&](const Prefix& p, NextHopGroupId group) {
    EXPECT_STREQ(sorted[group - 1], p.str().c_str());
    seen.push_back(p.str());
  });
  EXPECT_EQ(seen, std::vector<std::string>(std::begin(sorted), std::end(sorted)));
  EXPECT_EQ(fib.routes(Family::v4), 5u);
  EXPECT_EQ(fib.routes(Family::v6), 4u);
}

// Random histories over a universe of prefixes that nest and neighbour each other.
struct Universe {
  const char* name;
  const char* base;    // every prefix is inside
  uint8_t lengths[6];  // drawn from evenly
  unsigned spread;     // random bits stand in the last so many bits of a prefix
  unsigned changes;    // most in one generation
  unsigned steps;
  unsigned most;  // routes: erasing wins above
};

class FibHistory : public testing::TestWithParam<Universe> {};

Prefix draw(const Universe& u, SplitMix& random) {
  const Prefix base = prefix(u.base);
  Prefix p{base.address, u.lengths[random.below(6)]};
  if (p.length <= base.length) return Prefix{base.address, p.length}.canonical();
  const unsigned spread = std::min<unsigned>(p.length, u.spread);
  const unsigned from = std::max<unsigned>(base.length, p.length - spread);
  bench::set_bits(p.address, from, p.length, random.next());
  if (from > base.length) bench::set_bits(p.address, base.length, base.length + 1, random.next());
  return p.canonical();
}

TEST_P(FibHistory, AgreesWithTheNaiveTable) {
  const Universe& u = GetParam();
  SplitMix random(2024);
  Fib fib;
  NaiveTable naive;
  std::vector<Ip> ips;
  std::vector<NextHopGroupId> want;
  for (unsigned step = 0; step < u.steps; ++step) {
    const FibView* before = fib.view();
    const std::vector<Ip> old_ips = ips;
    const std::vector<NextHopGroupId> old_want = want;

    std::vector<Prefix> touched;
    for (unsigned i = 1 + random.below(u.changes); i > 0; --i) {
      Prefix p = draw(u, random);
      const bool full = naive.routes().size() >= u.most;
      if (random.below(8) < (full ? 5u : 2u)) {
        const auto at = naive.routes().lower_bound(p);
        if (at != naive.routes().end() && random.below(4) != 0) p = at->first;
        ASSERT_EQ(fib.erase(p), naive.erase(p)) << p.str();
      } else {
        const NextHopGroupId group = 1 + random.below(step % 2 == 0 ? 3 : kMaxNextHopGroup);
        ASSERT_EQ(fib.upsert(p, group), naive.upsert(p, group)) << p.str();
      }
      touched.push_back(p);
    }
    fib.commit();
    ASSERT_EQ(fib.routes(), naive.routes().size());

    ips.clear();
    want.clear();
    for (unsigned i = 0; i < 40; ++i) {
      const Prefix p = i % 2 == 0 ? touched[random.below(static_cast<uint32_t>(touched.size()))]
                                  : draw(u, random);
      Ip ip = bench::address_in(p, random);
      if (i % 8 == 0) ip = p.address;
      if (i % 8 == 1) ip = p.address.plus(UINT32_MAX);
      ips.push_back(ip);
      want.push_back(naive.lookup(ip));
      ASSERT_EQ(lookup(*fib.view(), ip), want.back()) << ip.str() << " in step " << step;
    }
    ASSERT_EQ(bulk(*fib.view(), ips), want) << "step " << step;
    ASSERT_EQ(bulk(*before, old_ips), old_want) << "step " << step;
    if (random.below(4) != 0) fib.reclaim();
  }
  std::map<Prefix, NextHopGroupId> listed;
  fib.for_each([&](const Prefix& p, NextHopGroupId group) { listed.emplace(p, group); });
  EXPECT_EQ(listed, naive.routes());
}

INSTANTIATE_TEST_SUITE_P(
    Universes, FibHistory,
    testing::Values(
        Universe{"v4_few", "10.0.0.0/8", {0, 8, 16, 24, 30, 32}, 32, 4, 2000, 60},
        Universe{"v4_dense_hosts", "192.0.2.0/24", {25, 26, 28, 30, 31, 32}, 8, 6, 2000, 300},
        Universe{"v4_wide", "0.0.0.0/0", {1, 7, 13, 19, 24, 32}, 32, 40, 500, 4000},
        Universe{"v4_deep", "172.16.0.0/12", {18, 20, 22, 24, 28, 32}, 14, 60, 600, 6000},
        Universe{"v6_few", "fd00::/8", {0, 32, 48, 56, 64, 128}, 12, 4, 2000, 60},
        Universe{"v6_links", "2001:db8:1::/48", {64, 112, 120, 126, 127, 128}, 7, 6, 1500, 500},
        Universe{"v6_wide", "::/0", {3, 20, 32, 48, 64, 128}, 128, 40, 400, 3000},
        Universe{"v6_deep", "2001:db8::/32", {36, 40, 44, 48, 60, 64}, 16, 60, 600, 5000}),
    [](const auto& param) { return std::string(param.param.name); });

// The state reached in many small generations, with and without the large ones that rebuild.
TEST(Fib, SmallGenerationsAndBulkBuildAgree) {
  for (const Family family : {Family::v4, Family::v6}) {
    const std::vector<Prefix> routes = bench::bgp_like(family, 60'000, 7);
    Fib at_once;
    Fib in_steps;
    for (size_t i = 0; i < routes.size(); ++i) {
      const auto group = static_cast<NextHopGroupId>(1 + i % 500);
      at_once.upsert(routes[i], group);
      in_steps.upsert(routes[i], group);
      if (i % 997 == 0) {
        in_steps.commit();
        in_steps.reclaim();
      }
    }
    at_once.commit();
    in_steps.commit();
    SplitMix random(3);
    for (const Prefix& p : routes) {
      for (const Ip& ip : {bench::address_in(p, random), p.address.plus(UINT32_MAX)}) {
        ASSERT_EQ(lookup(*at_once.view(), ip), lookup(*in_steps.view(), ip)) << ip.str();
      }
      ASSERT_NE(lookup(*at_once.view(), p.address), kNoRoute);
    }
  }
}

TEST(Fib, OneBurstOverManyVrfs) {
  std::vector<std::unique_ptr<Fib>> fibs;
  for (unsigned vrf = 0; vrf < 40; ++vrf) {
    fibs.push_back(std::make_unique<Fib>());
    const unsigned routes = vrf % 4 == 0 ? 1500 : vrf;
    for (unsigned i = 0; i < routes; ++i) {
      fibs[vrf]->upsert({Ip::v4(i << 16), 24}, 1 + vrf * 2000 + i);
    }
    fibs[vrf]->upsert(prefix("fd00::/16"), 1 + vrf);
    if (vrf % 3 == 0) fibs[vrf]->upsert(prefix("0.0.0.0/0"), 100'000 + vrf);
    fibs[vrf]->commit();
  }
  SplitMix random(5);
  for (unsigned round = 0; round < 200; ++round) {
    const FibView* views[kFibBurst];
    uint32_t dst[kFibBurst];
    NextHopGroupId out[kFibBurst];
    std::vector<Ip> ips6;
    const uint8_t* dst6[kFibBurst];
    for (unsigned i = 0; i < kFibBurst; ++i) {
      views[i] = fibs[random.below(40)]->view();
      dst[i] = random.below(60) << 16;
      ips6.push_back(*Ip::parse(random.below(2) ? "fd00::1" : "fd01::1"));
    }
    for (unsigned i = 0; i < kFibBurst; ++i) dst6[i] = ips6[i].bytes.data();
    const unsigned n = 1 + random.below(kFibBurst);
    FibView::lookup4_bulk(views, dst, out, n);
    for (unsigned i = 0; i < n; ++i) ASSERT_EQ(out[i], views[i]->lookup4(dst[i]));
    FibView::lookup6_bulk(views, dst6, out, n);
    for (unsigned i = 0; i < n; ++i) ASSERT_EQ(out[i], views[i]->lookup6(dst6[i]));
  }
}

// A reader sees whole generations only: in each of them all prefixes carry the same group. It
// announces the generation it is past, and the writer reclaims what came before: the discipline
// of rte_rcu_qsbr.
TEST(Fib, ReaderDuringCommitsSeesWholeGenerations) {
  constexpr unsigned kGenerations = 400;
  const std::vector<Prefix> routes = bench::bgp_like(Family::v4, 2000, 29);
  Fib fib;
  std::atomic<uint32_t> quiescent{0};
  std::atomic<bool> torn{false};
  std::thread reader([&] {
    uint32_t last = 0;
    while (last < kGenerations && !torn) {
      const FibView* view = fib.view();
      uint8_t host6[16] = {0xfd};
      const NextHopGroupId generation = view->lookup6(host6);
      uint32_t dst[kFibBurst];
      NextHopGroupId out[kFibBurst];
      for (unsigned i = 0; i < kFibBurst; ++i) {
        dst[i] = routes[(last * 7 + i * 31) % 500].address.v4_host();
      }
      view->lookup4_bulk(dst, out, kFibBurst);
      for (const NextHopGroupId group : out) torn = torn || group != generation;
      torn = torn || generation < last;
      last = generation;
      quiescent.store(last, std::memory_order_release);
    }
  });
  for (uint32_t generation = 1; generation <= kGenerations; ++generation) {
    fib.upsert(prefix("fd00::/8"), generation);
    const size_t count = generation % 16 < 8 ? routes.size() : 500;
    for (size_t i = 0; i < routes.size(); ++i) {
      if (i < count) {
        fib.upsert(routes[i], generation);
      } else {
        fib.erase(routes[i]);
      }
    }
    fib.commit();
    while (quiescent.load(std::memory_order_acquire) < generation && !torn) {
      std::this_thread::yield();
    }
    fib.reclaim();
  }
  reader.join();
  EXPECT_FALSE(torn);
}

}  // namespace
}  // namespace erbium::dp
