#include "control/config/impairment.h"

#include "control/config/scenario.h"
#include "control/config/yaml.h"

namespace erbium::cp {
namespace {

constexpr size_t kToAzure = 0, kToOnprem = 1;

bool goes(Direction dir, size_t way) {
  return dir == Direction::both || (dir == Direction::to_azure) == (way == kToAzure);
}

[[noreturn]] void second(const Application& apply, const char* what) {
  throw Fault(apply.mark, "a link of circuit '" + apply.circuit + "' has " + what +
                              " already; remove it there or here");
}

// Of one link: the delays and profiles that have been set.
struct Set {
  std::array<bool, 2> delay{};
  SourceMark mark;
};

void apply_to(CircuitLink& link, const ImpairmentProfile& profile, size_t index,
              const Application& apply, Set& set) {
  for (const size_t way : {kToAzure, kToOnprem}) {
    if (!goes(apply.dir, way)) continue;
    if (profile.delay_base) {
      if (link.delay_mark.line != 0 || set.delay[way]) second(apply, "a delay");
      (way == kToAzure ? link.delay_to_azure : link.delay_to_onprem) = *profile.delay_base;
      set.delay[way] = true;
      set.mark = apply.mark;
    }
    if (!profile.beyond_delay()) continue;
    if (link.impaired[way]) second(apply, "an impairment");
    link.impaired[way] = index;
  }
}

}  // namespace

bool ImpairmentProfile::beyond_delay() const {
  return jitter != Duration() || loss || duplicate.units || corrupt.units || reorder.units ||
         !trace.empty();
}

Duration ImpairmentProfile::reach() const {
  if (distribution == Distribution::pareto) return {};
  return distribution == Distribution::normal ? jitter * 4 : jitter;
}

tl::expected<LossProfile::Transitions, std::string> LossProfile::transitions() const {
  const bool by_chance = p && r && !mean && !burst, by_mean = mean && burst && !p && !r;
  if (!by_chance && !by_mean)
    return tl::unexpected(
        std::string("gilbert_elliott has two forms; write p and r, or mean and burst"));
  if (good >= bad)
    return tl::unexpected(
        std::string("the bad state loses no more than the good one; write a bad above good"));
  if (by_chance) {
    if (r->units == 0)
      return tl::unexpected(std::string("the bad state never ends; write an r above 0%"));
    return Transitions{*p, *r};
  }
  if (*mean <= good || *mean >= bad)
    return tl::unexpected(
        std::string("the mean is not between the loss of the two states; write one above good "
                    "and below bad"));
  // In the long run the share of the bad state is worse / (worse + better).
  __extension__ using Wide = unsigned __int128;
  const uint64_t better = Share::kAll / *burst;
  const auto worse =
      static_cast<uint64_t>(Wide{mean->units - good.units} * better / (bad.units - mean->units));
  if (worse > Share::kAll)
    return tl::unexpected("bursts of " + std::to_string(*burst) +
                          " cannot reach that mean, even one after the other; write longer bursts "
                          "or a lower mean");
  return Transitions{{worse}, {better}};
}

void apply_profiles(Scenario& scenario) {
  for (Circuit& circuit : scenario.circuits) {
    std::array<Set, 2> set;
    for (const Application& apply : scenario.apply) {
      if (apply.circuit != circuit.name) continue;
      const ImpairmentProfile& profile = *find(scenario.impairments, apply.profile);
      const auto index = static_cast<size_t>(&profile - scenario.impairments.data());
      for (size_t i = 0; i < kLinkNames.size(); i++)
        if (circuit.links[i] && (!apply.link || *apply.link == i))
          apply_to(*circuit.links[i], profile, index, apply, set[i]);
    }
    for (size_t i = 0; i < kLinkNames.size(); i++)
      if (set[i].mark.line != 0) circuit.links[i]->delay_mark = set[i].mark;
  }
}

}  // namespace erbium::cp
