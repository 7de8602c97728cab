#include "dataplane/driver/live.h"

#include <rte_ether.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "dataplane/driver/collect.h"
#include "dataplane/driver/eal.h"

namespace erbium::dp {
namespace {

constexpr Duration kTick = Duration::ns(1);  // a window that ends one tick after `now` includes it
constexpr unsigned kSendAttempts = 4;
// So many turns of the loop cannot use up the buffers that are then kept free.
constexpr unsigned kPoolTurns = 128;
constexpr uint32_t kSparePackets = 16'384;

uint64_t thread_cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

int64_t unix_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Live::Live(Network& network, ControlSource& control, const LiveOptions& options)
    : network_(network),
      control_(control),
      options_(options),
      refused_(network.ports()),
      unsent_(network.ports()) {
  for (uint32_t id = 1; id < network.ports(); id++) {
    const std::string& dev = options.devices[id - 1];
    ports_.push_back({.id = id,
                      .device = dev.empty() ? nullptr
                                            : std::make_unique<Device>(network.port(id).name, dev,
                                                                       network.pool())});
  }
  if (options.captures) captures_.emplace(*options.captures, network_);
  lookahead_ = std::min(network_.least_delay(), control_.latency());
}

void Live::run(const std::atomic<bool>& stop) {
  const Time last = options_.duration ? Time() + *options_.duration : Time::max();
  const uint64_t cpu_before = thread_cpu_ns();
  if (captures_) captures_->begin(unix_ns());
  due_ = control_.next();
  clock_.start();
  for (unsigned turn = 1; !stop.load(std::memory_order_relaxed); turn++) {
    if (turn % kPoolTurns == 0) network_.pool().keep_small(kSparePackets);
    if (open_) [[likely]]
      for (LivePort& port : ports_) poll(port);
    // Read after the receipt: a thread that was stopped in between must not date frames back.
    const Time now = std::max(clock_.now(), end_);
    if (now >= last) break;
    if (!open_) [[unlikely]]
      open_if_ready(now);
    if (!timeline_started_) [[unlikely]]
      start_timeline_if_converged();
    if (due_ <= now || now + kTick - end_ > lookahead_) [[unlikely]]
      catch_up(now);
    for (LivePort& port : ports_)
      if (port.received != 0) receive(port, now);
    window(now + kTick);
  }
  for (LivePort& port : ports_) rte_pktmbuf_free_bulk(port.burst, port.received);
  cpu_ns_ = thread_cpu_ns() - cpu_before;
}

// The first frame is to find every node that needs no frame from outside for it ready to forward.
void Live::open_if_ready(Time now) {
  open_ = network_.unresolved() == 0 || now - Time() >= kOpeningLimit;
}

void Live::start_timeline_if_converged() {
  const Time limit = Time() + options_.replay_start.value_or(kConvergenceLimit);
  if (end_ < limit && (options_.replay_start || network_.unresolved() > 0)) return;
  if (!options_.replay_start && !control_.converged()) return;
  timeline_started_ = true;
  control_.replay_starts(options_.replay_start ? limit : end_);
  due_ = control_.next();
}

void Live::deliver(Time now) {
  control_.deliver(now);
  due_ = control_.next();
  lookahead_ = std::min(network_.least_delay(), control_.latency());
}

// Runs everything before `now` in windows that neither exceed the lookahead nor reach past a
// generation of control.
void Live::catch_up(Time now) {
  while (true) {
    if (due_ <= end_) deliver(end_);
    if (end_ == now) return;
    const Time from = std::max(end_, std::min(now, network_.next()));
    // What departed meanwhile may arrive in the next window and change.
    if (captures_ && from > end_) captures_->flush(from);
    Time end = now - from <= lookahead_ ? now : from + lookahead_;
    end = std::min(end, due_);
    window(end);
  }
}

void Live::window(Time end) {
  network_.run(end);
  if (captures_) captures_->flush(end);
  for (LivePort& port : ports_)
    if (!network_.port(port.id).sent.empty()) send(port);
  end_ = end;
  if (network_.has_deliveries()) [[unlikely]] {
    control_.delivered(network_.take_deliveries());
    due_ = control_.next();
  }
}

void Live::poll(LivePort& port) {
  if (port.device) port.received = port.device->receive(port.burst, kBurst);
}

void Live::receive(LivePort& port, Time now) {
  for (uint16_t i = 0; i < port.received; i++) {
    if (i + 1 < port.received) __builtin_prefetch(rte_pktmbuf_mtod(port.burst[i + 1], void*));
    const Packet p = adopt(port.burst[i]);
    if (p.mbuf() == nullptr) [[unlikely]] {
      refuse(port.id, port.burst[i]);
      continue;
    }
    PacketMeta& meta = p.meta();
    meta.time = now.ns();
    meta.id = ++received_;
    if (captures_) captures_->received(port.id, p);
    network_.receive(port.id, p);
  }
  port.received = 0;
}

// Makes a received frame a packet of ours, with its metadata zero; null, with the frame untouched,
// when it is too long to be carried.
Packet Live::adopt(rte_mbuf* m) {
  if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) [[unlikely]]
    rte_vlan_insert(&m);  // the kernel hands af_packet the tag beside the frame
  if (m->nb_segs > 1) [[unlikely]] {
    const uint32_t length = m->pkt_len;
    const Packet whole = network_.pool().allocate(length);
    if (whole.mbuf() == nullptr) return whole;
    const void* at = rte_pktmbuf_read(m, 0, length, whole.data());
    if (at != whole.data()) std::memcpy(whole.data(), at, length);
    rte_pktmbuf_free(m);
    return whole;
  }
  const Packet p(m);
  std::memset(&p.meta(), 0, sizeof(PacketMeta));
  p.poison_outside();
  return p;
}

void Live::refuse(uint32_t port, rte_mbuf* m) {
  PortCounts& rx = network_.port(port).rx;
  rx.packets++;
  rx.bytes += m->pkt_len;
  count(refused_[port], Refusal::oversize);
  rte_pktmbuf_free(m);
}

// What the device does not take after a few attempts is dropped: a port whose queue is full must
// not hold up the others.
void Live::send(LivePort& live) {
  Port& port = network_.port(live.id);
  if (!live.device) return network_.free_sent(port);
  for (rte_mbuf* m : port.sent) Packet(m).unpoison();
  const size_t total = port.sent.size();
  size_t sent = 0;
  for (unsigned attempt = 0; sent < total && attempt < kSendAttempts; attempt++) {
    const auto count = static_cast<uint16_t>(std::min<size_t>(total - sent, 256));
    const uint16_t taken = live.device->send(port.sent.data() + sent, count);
    sent += taken;
  }
  for (; sent < total; sent++) {
    const Packet p(port.sent[sent]);
    unsent_[live.id]++;
    port.tx.packets--;
    port.tx.bytes -= p.wire_length();
    p.free();
  }
  port.sent.clear();
}

RunStats Live::collect() const {
  RunStats stats = dp::collect(network_, refused_);
  for (uint32_t id = 1; id < network_.ports(); id++)
    if (unsent_[id] != 0) stats.ports[id - 1].unsent["tx_full"] = unsent_[id];
  for (const LivePort& port : ports_)
    if (port.device) stats.wall.rx_missed += port.device->missed();
  stats.virtual_time_ns = end_.ns();
  stats.wall.worker_cpu_ns = cpu_ns_;
  return stats;
}

void Live::close(const RunStats& stats, std::string_view reason) {
  if (!captures_) return;
  if (reason.empty())
    captures_->finish(stats, end_);
  else
    captures_->finish_partial(stats, end_, reason);
}

}  // namespace erbium::dp
