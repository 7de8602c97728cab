// Paths through speakers with 2-octet AS numbers (RFC 6793).
#include <gtest/gtest.h>

#include "control/bgp/attributes.h"
#include "control/bgp/test_octets.h"

namespace erbium::cp::bgp {
namespace {

using Type = AsSegment::Type;

AsPath sequence(std::vector<uint32_t> asns) { return {{{Type::sequence, std::move(asns)}}}; }

// §4.2.3, with AS_TRANS where an old speaker saw a wide number.
TEST(MergeAs4Path, TakesTheFrontOfAsPath) {
  EXPECT_EQ(merge_as4_path(sequence({65001, 23456, 23456}), sequence({70000, 70001})),
            sequence({65001, 70000, 70001}));
  EXPECT_EQ(merge_as4_path(sequence({23456, 23456}), sequence({70000, 70001})),
            sequence({70000, 70001}));
}

TEST(MergeAs4Path, IgnoresALongerOne) {
  EXPECT_EQ(merge_as4_path(sequence({65001}), sequence({70000, 70001})), sequence({65001}));
}

TEST(MergeAs4Path, SetsCountAsOne) {
  const AsPath path{{{Type::sequence, {65001, 23456}}, {Type::set, {23456, 65002}}}};
  const AsPath as4{{{Type::sequence, {70000}}, {Type::set, {70001, 65002}}}};
  const AsPath merged{{{Type::sequence, {65001, 70000}}, {Type::set, {70001, 65002}}}};
  EXPECT_EQ(merge_as4_path(path, as4), merged);
  EXPECT_EQ(merge_as4_path({{{Type::set, {1, 2}}, {Type::sequence, {23456}}}}, sequence({70000})),
            (AsPath{{{Type::set, {1, 2}}, {Type::sequence, {70000}}}}));
}

TEST(MergeAs4Path, LeadingConfederationSegmentsStay) {
  const AsPath path{{{Type::confed_sequence, {64512}}, {Type::sequence, {23456}}}};
  const AsPath merged{{{Type::confed_sequence, {64512}}, {Type::sequence, {70000}}}};
  EXPECT_EQ(merge_as4_path(path, sequence({70000})), merged);
}

TEST(MergeAs4Path, NoSegmentGrowsBeyond255) {
  AsPath path = sequence(std::vector<uint32_t>(255, 65001));
  path.segments.push_back({Type::sequence, {23456}});
  const AsPath merged = merge_as4_path(path, sequence({70000}));
  ASSERT_EQ(merged.segments.size(), 2u);
  EXPECT_EQ(merged.segments[0].asns.size(), 255u);
  EXPECT_EQ(merged.length(), 256u);
}

PathAttributes decoded(const char* attributes, bool as4 = false) {
  const auto octets =
      update_message("", std::string("400101 00 400304 c0000201 ") + attributes, "08 0a");
  auto out = decode(octets, {.as4 = as4});
  return *std::get<Update>(out->message).attributes;
}

TEST(As4Attributes, PathFromBoth) {
  const auto attributes = decoded("400208 0203 fde9 5ba0 5ba0 c0110a 0202 00011170 00011171");
  EXPECT_EQ(attributes.as_path.str(), "65001 70000 70001");
}

// §4.2.3: an AGGREGATOR other than AS_TRANS comes from a speaker that knows no AS4 attributes.
TEST(As4Attributes, AggregatorDecides) {
  const auto taken = decoded(
      "400206 0202 fde9 5ba0 c00706 5ba0 c0000201"
      "c01106 0201 00011170 c01208 00011170 c0000202");
  EXPECT_EQ(taken.aggregator, (Aggregator{70000, 0xc0000202}));
  EXPECT_EQ(taken.as_path.str(), "65001 70000");
  const auto ignored = decoded(
      "400206 0202 fde9 5ba0 c00706 fde9 c0000201"
      "c01106 0201 00011170 c01208 00011170 c0000202");
  EXPECT_EQ(ignored.aggregator, (Aggregator{65001, 0xc0000201}));
  EXPECT_EQ(ignored.as_path.str(), "65001 23456");
}

// §6.
TEST(As4Attributes, MalformedOnesAreDiscarded) {
  for (const char* bad : {"c01105 0201 000111", "c01106 0901 00011170", "c01100", "c01102 0200"}) {
    const auto octets = update_message(
        "", std::string("400101 00 400304 c0000201 400206 0202 fde9 5ba0 ") + bad, "08 0a");
    const auto out = decode(octets, {});
    ASSERT_TRUE(out) << bad;
    ASSERT_EQ(out->errors.size(), 1u);
    EXPECT_EQ(out->errors[0].action, AttributeError::Action::discard);
    EXPECT_EQ(std::get<Update>(out->message).attributes->as_path.str(), "65001 23456");
  }
}

TEST(As4Attributes, WrittenOnlyWhereNeeded) {
  PathAttributes values{.as_path = sequence({65001, 70000}),
                        .aggregator = Aggregator{70000, 0xc0000201}};
  Octets out;
  write_attributes(values, {}, false, out);
  EXPECT_EQ(out, hex("400101 00 400206 0202 fde9 5ba0 c00706 5ba0 c0000201"
                     "c0110a 0202 0000fde9 00011170 c01208 00011170 c0000201"));
  out.clear();
  write_attributes(values, {.as4 = true}, false, out);
  EXPECT_EQ(out, hex("400101 00 40020a 0202 0000fde9 00011170 c00708 00011170 c0000201"));
  values = {.as_path = sequence({65001})};
  out.clear();
  write_attributes(values, {}, false, out);
  EXPECT_EQ(out, hex("400101 00 400204 0201 fde9"));
}

TEST(As4Attributes, LongSequencesAreSplit) {
  PathAttributes values{.as_path = sequence(std::vector<uint32_t>(300, 65001))};
  Octets out;
  write_attributes(values, {.as4 = true}, false, out);
  std::vector<AttributeError> errors;
  const auto back = decode_attributes(out, {.as4 = true}, errors);
  ASSERT_TRUE(back && errors.empty());
  ASSERT_EQ(back->as_path.segments.size(), 2u);
  EXPECT_EQ(back->as_path.length(), 300u);
}

}  // namespace
}  // namespace erbium::cp::bgp
