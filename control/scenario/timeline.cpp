#include "control/scenario/timeline.h"

namespace erbium::cp {
namespace {

using Verb = TimelineEvent::Verb;

const char* word(Verb verb) {
  switch (verb) {
    case Verb::link_down:
      return "link_down";
    case Verb::link_up:
      return "link_up";
    case Verb::set_link:
      return "set_link";
    case Verb::set_bandwidth:
      return "set_bandwidth";
    default:
      return "not_emulated";
  }
}

const char* word(Direction dir) {
  return dir == Direction::to_azure    ? "to_azure"
         : dir == Direction::to_onprem ? "to_onprem"
                                       : "both";
}

}  // namespace

Timeline::Timeline(const Scenario& scenario, Compiler& compiler)
    : scenario_(scenario), compiler_(compiler) {}

void Timeline::start(Time at) {
  for (size_t i = 0; i < scenario_.timeline.size(); i++)
    due_.insert({at + scenario_.timeline[i].at, {Step::Kind::event, i}});
}

Time Timeline::next() const { return due_.empty() ? Time::max() : due_.begin()->first; }

std::vector<Generation> Timeline::take(Time now) {
  std::vector<Generation> out;
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto [at, step] = *due_.begin();
    due_.erase(due_.begin());
    switch (step.kind) {
      case Step::Kind::event:
        apply(step.event, at, out);
        break;
      case Step::Kind::undo:
        undo(step.event, at, out);
        break;
      case Step::Kind::routes:
        if (auto generation = compiler_.routes(at)) {
          events_.push_back({at.ns(), "routes", "generation " + std::to_string(generation->id)});
          out.push_back(std::move(*generation));
        }
        break;
    }
  }
  return out;
}

void Timeline::note(Time at, const std::string& what, const TimelineEvent& event) {
  std::string text = event.target;
  if (event.verb != Verb::set_bandwidth) text += std::string(" ") + word(event.dir);
  events_.push_back({at.ns(), what, text});
}

// What a set event changes, as it is now, so that `for` can bring it back.
void Timeline::remember(size_t index) {
  const TimelineEvent& event = scenario_.timeline[index];
  if (event.verb == Verb::set_bandwidth) {
    bandwidth_before_[index] = compiler_.bandwidth(event.circuit);
    return;
  }
  for (const CircuitLinkInfo& info : compiler_.topology().circuit_links) {
    if (scenario_.circuits[info.circuit].name != event.circuit ||
        (event.link && info.link != *event.link))
      continue;
    for (Direction dir : {Direction::to_azure, Direction::to_onprem}) {
      if (event.dir != Direction::both && event.dir != dir) continue;
      const LinkInfo& link = compiler_.link(event.circuit, info.link, dir);
      LinkChange state;
      if (event.verb != Verb::set_link) state.up = link.up;
      if (event.rate) state.rate = link.rate;
      if (event.delay) state.delay = link.delay;
      if (event.queue) state.queue = link.queue;
      before_[index].push_back({event.circuit, info.link, dir, state});
    }
  }
}

void Timeline::apply(size_t index, Time at, std::vector<Generation>& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  note(at, word(event.verb), event);
  if (event.lasts) {
    remember(index);
    due_.insert({at + *event.lasts, {Step::Kind::undo, index}});
  }
  if (event.verb == Verb::set_bandwidth) {
    out.push_back(compiler_.change_bandwidth(at, event.circuit, *event.bandwidth));
    return;
  }
  LinkChange change{.rate = event.rate, .delay = event.delay, .queue = event.queue};
  if (event.verb == Verb::link_down) change.up = false;
  if (event.verb == Verb::link_up) change.up = true;
  out.push_back(compiler_.change_link(at, event.circuit, event.link, event.dir, change));
  if (change.up) due_.insert({at + scenario_.time.control_latency, {Step::Kind::routes, index}});
}

void Timeline::undo(size_t index, Time at, std::vector<Generation>& out) {
  const TimelineEvent& event = scenario_.timeline[index];
  note(at, std::string(word(event.verb)) + "_ends", event);
  if (event.verb == Verb::set_bandwidth) {
    out.push_back(compiler_.change_bandwidth(at, event.circuit, bandwidth_before_[index]));
    return;
  }
  for (const Before& before : before_[index])
    out.push_back(compiler_.change_link(at, before.circuit, before.link, before.dir, before.state));
  due_.insert({at + scenario_.time.control_latency, {Step::Kind::routes, index}});
}

}  // namespace erbium::cp
