#include "control/rib/deciding_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "control/rib/test_routes.h"

namespace erbium::cp::rib {
namespace {

using test::attributes;
using test::prefix;
using test::Table;

constexpr const char* kTo = "10.0.0.0/16";

Deciding step_of(const Table& t, PeerId peer) {
  std::vector<Path> paths, chosen;
  t.rib.paths(prefix(kTo), paths);
  chosen = paths;
  t.rib.choose(chosen);
  const auto loser =
      std::find_if(paths.begin(), paths.end(), [&](const Path& p) { return p.peer == peer; });
  return deciding_step(t.rib.pool(), t.rib.config().decision, paths, chosen, *loser);
}

TEST(DecidingStep, NamesTheFirstStepThatDiffers) {
  Table t;
  bgp::PathAttributes best = attributes({65001});
  best.local_pref = 200;
  t.announce(1, kTo, best, 10);
  t.announce(2, kTo, attributes({65002}));
  t.announce(3, kTo, attributes({65002}), 10);
  t.announce(4, kTo, best, 10, true);
  EXPECT_EQ(step_of(t, 2).text, "weight 0 against 10");
  EXPECT_EQ(step_of(t, 3).text, "local preference 100 against 200");
  EXPECT_EQ(step_of(t, 4).step, DecidingStep::refused);
  Table u;
  u.announce(1, kTo, attributes({65001}));
  u.announce(2, kTo, attributes({65002, 65002}));
  bgp::PathAttributes incomplete = attributes({65003});
  incomplete.origin = bgp::Origin::incomplete;
  u.announce(3, kTo, incomplete);
  bgp::PathAttributes worse = attributes({65001});
  worse.med = 7;
  u.announce(4, kTo, worse);
  EXPECT_EQ(step_of(u, 2).text, "AS path of 2 against 1");
  EXPECT_EQ(step_of(u, 3).text, "origin incomplete against igp");
  EXPECT_EQ(step_of(u, 4).text, "MED 7 against 0");
}

TEST(DecidingStep, NamesWhatLimitsTheSharing) {
  Table few({.decision = {.max_paths = 2}});
  for (PeerId peer = 1; peer <= 3; peer++) few.announce(peer, kTo, attributes({65000 + peer}));
  EXPECT_EQ(step_of(few, 3).step, DecidingStep::places);
  Table strict({.decision = {.multipath_relax = false}});
  for (PeerId peer = 1; peer <= 2; peer++) strict.announce(peer, kTo, attributes({65000 + peer}));
  EXPECT_EQ(step_of(strict, 2).step, DecidingStep::as_path);
}

// With the step's attribute made as good as the winner's, it is no longer what decides.
TEST(DecidingStep, OfRandomPathsWhatItNamesIsWhatDecided) {
  std::mt19937 engine(5);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine() % below); };
  std::array<size_t, 9> seen{};
  for (int round = 0; round < 2000; round++) {
    Table t({.decision = {.max_paths = 2}});
    for (PeerId peer = 1; peer <= 4; peer++) {
      bgp::PathAttributes a = attributes(std::vector<uint32_t>(1 + random(2), 65001 + random(2)));
      if (random(3) == 0) a.local_pref = 100 + random(2);
      if (random(3) == 0) a.med = random(2);
      if (random(3) == 0) a.origin = bgp::Origin::egp;
      t.announce(peer, kTo, a, random(2), random(8) == 0);
    }
    std::vector<Path> paths, chosen;
    t.rib.paths(prefix(kTo), paths);
    chosen = paths;
    t.rib.choose(chosen);
    if (chosen.empty()) continue;
    for (const Path& path : paths) {
      const auto same = [&](const Path& p) { return p.peer == path.peer; };
      if (std::any_of(chosen.begin(), chosen.end(), same)) continue;
      const DecidingStep step =
          deciding_step(t.rib.pool(), t.rib.config().decision, paths, chosen, path).step;
      seen[static_cast<size_t>(step)]++;
      if (step != DecidingStep::places) continue;
      // As good as the best in all that is compared: only the number of ways kept it out.
      EXPECT_EQ(chosen.size(), 2u);
      Table wide;
      for (const Path& p : paths)
        wide.announce(p.peer, kTo, t.rib.pool().at(p.received), p.weight,
                      p.accepted == kNoAttributes);
      const std::vector<PeerId> all = wide.chosen(kTo);
      EXPECT_NE(std::find(all.begin(), all.end(), path.peer), all.end());
    }
  }
  for (const DecidingStep step :
       {DecidingStep::refused, DecidingStep::weight, DecidingStep::local_preference,
        DecidingStep::path_length, DecidingStep::origin, DecidingStep::med, DecidingStep::places})
    EXPECT_GT(seen[static_cast<size_t>(step)], 0u) << static_cast<size_t>(step);
}

}  // namespace
}  // namespace erbium::cp::rib
