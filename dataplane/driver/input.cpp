#include "dataplane/driver/input.h"

#include <algorithm>
#include <cstring>

#include "common/net/endian.h"
#include "common/net/headers.h"

namespace erbium::dp {
namespace {

bool is_tag(uint16_t ether_type) {
  return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100;
}

uint16_t type_at(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

}  // namespace

Input::Input(const std::vector<InputConfig>& configs, Duration max_gap) : max_gap_(max_gap) {
  for (const InputConfig& config : configs) {
    Source& source = sources_.emplace_back();
    source.config = config;
    source.reader = CaptureReader::open(config.path);
  }
  for (Source& source : sources_) read(source);
  if (const Source* first = earliest()) last_ns_ = first->timestamp_ns;
}

void Input::read(Source& source) {
  const bool had_one = source.present;
  source.present = source.reader->next(source.record);
  if (!source.present) return;
  const int64_t timestamp = source.record.timestamp_ns;
  if (had_one && timestamp < source.timestamp_ns) {
    clamped_++;
    return;
  }
  source.timestamp_ns = timestamp;
}

// Equal times go by the order of the inputs.
Input::Source* Input::earliest() {
  Source* first = nullptr;
  for (Source& source : sources_)
    if (source.present && (!first || source.timestamp_ns < first->timestamp_ns)) first = &source;
  return first;
}

std::optional<int64_t> Input::first_timestamp_ns() const {
  const bool any = std::any_of(sources_.begin(), sources_.end(),
                               [](const Source& source) { return source.present; });
  return any ? std::optional(last_ns_) : std::nullopt;
}

void Input::start(Time at) {
  started_ = true;
  shift_ = at.ns() - last_ns_;
}

const InputFrame* Input::next() {
  if (current_) return &frame_;
  current_ = earliest();
  if (!current_) return nullptr;
  const int64_t gap = current_->timestamp_ns - last_ns_;
  if (gap > max_gap_.ns()) {
    shift_ -= gap - max_gap_.ns();
    events_.push_back({current_->timestamp_ns + shift_, "gap_shortened",
                       current_->config.name + ": " + std::to_string(gap) + " ns to " +
                           std::to_string(max_gap_.ns()) + " ns"});
  }
  last_ns_ = current_->timestamp_ns;
  frame_.time = Time::from_ns(last_ns_ + shift_);
  fill_frame(*current_);
  return &frame_;
}

void Input::pop() {
  read(*current_);
  current_ = nullptr;
}

void Input::fill_frame(const Source& source) {
  const CaptureRecord& record = source.record;
  const PortFit& fit = source.config.fit;
  InputFrame& frame = frame_;
  frame.port = source.config.port;
  frame.missing = record.wire_length - record.captured;
  frame.head_length = 0;
  frame.body = record.data;
  frame.body_length = record.captured;
  if (record.captured < sizeof(net::EthernetHeader)) return;

  std::memcpy(frame.head, record.data, 12);
  if (fit.router_mac && !(record.data[0] & 1))
    std::memcpy(frame.head, fit.router_mac->bytes.data(), 6);
  uint32_t length = 12;
  uint32_t taken = 12;
  if (fit.retag) {
    while (taken + 6 <= record.captured && is_tag(type_at(record.data + taken))) taken += 4;
    const auto put = [&](uint16_t tpid, uint16_t vid) {
      const net::be16 words[2] = {net::be16{tpid}, net::be16{vid}};
      std::memcpy(frame.head + length, words, 4);
      length += 4;
    };
    if (fit.outer_vid != 0) put(fit.outer_tpid, fit.outer_vid);
    if (fit.inner_vid != 0) put(fit.inner_tpid, fit.inner_vid);
  }
  frame.head_length = length;
  frame.body = record.data + taken;
  frame.body_length = record.captured - taken;
}

std::vector<RunEvent> Input::take_events() { return std::exchange(events_, {}); }

unsigned Input::per_mille() const {
  uint64_t done = 0, all = 0;
  for (const Source& source : sources_) {
    done += source.reader->position();
    all += source.reader->size();
  }
  return all == 0 ? 1000 : static_cast<unsigned>(std::min<uint64_t>(1000, done * 1000 / all));
}

}  // namespace erbium::dp
