// libFuzzer: arbitrary octets as what comes in by the channel, on either side, in pieces of
// arbitrary sizes.
//
// The first octet chooses the side and how long the pieces are; the rest is the stream.
#include <algorithm>
#include <cstdint>
#include <string>

#include "common/api/run_counts.h"
#include "common/check.h"
#include "tests/fuzz/pieces.h"

namespace {

using namespace erbium;

// Gives out the input piece by piece, then ends.
class Input final : public api::ByteStream {
 public:
  Input(fuzz::Pieces& in, size_t piece) : in_(in), piece_(piece) {}
  void write(std::string_view) override {}
  std::optional<size_t> read(std::span<char> into, std::optional<Duration>) override {
    const auto octets = in_.octets(std::min(piece_, into.size()));
    std::copy(octets.begin(), octets.end(), into.begin());
    return octets.size();
  }

 private:
  fuzz::Pieces& in_;
  size_t piece_;
};

// What control does with the words of a dataplane.
struct Counts {
  std::vector<StreamResult> parts;

  void take(const api::FromDataplane& m) {
    if (m.has_stream_part() && !api::add_part(parts, m.stream_part())) parts.clear();
    if (!m.has_ended()) return;
    RunStats stats = api::from_message(m.ended().counts());
    if (!api::add_packets(stats, std::move(parts))) return;
    // What was taken can be told again.
    const RunStats again = api::from_message(api::to_message(stats));
    ERBIUM_CHECK(again.links.size() == stats.links.size());
    for (const StreamResult& stream : stats.streams)
      for (const uint16_t path : stream.path) ERBIUM_CHECK(path < stream.paths.size());
    parts.clear();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Pieces in{{data, size}};
  const uint8_t how = in.octet();
  api::Channel channel(std::make_unique<Input>(in, 1 + (how >> 1)), "the other side");
  try {
    if (how & 1) {
      channel.greet({}, true);
      Counts counts;
      for (api::FromDataplane m;;) {
        channel.receive(m);
        counts.take(m);
      }
    }
    channel.greet({}, false);
    for (api::FromControl m;;) {
      channel.receive(m);
      (void)api::kind_of(m);
    }
  } catch (const api::ProtocolError&) {
  } catch (const api::PeerGone&) {
  }
  return 0;
}
