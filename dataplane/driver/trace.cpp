#include "dataplane/driver/trace.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/net/headers.h"
#include "common/units_text.h"
#include "dataplane/core/explaining.h"
#include "dataplane/core/packet_id.h"
#include "dataplane/driver/flow_key.h"

namespace erbium::dp {
namespace {

const char* verdict_name(Verdict::Kind kind) {
  constexpr const char* kNames[] = {"next", "drop", "consumed", "punt", "held"};
  return kNames[static_cast<size_t>(kind)];
}

const char* reason_name(const StageDescriptor& stage, Verdict verdict) {
  switch (verdict.kind()) {
    case Verdict::Kind::drop:
      return stage.drops[verdict.reason()];
    case Verdict::Kind::consumed:
      return stage.consumed[verdict.reason()];
    case Verdict::Kind::punt:
      return stage.punted[verdict.reason()];
    case Verdict::Kind::next:
    case Verdict::Kind::held:
      break;
  }
  return "";
}

bool before(const Journey& a, const Journey& b) {
  return a.from_ns != b.from_ns ? a.from_ns < b.from_ns : a.id < b.id;
}

// A packet as a frame: what a host port sends gets an Ethernet header of zeros.
std::vector<uint8_t> frame_of(Packet p) {
  std::vector<uint8_t> out;
  if (p.meta().entry == Entry::host) {
    const bool v6 = p.length() > 0 && p.data()[0] >> 4 == 6;
    const uint16_t type = v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4;
    out.resize(sizeof(net::EthernetHeader));
    out[12] = static_cast<uint8_t>(type >> 8);
    out[13] = static_cast<uint8_t>(type);
  }
  out.insert(out.end(), p.data(), p.data() + p.length());
  return out;
}

}  // namespace

std::string flow_text(std::span<const uint8_t> frame) {
  if (const auto key = flow_key(frame, 0)) return key->str();
  if (frame.size() < sizeof(net::EthernetHeader)) return "a frame without a whole header";
  size_t at = 12;
  uint16_t type = 0;
  do {
    type = net::read16(frame.data() + at);
    at += 4;
  } while (net::is_vlan_tag(type) && at + 2 <= frame.size());
  return type == net::kEtherTypeArp ? "arp" : "EtherType " + hex_text(type, 4);
}

EndKind fate_of(Verdict::Kind kind) {
  return kind == Verdict::Kind::drop       ? EndKind::dropped
         : kind == Verdict::Kind::consumed ? EndKind::consumed
                                           : EndKind::punted;
}

std::string packet_name(const Network& network, uint64_t id) {
  if (origin(id) == 0) return "packet " + std::to_string(id);
  if (of_stream(id))
    return network.streams()[stream_of(id)].name + " " + std::to_string(sequence_of(id));
  const Node& node = network.node(static_cast<uint32_t>(origin(id) / kOriginators));
  uint64_t originator = origin(id) % kOriginators;
  const char* by = "session";
  for (const StageDescriptor* stage : node.pipeline().stages())
    if (stage->entry != Entry::host && !stage->originated.empty() && originator-- == 0)
      by = stage->name;
  return node.name() + " " + by + " " + std::to_string(id & (first_id(1) - 1));
}

std::string place_name(const Network& network, const Ending& ending) {
  if (ending.node != 0) return "router " + network.node(ending.node).name();
  const LinkConfig& link = network.link(ending.link).config();
  return "link " + link.name + " " + link.direction;
}

Trace::Trace(Network& network, Choose choose, TellRoute tell_route)
    : network_(network), choose_(std::move(choose)), tell_route_(std::move(tell_route)) {}

bool Trace::done() const { return chosen_ && open_ == 0; }

Trace::Followed* Trace::find(uint64_t id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &followed_[at->second];
}

// Nodes meet the packets of a window in an order that depends on how the run was cut: what lies
// behind the first ones is given up when the window is over.
void Trace::passed(Time) {
  if (chosen_ || followed_.size() < most_) return;
  chosen_ = true;
  std::vector<const Followed*> order;
  for (const Followed& followed : followed_) order.push_back(&followed);
  std::sort(order.begin(), order.end(),
            [](const Followed* a, const Followed* b) { return before(a->journey, b->journey); });
  for (size_t i = most_; i < order.size(); i++) {
    for (const auto& [copy, way] : order[i]->ways) open_ -= !way.ended;
    by_id_.erase(order[i]->journey.id);
  }
}

Trace::Way& Trace::way(Followed& followed, uint16_t copy) {
  const auto [at, added] = followed.ways.try_emplace(copy);
  open_ += added;
  return at->second;
}

Trace::Followed& Trace::begin(uint64_t id, std::span<const uint8_t> frame, uint32_t bytes,
                              int64_t at) {
  by_id_[id] = followed_.size();
  Followed& followed = followed_.emplace_back();
  followed.journey = {.id = id,
                      .name = packet_name(network_, id),
                      .flow = flow_text(frame),
                      .bytes = bytes,
                      .from_ns = at,
                      .hops = {},
                      .ends = {}};
  way(followed, 0);
  return followed;
}

JourneyHop& Trace::add_hop(Followed& followed, uint16_t copy, JourneyHop hop) {
  Way& on = way(followed, copy);
  on.hop = followed.journey.hops.size();
  if (hop.kind == JourneyHop::Kind::router) on.router = on.hop;
  hop.copy = copy;
  return followed.journey.hops.emplace_back(std::move(hop));
}

void Trace::end(Followed& followed, JourneyEnd ending) {
  if (std::exchange(way(followed, ending.copy).ended, true)) return;
  open_--;
  followed.journey.ends.push_back(std::move(ending));
}

// ---- at the edge ----

void Trace::entered(uint32_t port, Packet p, const Fitting* fitting) {
  if (!begins(p.meta().id, p.bytes())) return;
  Followed& followed = begin(p.meta().id, p.bytes(), p.wire_length(), p.meta().time);
  JourneyHop& hop = add_hop(followed, 0,
                            {.kind = JourneyHop::Kind::port_in,
                             .name = network_.port(port).name,
                             .direction = "",
                             .from_ns = p.meta().time,
                             .steps = {}});
  JourneyStep& step = hop.steps.emplace_back();
  step.stage = fitting ? "fit" : "probe";
  step.verdict = "next";
  if (fitting)
    fitting->explain(step.why);
  else
    step.why.say("made for this port");
}

void Trace::refused(const Refused& frame, const Fitting& fitting) {
  if (!begins(frame.id, frame.bytes)) return;
  Followed& followed = begin(frame.id, frame.bytes, frame.wire_length, frame.at.ns());
  const std::string& name = network_.port(frame.port).name;
  JourneyHop& hop = add_hop(followed, 0,
                            {.kind = JourneyHop::Kind::port_in,
                             .name = name,
                             .direction = "",
                             .from_ns = frame.at.ns(),
                             .steps = {}});
  JourneyStep& step = hop.steps.emplace_back();
  step.stage = "fit";
  step.verdict = "drop";
  step.reason = frame.reason;
  if (frame.bytes.empty())
    step.why.say("nothing that Ethernet carries as it is");
  else
    fitting.explain(step.why);
  const std::string size = std::to_string(frame.wire_length) + " bytes";
  if (std::string_view(frame.reason) == "gso_super_frame")
    step.why.say(size + " that the host had not cut into packets yet");
  else
    step.why.say(size + " of at most " + std::to_string(net::kMaxFrame));
  step.why.set("frame_bytes", frame.wire_length);
  end(followed, {.fate = EndKind::dropped,
                 .where = "port " + name,
                 .stage = "",
                 .reason = frame.reason,
                 .at_ns = frame.at.ns()});
}

void Trace::left(uint32_t port, Packet p) {
  Followed* followed = find(p);
  if (!followed) return;
  const std::string& name = network_.port(port).name;
  add_hop(*followed, p.meta().copy,
          {.kind = JourneyHop::Kind::port_out,
           .name = name,
           .direction = "",
           .from_ns = p.meta().time,
           .steps = {}});
  end(*followed, {.copy = p.meta().copy,
                  .fate = EndKind::left,
                  .where = "port " + name,
                  .stage = "",
                  .reason = "",
                  .at_ns = p.meta().time});
}

// ---- in nodes ----

// What enters by a port was decided there; what a node makes is decided where it begins its way.
bool Trace::follows(const Node&, Packet p) {
  if (find(p)) return true;
  const Entry entry = p.meta().entry;
  if (entry != Entry::host && entry != Entry::rewritten) return false;
  const std::vector<uint8_t> frame = frame_of(p);
  if (!begins(p.meta().id, frame)) return false;
  begin(p.meta().id, frame, p.wire_length(), p.meta().time);
  return true;
}

void Trace::comes(const Node& node, Packet p) {
  Followed& followed = *find(p);
  const PacketMeta& meta = p.meta();
  if (meta.entry == Entry::neighbor) {
    JourneyStep& step = router(followed, p).steps.emplace_back();
    Way& kept = way(followed, p);
    step.stage = node.pipeline().stages()[node.pipeline().entry(meta.entry)]->name;
    step.verdict = "released";
    step.why.say("the neighbour has answered, " + interval_text(meta.time - kept.held_at) +
                 " later");
    step.why.set("held_ns", meta.time - kept.held_at);
    kept.held_at = -1;
    return;
  }
  add_hop(followed, meta.copy,
          {.kind = JourneyHop::Kind::router,
           .name = node.name(),
           .direction = "",
           .from_ns = meta.time,
           .steps = {}});
}

void Trace::passes(const Node& node, Packet p, Step& step) {
  Followed& followed = *find(p);
  const StageDescriptor& stage = *node.pipeline().stages()[step.stage];
  // A stage that had nothing to say had nothing to decide.
  if (step.verdict.is_next() && step.why.clauses.empty() && step.why.values.empty()) return;
  if (step.why.lookup && tell_route_) tell_route_(*step.why.lookup, step.why);
  JourneyStep& out = router(followed, p).steps.emplace_back();
  out.stage = stage.name;
  out.verdict = verdict_name(step.verdict.kind());
  out.reason = reason_name(stage, step.verdict);
  out.why = std::move(step.why);
  for (const Reply& reply : step.replies)
    out.answers.push_back({reply.id, reply.cause, reply.at.ns()});
  if (step.verdict.kind() == Verdict::Kind::held) way(followed, p).held_at = step.at.ns();
}

void Trace::answered(Packet p, const std::vector<Reply>& replies, const char* withheld) {
  Followed* followed = find(p);
  if (!followed) return;
  Way& here = way(*followed, p);
  for (const Reply& reply : replies) here.answers.push_back({reply.id, reply.cause, reply.at.ns()});
  if (withheld) here.withheld = withheld;
}

// ---- on links ----

void Trace::offered(Packet p) {
  if (Followed* followed = find(p)) way(*followed, p).offered_at = p.meta().time;
}

void Trace::add_link(Followed& followed, const Link& link, Packet p, int64_t at) {
  add_hop(followed, p.meta().copy,
          {.kind = JourneyHop::Kind::link,
           .name = link.config().name,
           .direction = link.config().direction,
           .from_ns = at,
           .steps = {}});
}

void Trace::admitted(const Link& link, Packet p) {
  Followed* followed = find(p);
  if (!followed) return;
  Way& there = way(*followed, p);
  // A copy begins its way where its original departs.
  if (there.offered_at < 0) there.offered_at = p.meta().departure;
  add_link(*followed, link, p, there.offered_at);
  JourneyStep& step = hop(*followed, p).steps.emplace_back();
  step.stage = "carry";
  step.verdict = "next";
  link.explain_travel(p, Time::from_ns(there.offered_at), step.why);
}

void Trace::explain_loss(Packet p, const Ending& ending, bool carried, JourneyStep& step) const {
  Explanation& why = step.why;
  if (!carried) return network_.link(ending.link).explain_refusal(p, why);
  if (ending.reason == static_cast<uint16_t>(Link::Drop::impair_loss))
    return why.say("lost by the draw of its departure");
  const bool silent = ending.reason == static_cast<uint16_t>(Link::Drop::silent_drop);
  why.say((silent ? "the link begins to lose all it carries " : "the link goes down ") +
          interval_text(p.meta().departure - ending.at.ns()) + " before the last bit is out");
  why.set("departure_ns", p.meta().departure);
}

// Of the step that ended it.
void Trace::tell_answers(Followed& followed, Packet p) {
  Way& here = way(followed, p);
  if (here.answers.empty() && here.withheld.empty()) return;
  JourneyStep& step = router(followed, p).steps.back();
  step.answers.insert(step.answers.end(), here.answers.begin(), here.answers.end());
  if (here.withheld.empty()) return;
  step.why.say("no answer, as the limit of " + here.withheld + " is reached");
  step.why.set("withheld", here.withheld);
}

void Trace::ended(Packet p, const Ending& ending) {
  Followed* followed = by_id_.empty() ? nullptr : find(p);
  if (!followed) return;
  const std::string reason = network_.reason(ending);
  const char* stage = network_.stage(ending);
  Way& here = way(*followed, p);
  if (ending.node == 0) {
    const bool carried = followed->journey.hops[here.hop].kind == JourneyHop::Kind::link;
    if (!carried) add_link(*followed, network_.link(ending.link), p, here.offered_at);
    JourneyStep& step = hop(*followed, p).steps.emplace_back();
    step.stage = carried ? "arrive" : "carry";
    step.verdict = "drop";
    step.reason = reason;
    explain_loss(p, ending, carried, step);
  } else if (here.held_at >= 0) {
    JourneyStep& step = router(*followed, p).steps.emplace_back();
    step.stage = stage;
    step.verdict = "drop";
    step.reason = reason;
    step.why.say("nobody has answered, " + interval_text(ending.at.ns() - here.held_at) + " later");
    step.why.set("held_ns", ending.at.ns() - here.held_at);
  }
  tell_answers(*followed, p);
  end(*followed, {.copy = p.meta().copy,
                  .fate = fate_of(ending.kind),
                  .where = place_name(network_, ending),
                  .stage = stage ? stage : "",
                  .reason = reason,
                  .at_ns = ending.at.ns()});
}

std::vector<Journey> Trace::take() {
  std::vector<Journey> out;
  for (Followed& followed : followed_) {
    if (!by_id_.contains(followed.journey.id)) continue;
    for (const auto& [copy, way] : followed.ways) {
      if (way.ended) continue;
      const JourneyHop& last = followed.journey.hops[way.hop];
      constexpr const char* kKinds[] = {"port ", "router ", "link ", "port "};
      followed.journey.ends.push_back(
          {.copy = copy,
           .fate = EndKind::inside,
           .where = kKinds[static_cast<size_t>(last.kind)] + last.name +
                    (last.direction.empty() ? "" : " " + last.direction),
           .stage = "",
           .reason = way.held_at >= 0 ? "held" : "",
           .at_ns = last.from_ns});
    }
    out.push_back(std::move(followed.journey));
  }
  std::sort(out.begin(), out.end(), before);
  followed_.clear();
  by_id_.clear();
  return out;
}

}  // namespace erbium::dp
