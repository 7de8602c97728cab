#include "control/report/explain.h"

#include <gtest/gtest.h>

#include <sstream>

namespace erbium::cp {
namespace {

Journey journey() {
  Journey out{.id = 7,
              .name = "packet 7",
              .flow = "udp 192.168.1.10:9 > 10.0.1.4:80",
              .bytes = 100,
              .from_ns = 2'000'000'000};
  JourneyHop& hop = out.hops.emplace_back();
  hop.name = "msee-a";
  hop.from_ns = 2'000'001'500;
  JourneyStep& step = hop.steps.emplace_back();
  step.stage = "limiter";
  step.verdict = "drop";
  step.reason = "policer";
  step.why.say("er-sjc/primary to_azure at 1Gbps");
  step.why.say("costs 12112 bits, 96 of 524288 are there, too few, a drop takes none at all");
  step.why.set("cost_bits", uint64_t{12112});
  step.answers.push_back({(uint64_t{16} << 48) + 1, "icmp", 2'000'051'500});
  out.ends.push_back({.fate = EndKind::dropped,
                      .where = "router msee-a",
                      .stage = "limiter",
                      .reason = "policer",
                      .at_ns = 2'000'001'500});
  return out;
}

TEST(Explain, FitsEightyColumns) {
  const std::string text = explain_text({"first", Time() + Duration::s(1), {journey()}});
  EXPECT_EQ(text,
            "first: the replay starts at @1.000s\n"
            "\n"
            "packet 7: udp 192.168.1.10:9 > 10.0.1.4:80, 100 bytes\n"
            "dropped: policer at router msee-a, stage limiter, +1.5us\n"
            "\n"
            "+1.5us          router msee-a                                        @2.0000015s\n"
            "  limiter       er-sjc/primary to_azure at 1Gbps; costs 12112 bits, 96 of 524288\n"
            "                are there, too few, a drop takes none at all: DROPPED policer;\n"
            "                answered with icmp (packet 4503599627370497) at +51.5us\n");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Explain, TheJsonHasTheValues) {
  const auto json = explain_json({"first", Time::max(), {journey()}});
  EXPECT_FALSE(json.contains("replay_start_ns"));
  const auto& packet = json["packets"][0];
  EXPECT_EQ(packet["ends"][0]["reason"], "policer");
  EXPECT_EQ(packet["ends"][0]["after_ns"], 1500);
  const auto& step = packet["hops"][0]["steps"][0];
  EXPECT_EQ(step["values"]["cost_bits"], 12112);
  EXPECT_EQ(step["answered_with"][0]["cause"], "icmp");
}

}  // namespace
}  // namespace erbium::cp
