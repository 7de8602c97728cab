#include "control/scenario/assemble.h"

#include <algorithm>
#include <map>
#include <set>

#include "control/expressroute/sessions.h"
#include "control/scenario/bounds.h"
#include "control/scenario/control_outages.h"
#include "control/scenario/expectations.h"
#include "control/scenario/timeline.h"

namespace erbium::cp {
namespace {

constexpr const char* kRoutes = "routes";

class Assembler {
 public:
  explicit Assembler(const RunRecord& record) : record_(record), s_(record.scenario) {}

  Report build() {
    out_.scenario = s_.name;
    out_.seed = s_.seed;
    out_.duration_ns = record_.stats.virtual_time_ns;
    out_.bin_ns = record_.sample_interval_ns != 0 ? record_.sample_interval_ns
                                                  : bin_for(std::max<int64_t>(1, out_.duration_ns));
    out_.partial = record_.stats.partial;
    out_.replay_start_ns = record_.replay_start_ns;
    for (const RunEvent& event : record_.control)
      if (event.what == kNotConverged) out_.remarks.push_back(event.text);
    const Bounds bounds(record_);
    for (const TimelineNote& note : record_.timeline)
      if (note.index)  // what follows is no event of its own
        out_.events.push_back({note.at_ns, note.what, note.text, *note.index, note.phase});
    topology();
    links();
    for (const SessionHistory& session : record_.sessions) {
      ReportSession& added = out_.sessions.emplace_back();
      added = {.name = session.name, .kind = session.kind};
      for (const auto& [at, state] : session.states) added.states.push_back({at, state});
    }
    measure_streams(out_, record_.stats, [&](const ReportEvent& event, const ReportStream& stream) {
      return bounds.of(event, stream);
    });
    if (record_.routes) add_control_outages(out_, s_, *record_.routes);
    measure_convergence(out_, stage_marks(),
                        [&](const ReportEvent& event) { return bounds.stages(event); });
    for (const NodeStats& node : record_.stats.nodes)
      for (const auto& [reason, n] : node.drops) out_.drops[reason] += n;
    for (const LinkStats& link : record_.stats.links)
      for (const auto& [reason, n] : link.drops) out_.drops[reason] += n;
    out_.drop_places = record_.stats.drop_places;
    out_.expectations = judge_expectations(record_, out_);
    return std::move(out_);
  }

 private:
  void topology() {
    std::map<std::string, size_t> at;
    const auto node = [&](TopologyNode::Kind kind, const std::string& name,
                          const std::string& detail) {
      const auto [found, added] = at.emplace(name, out_.nodes.size());
      if (added) out_.nodes.push_back({kind, name, detail});
      return found->second;
    };
    for (const Ce& ce : s_.onprem)
      node(TopologyNode::Kind::ce, ce.name, "AS " + std::to_string(ce.asn));
    for (const CircuitLinkInfo& info : record_.topology.circuit_links) {
      const Circuit& circuit = s_.circuits[info.circuit];
      const std::string near = info.ce ? s_.onprem[*info.ce].name : circuit.links[info.link]->port;
      const LinkRef ref{circuit.name, info.link, {}};
      out_.topology.push_back(
          {ref.str(), node(TopologyNode::Kind::ce, near, ""),
           node(TopologyNode::Kind::msee, circuit.links[info.link]->msee, "AS 12076"),
           link_states(ref)});
    }
    for (const VpnConnection& vpn : s_.vpn)
      out_.topology.push_back({vpn.name,
                               node(TopologyNode::Kind::ce, vpn.router, ""),
                               node(TopologyNode::Kind::gateway, vpn.gateway,
                                    "AS " + std::to_string(find(s_.gateways, vpn.gateway)->asn)),
                               {}});
    for (size_t g = 0; g < s_.gateways.size(); g++) {
      const Gateway& gateway = s_.gateways[g];
      const size_t to =
          node(TopologyNode::Kind::gateway, gateway.name, "AS " + std::to_string(gateway.asn));
      std::vector<size_t> linked;
      for (const BackboneInfo& backbone : record_.topology.backbones) {
        if (backbone.gateway != g) continue;
        const CircuitLinkInfo& info = record_.topology.circuit_links[backbone.circuit_link];
        const std::string& msee = s_.circuits[info.circuit].links[info.link]->msee;
        const size_t from = node(TopologyNode::Kind::msee, msee, "AS 12076");
        if (std::find(linked.begin(), linked.end(), from) != linked.end()) continue;
        linked.push_back(from);
        out_.topology.push_back({msee + "/" + gateway.name, from, to, {}});
      }
      for (const GatewayInfo::Served& served : record_.topology.gateways[g].vnets)
        out_.topology.push_back(
            {"", to, node(TopologyNode::Kind::vnet, s_.vnets[served.vnet].name, ""), {}});
    }
    std::set<std::string> joined;  // circuits share an MSEE's way to an edge
    for (const BackboneInfo& backbone : record_.topology.microsoft_backbones) {
      const MicrosoftEdge& edge = s_.microsoft_edges[backbone.gateway];
      const CircuitLinkInfo& info = record_.topology.circuit_links[backbone.circuit_link];
      const std::string& msee = s_.circuits[info.circuit].links[info.link]->msee;
      if (!joined.insert(msee + "/" + edge.name).second) continue;
      out_.topology.push_back(
          {msee + "/" + edge.name,
           node(TopologyNode::Kind::msee, msee, "AS 12076"),
           node(TopologyNode::Kind::gateway, edge.name, "AS " + std::to_string(edge.asn)),
           {}});
    }
  }

  // As the timeline changes it; a direction counts as the link.
  std::vector<StateChange> link_states(const LinkRef& ref) const {
    using Verb = TimelineEvent::Verb;
    std::vector<StateChange> out = {{0, "up"}};
    std::set<size_t> faults;
    for (const TimelineNote& note : record_.timeline) {
      if (!note.index) continue;
      const TimelineEvent& event = s_.timeline[*note.index];
      if (event.circuit != ref.circuit || (event.link && *event.link != ref.link)) continue;
      if (event.verb == Verb::link_up)
        std::erase_if(faults, [&](size_t fault) { return !s_.timeline[fault].lasts; });
      else if (note.phase == EventPhase::ends || note.phase == EventPhase::comes_up)
        faults.erase(*note.index);
      else if (note.phase == EventPhase::goes_down || event.verb == Verb::link_down ||
               event.verb == Verb::silent_drop)
        faults.insert(*note.index);
      const bool silent = std::all_of(faults.begin(), faults.end(), [&](size_t fault) {
        return s_.timeline[fault].verb == Verb::silent_drop;
      });
      const char* state = faults.empty() ? "up" : silent ? "silent" : "down";
      if (out.back().state != state) out.push_back({note.at_ns, state});
    }
    if (out.size() == 1) out.clear();
    return out;
  }

  void links() {
    for (size_t i = 0; i < record_.stats.links.size(); i++) {
      const LinkStats& last = record_.stats.links[i];
      ReportLink& link = out_.links.emplace_back();
      link = {.name = last.name,
              .direction = last.direction,
              .of_circuit = of_circuit(i + 1),
              .sent = last.sent,
              .latency = last.latency};
      link.dropped_total = link_sample(last).dropped;
      if (record_.sample_interval_ns == 0) continue;
      const auto bins = static_cast<size_t>((out_.duration_ns + out_.bin_ns - 1) / out_.bin_ns);
      LinkSample before;
      for (size_t bin = 0; bin < bins; bin++) {
        const LinkSample now =
            bin < record_.samples.size() ? record_.samples[bin][i] : link_sample(last);
        if (now.packets < before.packets || now.bytes < before.bytes ||
            now.dropped < before.dropped || now.load.packets < before.load.packets)
          before = {};  // another dataplane counts from the beginning
        link.packets.push_back(now.packets - before.packets);
        link.bytes.push_back(now.bytes - before.bytes);
        link.dropped.push_back(now.dropped - before.dropped);
        add_load(link, before.load, now.load);
        before = now;
      }
    }
  }

  static void add_load(ReportLink& link, const LinkLoad& before, const LinkLoad& now) {
    const auto n = static_cast<int64_t>(now.packets - before.packets);
    link.wait_mean.push_back(n == 0 ? 0 : (now.wait_sum_ns - before.wait_sum_ns) / n);
    link.wait_max.push_back(n == 0 ? 0 : now.wait_max_ns);
    link.delay_mean.push_back(n == 0 ? kNever : (now.delay_sum_ns - before.delay_sum_ns) / n);
    link.delay_max.push_back(n == 0 ? kNever : now.delay_max_ns);
  }

  bool of_circuit(size_t id) const {
    const auto& links = record_.topology.circuit_links;
    return std::any_of(links.begin(), links.end(), [&](const CircuitLinkInfo& link) {
      return link.to_azure == id || link.to_onprem == id;
    });
  }

  std::vector<StageMark> stage_marks() const {
    std::vector<StageMark> out;
    std::vector<RunEvent> control = record_.control;
    for (const RunEvent& event : record_.timeline) {
      if (event.what == kRoutes)
        control.push_back(event);
      else
        out.push_back({Stage::link_event, event.at_ns, event.what + " " + event.text});
    }
    for (const RunEvent& event : control) {
      if (event.what == "bfd_down") out.push_back({Stage::bfd_down, event.at_ns, event.text});
      if (event.what == "bfd_up") out.push_back({Stage::bfd_up, event.at_ns, event.text});
      if (event.what == "bgp_session_down")
        out.push_back({Stage::bgp_down, event.at_ns, event.text});
      if (event.what == "bgp_session_up") out.push_back({Stage::bgp_up, event.at_ns, event.text});
      if (event.what != kRoutes) continue;
      out.push_back({Stage::rib_changed, event.at_ns, event.text});
      out.push_back({Stage::fib_applied, event.at_ns, event.text});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const StageMark& a, const StageMark& b) { return a.at_ns < b.at_ns; });
    return out;
  }

  const RunRecord& record_;
  const Scenario& s_;
  Report out_;
};

}  // namespace

LinkSample link_sample(const LinkStats& link) {
  LinkSample out{.packets = link.sent.packets,
                 .bytes = link.sent.bytes,
                 .dropped = link.policed,
                 .load = link.load};
  for (const auto& [reason, n] : link.drops) out.dropped += n;
  return out;
}

Report make_report(const RunRecord& record) { return Assembler(record).build(); }

}  // namespace erbium::cp
