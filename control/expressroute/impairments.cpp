#include "control/expressroute/impairments.h"

#include "common/mix.h"

namespace erbium::cp {
namespace {

// In units of 2^-63.
uint64_t chance(Share share) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((Wide{share.units} << 63) / Share::kAll);
}

void put(api::Impairment& out, const LossProfile& loss) {
  switch (loss.model) {
    case LossProfile::Model::random:
      out.set_model(api::Impairment::RANDOM);
      out.set_loss(chance(*loss.p));
      break;
    case LossProfile::Model::gilbert_elliott: {
      const LossProfile::Transitions transitions = *loss.transitions();
      out.set_model(api::Impairment::GILBERT_ELLIOTT);
      out.set_worse(chance(transitions.worse));
      out.set_better(chance(transitions.better));
      out.set_loss(chance(loss.bad));
      out.set_good_loss(chance(loss.good));
      break;
    }
    case LossProfile::Model::every_nth:
      out.set_model(api::Impairment::EVERY_NTH);
      out.set_every(loss.n);
  }
}

// What another link draws does not depend on which links there are.
uint64_t link_seed(const LinkInfo& link, uint64_t seed) {
  uint64_t out = mix(seed);
  for (const char c : link.name + " " + link.direction) out = mix(out, static_cast<uint8_t>(c));
  return out;
}

}  // namespace

api::Impairment impairment_message(const LinkInfo& link, uint64_t seed) {
  const ImpairmentProfile& profile = *link.impaired.profile;
  using Distribution = ImpairmentProfile::Distribution;
  api::Impairment out;
  out.set_seed(link_seed(link, seed));
  out.set_jitter_ns(profile.jitter.ns());
  out.set_distribution(profile.distribution == Distribution::uniform  ? api::Impairment::UNIFORM
                       : profile.distribution == Distribution::normal ? api::Impairment::NORMAL
                                                                      : api::Impairment::PARETO);
  out.set_keep_order(profile.order == ImpairmentProfile::Order::keep);
  if (profile.loss) put(out, *profile.loss);
  out.set_duplicate(chance(profile.duplicate));
  out.set_corrupt(chance(profile.corrupt));
  out.set_reorder(chance(profile.reorder));
  out.set_hold_ns(profile.hold.ns());
  out.mutable_opportunities_ms()->Assign(profile.opportunities.begin(),
                                         profile.opportunities.end());
  if (!profile.opportunities.empty()) out.set_from_ns(link.impaired.from.ns());
  return out;
}

void impair_links(const Scenario& scenario, Topology& topology) {
  for (const CircuitLinkInfo& info : topology.circuit_links) {
    const CircuitLink& link = *scenario.circuits[info.circuit].links[info.link];
    const std::array<uint32_t, 2> ids{info.to_azure, info.to_onprem};
    for (size_t way = 0; way < ids.size(); way++)
      if (link.impaired[way])
        topology.links[ids[way] - 1].impaired.profile = &scenario.impairments[*link.impaired[way]];
  }
}

}  // namespace erbium::cp
