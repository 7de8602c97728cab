#include "dataplane/driver/replay.h"

#include <algorithm>
#include <cstring>

#include "common/net/headers.h"
#include "dataplane/driver/eal.h"

namespace erbium::dp {
namespace {

constexpr int64_t kStep = 1'000'000;  // ns: replay starts on a whole millisecond
constexpr unsigned kProgressWindows = 1024;
// Less than any delay after which a deadline originates a packet, so that none does in the window
// in which it was set.
constexpr Duration kLongestWindow = Duration::ms(100);

Time round_up(Time t, int64_t step) { return Time::from_ns((t.ns() + step - 1) / step * step); }

}  // namespace

Replay::Replay(Network& network, ControlSource& control, Input& input, const ReplayOptions& options)
    : network_(network),
      control_(control),
      input_(input),
      options_(options),
      streams_(network),
      until_(options.stop_at),
      refused_(network.ports()) {
  if (options_.captures) captures_.emplace(*options_.captures, network_);
  if (options_.drop_examples > 0) drop_places_.emplace(options_.drop_examples, network_);
  if (options_.watch) network_.observe_arrivals(options_.watch);
  if (options_.resume) resume(*options_.resume);
}

void Replay::resume(const ReplayOptions::Resume& resume) {
  now_ = resume.at;
  network_.run(now_);
  if (!resume.replay_start) return;
  start_input(*resume.replay_start);
  for (const InputFrame* frame; (frame = input_.next()) && frame->time < now_; input_.pop()) {
    received_++;
    if (flows_) flows_->refused();
  }
  streams_.skip(now_);
}

void Replay::start_input_if_converged() {
  if (input_.started()) return;
  Time at;
  if (options_.replay_start) {
    at = Time::from_ns(options_.replay_start->ns());
  } else if (const auto converged = control_.converged(); !converged) {
    return;
  } else if (network_.unresolved() == 0) {
    at = std::max(*converged, network_.resolved_at());
  } else if (now_ - Time() < kConvergenceLimit) {
    return;
  }
  // What happened at a whole millisecond is noticed behind it, at a moment that depends on the
  // window; the next whole one does not.
  at = options_.replay_start ? std::max(at, now_) : round_up(std::max(at, now_), kStep);
  start_input(at);
  control_.replay_starts(at);
}

void Replay::start_input(Time at) {
  input_.start(at);
  streams_.start(at);
  if (network_.flows()) flows_.emplace(network_, *network_.flows(), at);
  for (const auto& limit : {options_.duration, options_.stop_after})
    if (limit) until_ = std::min(until_, at + *limit);
  // Unless told otherwise the first packet keeps the timestamp it had, if time 0 allows it.
  start_unix_ns_ = options_.start_unix_ns.value_or(
      std::max<int64_t>(0, input_.first_timestamp_ns().value_or(0) - at.ns()));
  if (captures_) captures_->begin(start_unix_ns_);
}

Time Replay::next_time() {
  Time next = std::min(network_.next(), control_.next());
  if (!input_.started()) return std::min(next, round_up(now_ + Duration::ns(1), kStep));
  if (const InputFrame* frame = input_.next()) next = std::min(next, frame->time);
  return std::min(next, streams_.next());
}

bool Replay::over() {
  return input_.started() && !input_.next() && streams_.next() == Time::max() && control_.quiet() &&
         !network_.busy();
}

// The run ends here if nothing is due before: when it was told, or when everything is over. With
// host ports something always is: it then ends at a whole millisecond, as windows do, so that every
// cut of the run ends alike.
Time Replay::last_moment() {
  if (options_.duration || !over()) return until_;
  return std::min(until_, has_hosts() ? round_up(now_, kStep) : now_);
}

Time Replay::window_end(Time from, Time last) {
  const Duration lookahead = std::min({network_.least_delay(), kLongestWindow, control_.latency()});
  Time end = from + Duration::ns(std::max<int64_t>(1, lookahead.ns() / options_.lookahead_divisor));
  end = std::min({end, control_.next(), last});
  // The run may be over before a deadline, so a window does not reach past one.
  if (const Time deadline = network_.next_deadline(); deadline > from)
    end = std::min(end, deadline);
  if (has_hosts() || !input_.started())
    end = std::min(end, round_up(from + Duration::ns(1), kStep));
  return input_.started() ? inject(from, end) : end;
}

void Replay::run(const std::atomic<bool>& stop,
                 const std::function<void(unsigned, uint64_t)>& progress) {
  uint64_t windows = 0;
  while (!stop) {
    start_input_if_converged();
    if (stop) break;  // control may have been told to stop, and heeds no more of what is said
    const Time last = ended_at_ = last_moment();
    const Time from = next_time();
    // What departed since the last window may arrive in this one and change.
    if (captures_ && from > now_) captures_->flush(std::min(from, last));
    if (from >= last) break;
    if (control_.next() <= from) control_.deliver(from);
    run_window(window_end(from, last));
    if (++windows % kProgressWindows == 0)
      progress(std::min(input_.per_mille(), streams_.per_mille()), received_);
  }
}

void Replay::run_window(Time end) {
  network_.run(end);
  if (captures_) captures_->flush(end);
  for (uint32_t id = 1; id < network_.ports(); id++) {
    Port& port = network_.port(id);
    if (streams_.any())
      for (rte_mbuf* m : port.sent) streams_.left(id, Packet(m));
    if (flows_)
      for (rte_mbuf* m : port.sent) flows_->left(Packet(m));
    if (options_.watch)
      for (rte_mbuf* m : port.sent) options_.watch->left(id, Packet(m));
    network_.free_sent(port);
  }
  if (flows_) flows_->settle();
  if (options_.watch) options_.watch->passed(end);
  if (network_.out_of_memory()) fail_for_memory();
  now_ = end;
  if (network_.has_deliveries()) control_.delivered(network_.take_deliveries());
}

// Lets everything before `end` enter; where there is too much for one window it ends earlier, at
// the time of the first packet that waits. At one moment captures go before streams, as their ids
// do.
Time Replay::inject(Time from, Time end) {
  for (unsigned count = 0;; count++) {
    const InputFrame* frame = input_.next();
    const bool captured = frame && frame->time <= streams_.next();
    const Time at = captured ? frame->time : streams_.next();
    if (at >= end) return end;
    if (count >= options_.window_packets && at > last_entry_ && last_entry_ >= from) return at;
    last_entry_ = at;
    if (captured) {
      enter(*frame);
      input_.pop();
    } else {
      enter_stream_packet();
    }
  }
}

void Replay::enter_stream_packet() {
  const auto [port, p] = streams_.take();
  if (p.mbuf() == nullptr) fail_for_memory();
  if (captures_) captures_->received(port, p);
  if (options_.watch) [[unlikely]]
    options_.watch->entered(port, p, nullptr);
  network_.receive(port, p);
}

void Replay::refuse(const InputFrame& frame) {
  const Refusal why = frame.refusal != Refusal::none ? frame.refusal : Refusal::oversize;
  PortCounts& rx = network_.port(frame.port).rx;
  rx.packets++;
  rx.bytes += frame.wire_length();
  count(refused_[frame.port], why);
  if (flows_) flows_->refused();
  if (!options_.watch && !captures_ && !drop_places_) return;
  std::vector<uint8_t> bytes(frame.head, frame.head + frame.head_length);
  bytes.insert(bytes.end(), frame.body, frame.body + frame.body_length);
  const Watch::Refused refused{.port = frame.port,
                               .id = received_,
                               .at = frame.time,
                               .reason = kRefusalNames[static_cast<size_t>(why)],
                               .bytes = bytes,
                               .wire_length = frame.wire_length()};
  if (captures_) captures_->refused(refused);
  if (drop_places_) drop_places_->refused(refused);
  if (options_.watch) options_.watch->refused(refused, input_);
}

void Replay::enter(const InputFrame& frame) {
  received_++;
  const uint32_t length = frame.head_length + frame.body_length;
  const bool oversize = frame.wire_length() > net::kMaxFrame;
  if (oversize || frame.refusal != Refusal::none) [[unlikely]] {
    refuse(frame);
    return;
  }
  const Packet p = network_.pool().allocate(length);
  if (p.mbuf() == nullptr) fail_for_memory();
  std::memcpy(p.data(), frame.head, frame.head_length);
  std::memcpy(p.data() + frame.head_length, frame.body, frame.body_length);
  PacketMeta& meta = p.meta();
  meta.time = frame.time.ns();
  meta.id = received_;
  meta.missing = frame.missing;
  if (flows_) flows_->entered(frame.port, p);
  if (captures_) captures_->received(frame.port, p);
  if (options_.watch) [[unlikely]]
    options_.watch->entered(frame.port, p, &input_);
  network_.receive(frame.port, p);
}

std::optional<FlowResults> Replay::take_flows() {
  return flows_ ? std::optional(flows_->finish()) : std::nullopt;
}

void Replay::fail_for_memory() {
  throw MachineError("packets in flight need more than --memory allows (" +
                     std::to_string(network_.pool().cap() >> 20) + " MiB); links can hold about " +
                     std::to_string((network_.most_in_flight_bytes() >> 20) + 1) +
                     " MiB, run with --memory " +
                     std::to_string((network_.most_in_flight_bytes() >> 20) + 64) + "MiB");
}

void Replay::close(const RunStats& stats, std::string_view reason) {
  if (!captures_) return;
  const Time end = Time::from_ns(stats.virtual_time_ns);
  if (reason.empty())
    captures_->finish(stats, end);
  else
    captures_->finish_partial(stats, end, reason);
}

}  // namespace erbium::dp
