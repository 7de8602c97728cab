// What a bandwidth trace may hold, and where it is wrong.
#include "control/config/bandwidth_trace.h"

#include <gtest/gtest.h>

#include "control/config/yaml.h"

namespace erbium::cp {
namespace {

std::string error_of(std::string_view text) {
  try {
    parse_trace(text);
  } catch (const Fault& fault) {
    return std::to_string(fault.mark.line) + ": " + fault.what();
  }
  return "none";
}

TEST(BandwidthTraceFile, HoldsAMillisecondALine) {
  EXPECT_EQ(parse_trace("0\n3\n3\n12\n"), (std::vector<uint32_t>{0, 3, 3, 12}));
  EXPECT_EQ(parse_trace("1\r\n2"), (std::vector<uint32_t>{1, 2}));
}

TEST(BandwidthTraceFile, MistakesNameTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "1: no opportunity"},
      {"5\n4\n", "2: 4 ms is before the 5 ms"},
      {"1\n\n2\n", "2: '' is no millisecond"},
      {"1\n2.5\n", "2: '2.5' is no millisecond"},
      {"-1\n", "1: '-1' is no millisecond"},
      {"1 2\n", "1: '1 2' is no millisecond"},
      {"99999999\n", "1: '99999999' is no millisecond of a day"},
      {"99999999999999999999\n", "1: '99999999999999999999' is no millisecond"},
      {"0\n0\n", "2: the trace ends where it begins"},
  };
  for (const auto& [text, says] : cases)
    EXPECT_EQ(error_of(text).rfind(says, 0), 0U) << error_of(text);
}

}  // namespace
}  // namespace erbium::cp
