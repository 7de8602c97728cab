#include "dataplane/driver/streams.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/net/checksum.h"
#include "common/net/headers.h"
#include "dataplane/core/later_fragment.h"
#include "dataplane/core/packet_id.h"

namespace erbium::dp {
namespace {

constexpr int64_t kLost = -1;
constexpr uint32_t kUdpChecksum = 6;  // octets into its header

void fill_in(uint8_t* frame, const StreamConfig& config, const StreamPayload& payload) {
  std::memcpy(frame + config.udp + sizeof(net::UdpHeader), &payload, sizeof payload);
  uint16_t sum =
      static_cast<uint16_t>(~net::fold(config.udp_sum + net::raw_sum(&payload, sizeof payload)));
  if (sum == 0) sum = 0xffff;  // RFC 768: zero says that there is none
  std::memcpy(frame + config.udp + kUdpChecksum, &sum, sizeof sum);
}

// RFC 4737 §3.3, in the order of arrival: a packet that comes when a later one has been there.
uint64_t count_reordered(const std::vector<int64_t>& received_ns) {
  std::vector<std::pair<int64_t, size_t>> arrivals;
  for (size_t i = 0; i < received_ns.size(); i++)
    if (received_ns[i] != kLost) arrivals.push_back({received_ns[i], i});
  if (std::is_sorted(arrivals.begin(), arrivals.end())) return 0;
  std::sort(arrivals.begin(), arrivals.end());
  uint64_t count = 0;
  size_t expected = 0;
  for (const auto& [time, sequence] : arrivals) {
    count += sequence < expected;
    expected = std::max(expected, sequence + 1);
  }
  return count;
}

}  // namespace

Streams::Streams(Network& network) : network_(network) {
  if (network.streams().size() <= 1) return;
  for (const StreamConfig& config : network.streams()) streams_.emplace_back().config = config;
  network.observe_arrivals(this);
}

Streams::~Streams() { network_.forget_observer(this); }

void Streams::start(Time at) {
  for (uint32_t id = 1; id < streams_.size(); id++) {
    streams_[id].first_ns = (at + streams_[id].config.first).ns();
    if (streams_[id].config.count > 0) due_.push({streams_[id].first_ns, id});
  }
}

// What is due and its sequence number; the next packet of its stream becomes due.
std::pair<Streams::Due, uint64_t> Streams::enter() {
  const Due due = due_.top();
  due_.pop();
  Stream& stream = streams_[due.stream];
  const uint64_t sequence = stream.received_ns.size();
  stream.received_ns.push_back(kLost);
  stream.path.push_back(0);
  if (sequence + 1 < stream.config.count)
    due_.push({due.time + stream.config.interval.ns(), due.stream});
  return {due, sequence};
}

void Streams::skip(Time to) {
  while (next() < to) enter();
}

std::pair<uint32_t, Packet> Streams::take() {
  const auto [due, sequence] = enter();
  const StreamConfig& config = streams_[due.stream].config;
  const Packet p = network_.pool().allocate(static_cast<uint32_t>(config.frame.size()));
  if (p.mbuf() == nullptr) return {config.port_in, p};
  std::memcpy(p.data(), config.frame.data(), config.frame.size());
  StreamPayload payload{net::be32{kStreamMagic}, net::be32{due.stream}, {}, {}};
  payload.sequence.set(sequence);
  payload.sent_ns.set(due.time);
  fill_in(p.data(), config, payload);
  p.meta().time = due.time;
  p.meta().id = stream_packet_id(due.stream, sequence);
  return {config.port_in, p};
}

void Streams::left(uint32_t port, Packet p) {
  if (!of_stream(p.meta().id) || later_fragment(p, p.meta().l2_length)) return;
  Stream& stream = streams_[stream_of(p.meta().id)];
  int64_t& received = stream.received_ns[sequence_of(p.meta().id)];
  if (port != stream.config.port_out)
    stream.strayed++;
  else if (received != kLost)
    stream.repeated.push_back(sequence_of(p.meta().id));
  else
    received = p.meta().time;
}

void Streams::arrived(uint32_t link, Packet p) {
  if (!of_stream(p.meta().id) || p.meta().copy != 0) return;
  PathId& path = streams_[stream_of(p.meta().id)].path[sequence_of(p.meta().id)];
  path = paths_.extend(path, link);
}

unsigned Streams::per_mille() const {
  uint64_t done = 0, all = 0;
  for (const Stream& stream : streams_) {
    done += stream.received_ns.size();
    all += stream.config.count;
  }
  return all == 0 ? 1000 : static_cast<unsigned>(done * 1000 / all);
}

StreamResult Streams::take_result(Stream& stream) {
  StreamResult out{.name = stream.config.name,
                   .first_ns = stream.first_ns,
                   .interval_ns = stream.config.interval.ns(),
                   .received_ns = std::move(stream.received_ns),
                   .path = std::move(stream.path),
                   .repeated = std::move(stream.repeated),
                   .strayed = stream.strayed};
  out.reordered = count_reordered(out.received_ns);
  std::sort(out.repeated.begin(), out.repeated.end());
  PathNumbers numbers(paths_);
  for (uint16_t& path : out.path) path = numbers.of(path);
  out.paths = numbers.take();
  return out;
}

std::vector<StreamResult> Streams::take_results() {
  std::vector<StreamResult> out;
  for (uint32_t id = 1; id < streams_.size(); id++)
    if (!streams_[id].config.frame.empty()) out.push_back(take_result(streams_[id]));
  return out;
}

}  // namespace erbium::dp
