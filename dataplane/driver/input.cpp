#include "dataplane/driver/input.h"

#include <algorithm>
#include <cstring>

#include "common/net/endian.h"
#include "common/net/headers.h"

namespace erbium::dp {
namespace {

__extension__ using Wide = unsigned __int128;

// [head, body) of the frame as it enters by a port.
void fit_frame(const CapturedFrame& captured, const PortFit& fit, InputFrame& frame) {
  frame.missing = captured.wire_length - captured.captured;
  frame.refusal = captured.refusal;
  frame.head_length = 0;
  frame.body = captured.data;
  frame.body_length = captured.captured;
  if (captured.captured < sizeof(net::EthernetHeader)) return;

  std::memcpy(frame.head, captured.data, 12);
  if (fit.router_mac && !(captured.data[0] & 1))
    std::memcpy(frame.head, fit.router_mac->bytes.data(), 6);
  uint32_t length = 12;
  uint32_t taken = 12;
  if (fit.retag) {
    while (taken + 6 <= captured.captured && net::is_vlan_tag(net::read16(captured.data + taken)))
      taken += 4;
    const auto put = [&](uint16_t tpid, uint16_t vid) {
      const net::be16 words[2] = {net::be16{tpid}, net::be16{vid}};
      std::memcpy(frame.head + length, words, 4);
      length += 4;
    };
    if (fit.outer_vid != 0) put(fit.outer_tpid, fit.outer_vid);
    if (fit.inner_vid != 0) put(fit.inner_tpid, fit.inner_vid);
  }
  frame.head_length = length;
  frame.body = captured.data + taken;
  frame.body_length = captured.captured - taken;
  // What a record claims may leave no room for tags.
  frame.missing = std::min(frame.missing, UINT32_MAX - length - frame.body_length);
}

}  // namespace

Input::Input(const std::vector<InputConfig>& configs, Duration max_gap) : max_gap_(max_gap) {
  sources_.reserve(configs.size());
  for (const InputConfig& config : configs) {
    const Source& source = sources_.emplace_back(config);
    if (config.pacing.loop > 1 && source.reader->size() == 0)
      throw CaptureError(source.reader->path() +
                         " can be read only once; to repeat it, name a file or leave loop out");
  }
  std::optional<int64_t> first;
  for (Source& source : sources_)
    if (read(source)) first = std::min(first.value_or(source.timestamp_ns), source.timestamp_ns);
  for (Source& source : sources_) {
    source.pacer.base(first.value_or(0));
    if (source.present) advance(source);
  }
  last_ns_ = first.value_or(0);
}

// The next packet that passes, in the same pass.
bool Input::read_record(Source& source) {
  do {
    if (!source.reader->next(source.record)) return false;
  } while (!source.filter.passes(source.record));
  return true;
}

bool Input::next_pass(Source& source) {
  if (!source.any || source.passes >= source.config.pacing.loop) return false;
  source.passes++;
  source.any = false;
  source.pacer.next_pass();
  source.reader = CaptureReader::open(source.config.path);
  return true;
}

bool Input::read(Source& source) {
  while (!(source.present = read_record(source)))
    if (!next_pass(source)) return false;
  const int64_t timestamp = source.record.timestamp_ns;
  if (source.any && timestamp < source.timestamp_ns)
    clamped_ += source.passes == 1;
  else
    source.timestamp_ns = timestamp;
  source.any = true;
  source.pacer.packet(source.timestamp_ns);
  source.left = source.frames.of(source.record);
  return true;
}

// Makes the first frame that is left the source's next.
void Input::advance(Source& source) {
  const CapturedFrame& captured = source.left.front();
  const auto& split = source.config.split;
  const bool azure = captured.refusal == Refusal::none && source.splitter &&
                     source.splitter->from_azure({captured.data, captured.captured});
  source.frame.port = azure ? split->port : source.config.port;
  fit_frame(captured, azure ? split->fit : source.config.fit, source.frame);
  source.entry_ns = source.pacer.entry();
  source.pacer.entered(source.frame.wire_length());
}

// Equal times go by the order of the inputs.
Input::Source* Input::earliest() {
  Source* first = nullptr;
  for (Source& source : sources_)
    if (source.present && (!first || source.entry_ns < first->entry_ns)) first = &source;
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
  if (current_) return &current_->frame;
  current_ = earliest();
  if (!current_) return nullptr;
  const int64_t gap = current_->entry_ns - last_ns_;
  if (gap > max_gap_.ns()) {
    shift_ -= gap - max_gap_.ns();
    events_.push_back({current_->entry_ns + shift_, "gap_shortened",
                       current_->config.name + ": " + std::to_string(gap) + " ns to " +
                           std::to_string(max_gap_.ns()) + " ns"});
  }
  last_ns_ = current_->entry_ns;
  current_->frame.time = Time::from_ns(last_ns_ + shift_);
  return &current_->frame;
}

void Input::pop() {
  Source& source = *current_;
  current_ = nullptr;
  source.left = source.left.subspan(1);
  if (!source.left.empty() || read(source)) advance(source);
}

void Input::explain(Explanation& out) const {
  const CapturedFrame& captured = current_->left.front();
  const InputFrame& frame = current_->frame;
  out.say("from " + current_->config.name);
  out.set("input", current_->config.name);
  if (captured.captured < sizeof(net::EthernetHeader))
    return out.say("shorter than an Ethernet header, as it is");
  const auto mac = [](const uint8_t* at) {
    net::Mac address;
    std::copy_n(at, address.bytes.size(), address.bytes.begin());
    return address.str();
  };
  const std::string was = mac(captured.data), is = mac(frame.head);
  out.say(was == is ? "sent to " + is : "sent to the router's " + is + " in place of " + was);
  const auto tags = [](const uint8_t* bytes, size_t length) {
    std::string text;
    for (size_t at = 12; at + 4 <= length && net::is_vlan_tag(net::read16(bytes + at)); at += 4)
      text += (text.empty() ? "" : ".") + std::to_string(net::read16(bytes + at + 2) & 0xfff);
    return text;
  };
  std::vector<uint8_t> fitted(frame.head, frame.head + frame.head_length);
  fitted.insert(fitted.end(), frame.body, frame.body + std::min(frame.body_length, 8u));
  const std::string tags_were = tags(captured.data, captured.captured);
  const std::string tags_are = tags(fitted.data(), fitted.size());
  const auto named = [](const std::string& t) { return t.empty() ? "no tags" : "tags " + t; };
  out.say(tags_were == tags_are ? named(tags_are)
                                : named(tags_are) + " in place of " + named(tags_were));
  out.set("captured_mac", was);
  out.set("destination_mac", is);
  out.set("captured_tags", tags_were);
  out.set("tags", tags_are);
  if (frame.missing > 0) out.set("missing_bytes", frame.missing);
}

std::vector<RunEvent> Input::take_events() { return std::exchange(events_, {}); }

unsigned Input::per_mille() const {
  Wide done = 0, all = 0;
  for (const Source& source : sources_) {
    const Wide size = source.reader->size();
    done += (source.passes - 1) * size + source.reader->position();
    all += source.config.pacing.loop * size;
  }
  return all == 0 ? 1000 : static_cast<unsigned>(std::min<Wide>(1000, done * 1000 / all));
}

}  // namespace erbium::dp
