#include "control/shell/dataplane_link.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace erbium::cp {
namespace {

constexpr std::chrono::milliseconds kAgain(20);  // between attempts to greet a dataplane

std::string at(Time now) {
  char text[64];
  std::snprintf(text, sizeof text, " at %lld.%09lld s of scenario time",
                static_cast<long long>(now.ns() / 1'000'000'000),
                static_cast<long long>(now.ns() % 1'000'000'000));
  return text;
}

std::string seconds(Duration d) { return std::to_string(d.ns() / 1'000'000'000) + " s"; }

// Whether both are of one run, whose outputs go to another directory.
bool differ_in_directory(api::Setup here, api::Setup there) {
  if (!here.has_captures() || !there.has_captures()) return false;
  here.mutable_captures()->clear_directory();
  there.mutable_captures()->clear_directory();
  return here.SerializeAsString() == there.SerializeAsString();
}

void say(const std::string& text) { std::fprintf(stderr, "erbium-control: %s\n", text.c_str()); }

}  // namespace

void DataplaneLink::connect(Duration patience) {
  channel_.reset();
  unapplied_.clear();
  parts_ = {};
  auto socket = Socket::connect(options_.socket, patience, stop_);
  if (!socket)
    throw api::PeerGone("no dataplane listens on " + options_.socket +
                        (stop_ ? "" : " after " + seconds(patience)));
  channel_ = std::make_unique<api::Channel>(std::move(socket), "the dataplane");
  hello_ = channel_->greet({}, true);
}

const api::Hello& DataplaneLink::meet() {
  connect(kStarting);
  return hello_;
}

void DataplaneLink::set_up(const api::Setup& setup) {
  setup_ = setup;
  start(std::nullopt);
}

void DataplaneLink::start(std::optional<Time> resume_at) {
  const api::Setup& there = hello_.state().setup();
  if (hello_.has_state() && there.SerializeAsString() != setup_.SerializeAsString())
    throw api::ProtocolError(
        "the dataplane on " + options_.socket + " is in the middle of " +
        (differ_in_directory(setup_, there)
             ? "this run with outputs in another directory: --out " + there.captures().directory()
             : "another run"));
  api::FromControl m;
  *m.mutable_start()->mutable_setup() = setup_;
  if (resume_at) {
    api::Resume& resume = *m.mutable_start()->mutable_resume();
    resume.set_now_ns(resume_at->ns());
    if (replay_start_) resume.set_replay_start_ns(replay_start_->ns());
  }
  channel_->send(m);
  api::FromDataplane answer;
  channel_->receive(answer);
  if (answer.has_failure()) throw DataplaneFailure(answer.failure());
  if (!answer.has_ready()) channel_->refuse(api::kind_of(answer) + " in place of ready");
}

DataplaneLink::Outcome DataplaneLink::run(Duration sample_interval, const Journal& journal,
                                          const Watch& watch) {
  journal_ = journal;
  Outcome outcome;
  begin(sample_interval);
  if (takes_over()) note(outcome, "control was replaced");
  while (true) {
    try {
      if (step(outcome, watch)) return outcome;
    } catch (const api::PeerGone& gone) {
      recover(gone.what(), outcome);
    }
  }
}

void DataplaneLink::begin(Duration sample_interval) {
  const auto send = [this](const api::ToDataplane& message, Time when) {
    api::FromControl m;
    *m.mutable_update() = message;
    channel_->send(m);
    if (message.has_commit()) {
      generation_ = message.commit().generation();
      unapplied_.push_back(generation_);
    }
    journal_(message, when);
  };
  const auto count = [this] { return count_links(); };
  if (takes_over()) {
    const api::RunState& state = hello_.state();
    now_ = last_seen_ = Time::from_ns(state.now_ns());
    if (state.has_replay_start_ns()) replay_start_ = Time::from_ns(state.replay_start_ns());
    controller_.take_over(send, count, sample_interval, now_, replay_start_, state.generation());
    say("takes over" + at(now_));
  } else {
    controller_.begin(send, count, sample_interval);
  }
  grant();
}

std::vector<LinkStats> DataplaneLink::count_links() const {
  if (links_.size() != controller_.compiler().topology().links.size())
    channel_->refuse("no counts of links, or of others");
  return links_;
}

void DataplaneLink::grant() {
  api::FromControl m;
  api::Grant& grant = *m.mutable_grant();
  grant.set_until_ns(controller_.next().ns());
  grant.set_latency_ns(controller_.latency().ns());
  if (const auto converged = controller_.converged()) grant.set_converged_ns(converged->ns());
  grant.set_quiet(controller_.quiet());
  grant.set_sample_at_ns(controller_.next_sample().ns());
  grant.set_credit(api::kCredit);
  grant.set_stop(stop_);
  stopping_ = stop_;
  channel_->send(m);
}

void DataplaneLink::reached(const api::Reached& reached) {
  const Time now = Time::from_ns(reached.now_ns());
  if (reached.starts_replay()) {
    if (replay_start_) channel_->refuse("a second start of the replay");
    replay_start_ = now;
    controller_.replay_starts(now);
    return;
  }
  if (now < now_) channel_->refuse("a time that has passed");
  if (reached.delivered_size() > 0 && !controller_.sessions())
    channel_->refuse("packets for sessions that are not there");
  now_ = last_seen_ = now;
  std::vector<Delivery> deliveries;
  for (const api::Delivered& d : reached.delivered())
    deliveries.push_back({.host_port = d.host_port(),
                          .at = Time::from_ns(d.at_ns()),
                          .interface_in = d.interface_in(),
                          .packet_id = d.packet_id(),
                          .packet = {d.packet().begin(), d.packet().end()}});
  controller_.delivered(deliveries);
  links_.clear();
  for (const api::LinkCounts& link : reached.links()) links_.push_back(api::from_message(link));
  if (!reached.more()) controller_.deliver(now);
}

bool DataplaneLink::step(Outcome& outcome, const Watch& watch) {
  api::FromDataplane m;
  channel_->receive(m);
  switch (m.message_case()) {
    case api::FromDataplane::kApplied:
      if (unapplied_.empty() || m.applied().generation() != unapplied_.front())
        channel_->refuse("that generation " + std::to_string(m.applied().generation()) +
                         " is applied, which it was not sent");
      unapplied_.pop_front();
      return false;
    case api::FromDataplane::kReached:
      if (!unapplied_.empty()) channel_->refuse("reached before it has applied a generation");
      if (stopping_ && !m.reached().starts_replay()) return false;  // it crossed the stop
      reached(m.reached());
      if (stopping_) return false;
      grant();
      return false;
    case api::FromDataplane::kProgress:
      last_seen_ = std::max(last_seen_, Time::from_ns(m.progress().now_ns()));
      watch(m.progress().per_mille(), m.progress().packets());
      if (stop_ && !stopping_) grant();
      return false;
    case api::FromDataplane::kStreamPart:
      if (!api::add_part(parts_, m.stream_part())) channel_->refuse("a stream that is none");
      return false;
    case api::FromDataplane::kFlowPart:
      if (!api::add_part(parts_, m.flow_part())) channel_->refuse("a flow that is none");
      return false;
    case api::FromDataplane::kEnded:
      ended(m.ended(), outcome);
      return true;
    case api::FromDataplane::kFailure:
      throw DataplaneFailure(m.failure());
    default:
      channel_->refuse(api::kind_of(m) + " out of order");
  }
}

void DataplaneLink::ended(const api::Ended& ended, Outcome& outcome) {
  outcome.stats = api::from_message(ended.counts());
  if (!api::add_parts(outcome.stats, std::move(parts_)) ||
      outcome.stats.links.size() != controller_.compiler().topology().links.size())
    channel_->refuse("counts that do not fit together");
  outcome.interrupted = ended.interrupted();
  if (ended.has_failure()) outcome.failure = ended.failure();
}

void DataplaneLink::note(Outcome& outcome, const std::string& what) const {
  outcome.partial += (outcome.partial.empty() ? "" : "; ") + what + at(now_);
}

// Until one deadline, however often a connection breaks: that of a process which is dying may be
// taken by its socket and end at once.
void DataplaneLink::recover(const std::string& why, Outcome& outcome) {
  using Clock = std::chrono::steady_clock;
  if (options_.wait <= Duration() || stop_) throw api::PeerGone(why + at(last_seen_));
  say(why + at(last_seen_) + "; waiting " + seconds(options_.wait) + " for another");
  const auto until = Clock::now() + std::chrono::nanoseconds(options_.wait.ns());
  while (true) {
    try {
      connect(std::max(Duration(), Duration::ns((until - Clock::now()).count())));
      return tell_everything(outcome);
    } catch (const api::PeerGone&) {
      if (stop_ || Clock::now() >= until)
        throw api::PeerGone(why + at(last_seen_) +
                            (stop_ ? "" : "; no other came within " + seconds(options_.wait)));
    }
    std::this_thread::sleep_for(kAgain);
  }
}

// Everything is said again, at the time where the other dataplane stands or is to begin.
void DataplaneLink::tell_everything(Outcome& outcome) {
  const bool same = hello_.has_state();
  if (same) {
    now_ = std::max(now_, Time::from_ns(hello_.state().now_ns()));
    generation_ = std::max(generation_, hello_.state().generation());
    if (hello_.state().has_replay_start_ns() && !replay_start_) {
      replay_start_ = Time::from_ns(hello_.state().replay_start_ns());
      controller_.replay_starts(*replay_start_);
    }
  }
  start(same ? std::nullopt : std::optional(now_));
  last_seen_ = now_;
  controller_.resend(now_, generation_);
  grant();
  channel_->flush();
  note(outcome, same ? "the connection broke" : "the dataplane was replaced");
  say(std::string(same ? "goes on"
                       : "goes on with another dataplane; packets in flight and "
                         "counts until then are lost,") +
      at(now_));
}

void DataplaneLink::close(int64_t virtual_time_ns, const std::string& partial, bool interrupted) {
  api::FromControl m;
  m.mutable_close()->set_virtual_time_ns(virtual_time_ns);
  m.mutable_close()->set_partial(partial);
  m.mutable_close()->set_interrupted(interrupted);
  channel_->send(m);
  api::FromDataplane answer;
  channel_->receive(answer);
  if (!answer.has_closed()) channel_->refuse(api::kind_of(answer) + " in place of closed");
  if (answer.closed().has_failure()) throw DataplaneFailure(answer.closed().failure());
}

}  // namespace erbium::cp
