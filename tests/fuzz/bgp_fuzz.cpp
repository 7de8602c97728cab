// libFuzzer target of the BGP codec and the MRT reader. The first octet chooses the options; what
// decodes must mean the same after it has been encoded and decoded again. As a RIB dump and as an
// MRT file the octets must be read or refused.
//
// corpus/bgp: messages of tests/data/bgp, small files of tests/data/mrt, and UPDATEs with every
// attribute, each behind its options.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "common/check.h"
#include "control/bgp/codec.h"
#include "control/mrt/reader.h"
#include "tests/interop/roundtrip.h"

namespace erbium::cp {
namespace {

// Larger messages may outgrow the limit when missing attributes come in.
constexpr size_t kMaxRoundTrip = 32768;

bgp::CodecOptions options_of(uint8_t bits) {
  return {.as4 = (bits & 1) != 0,
          .extended_message = (bits & 2) != 0,
          .receives_extended = (bits & 64) != 0,
          .multiprotocol_v4 = (bits & 4) == 0,
          .multiprotocol_v6 = (bits & 8) != 0,
          .external = (bits & 16) != 0,
          .path_ids = (bits & 32) != 0};
}

void encode_again(const bgp::Message& message, bgp::CodecOptions options) {
  options.extended_message = options.receives_extended = true;
  options.path_ids = false;
  if (const auto* update = std::get_if<bgp::Update>(&message)) {
    const std::string difference = bgp::roundtrip_difference(*update, options);
    if (!difference.empty()) std::fprintf(stderr, "%s\n", difference.c_str());
    ERBIUM_CHECK(difference.empty());
    return;
  }
  if (const auto* notification = std::get_if<bgp::Notification>(&message)) {
    ERBIUM_CHECK(!bgp::describe(*notification).empty());
    if (notification->data.size() > 4075) return;  // cut on the way out
  }
  std::vector<uint8_t> octets;
  bgp::encode(message, options, octets);
  if (octets.size() > bgp::kMaxMessage && std::holds_alternative<bgp::Open>(message)) return;
  const auto again = bgp::decode(octets, options);
  ERBIUM_CHECK(again && again->message == message);
}

void decode_message(std::span<const uint8_t> octets, const bgp::CodecOptions& options) {
  const auto length = bgp::message_length(octets, options);
  if (length && *length > 0 && *length <= octets.size()) octets = octets.first(*length);
  const auto decoded = bgp::decode(octets, options);
  if (decoded && octets.size() <= kMaxRoundTrip) encode_again(decoded->message, options);
}

void read_file(std::span<const uint8_t> octets) {
  try {
    mrt::Reader reader(mrt::open_octets({octets.begin(), octets.end()}));
    while (reader.next()) continue;
  } catch (const mrt::Error&) {
    return;
  }
}

}  // namespace

int fuzz_one(std::span<const uint8_t> input) {
  if (input.empty()) return 0;
  const bgp::CodecOptions options = options_of(input[0]);
  const auto octets = input.subspan(1);
  decode_message(octets, options);
  // Behind a good header, so that no input is lost on the marker.
  if (octets.size() >= 3 && octets.size() + 16 <= bgp::kMaxExtendedMessage) {
    std::vector<uint8_t> framed(16, 0xff);
    framed.insert(framed.end(), octets.begin(), octets.end());
    framed[16] = static_cast<uint8_t>(framed.size() >> 8);
    framed[17] = static_cast<uint8_t>(framed.size());
    decode_message(framed, options);
  }
  std::vector<bgp::AttributeError> errors;
  const auto attributes = bgp::decode_attributes(octets, options, errors);
  ERBIUM_CHECK(attributes || attributes.error().notification.code == 3);
  read_file(octets);
  return 0;
}

}  // namespace erbium::cp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return erbium::cp::fuzz_one({data, size});
}
