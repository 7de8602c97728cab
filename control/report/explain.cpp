#include "control/report/explain.h"

#include <algorithm>
#include <type_traits>

#include "control/report/format.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kStage = 2, kText = 16;  // columns

// A line from the first column on; its rest is indented.
std::string folded(const std::string& text) {
  const size_t word = std::min(text.find(' '), text.size());
  return wrapped(text.substr(0, word + 1), text.substr(word), kStage);
}

std::string clauses(const JourneyStep& step) {
  std::string out;
  for (const std::string& clause : step.why.clauses) out += (out.empty() ? "" : "; ") + clause;
  return out;
}

std::string verdict_text(const JourneyStep& step) {
  if (step.verdict == "drop") return "DROPPED " + step.reason;
  if (step.verdict == "consumed") return "taken: " + step.reason;
  if (step.verdict == "punt") return "handed to control: " + step.reason;
  if (step.verdict == "held") return "HELD";
  return "";
}

const char* kind_name(JourneyHop::Kind kind) {
  constexpr const char* kNames[] = {"port", "router", "link", "port"};
  return kNames[static_cast<size_t>(kind)];
}

std::string hop_text(const Journey& journey, const JourneyHop& hop) {
  std::string name = std::string(kind_name(hop.kind)) + " " + hop.name;
  if (!hop.direction.empty()) name += " " + hop.direction;
  if (hop.copy != 0) name += ", copy " + std::to_string(hop.copy);
  std::string line = padded("+" + interval_text(hop.from_ns - journey.from_ns), kText) + name;
  const std::string at = "@" + seconds_text(hop.from_ns);
  line = padded(std::move(line), kTerminalWidth - std::min(kTerminalWidth, at.size()));
  return line + (line.ends_with(' ') ? "" : " ") + at + "\n";
}

std::string step_text(const JourneyStep& step, const Journey& journey) {
  std::string text = clauses(step);
  if (const std::string verdict = verdict_text(step); !verdict.empty())
    text += (text.empty() ? "" : ": ") + verdict;
  for (const JourneyStep::Answer& answer : step.answers)
    text += "; answered with " + answer.cause + " (packet " + std::to_string(answer.id) + ") at +" +
            interval_text(answer.at_ns - journey.from_ns);
  return wrapped(std::string(kStage, ' ') + step.stage + " ", text, kText);
}

Json values(const Explanation& why) {
  Json out = Json::object();
  for (const auto& entry : why.values)
    std::visit([&](const auto& value) { out[entry.first] = value; }, entry.second);
  return out;
}

Json step_json(const JourneyStep& step, const Journey& journey) {
  Json out = {{"stage", step.stage}, {"verdict", step.verdict}};
  if (!step.reason.empty()) out["reason"] = step.reason;
  out["text"] = clauses(step);
  out["values"] = values(step.why);
  for (const JourneyStep::Answer& answer : step.answers)
    out["answered_with"].push_back({{"packet", answer.id},
                                    {"cause", answer.cause},
                                    {"at_ns", answer.at_ns},
                                    {"after_ns", answer.at_ns - journey.from_ns}});
  return out;
}

Json end_json(const JourneyEnd& end, const Journey& journey) {
  Json out = {
      {"copy", end.copy}, {"fate", kEndNames[static_cast<size_t>(end.fate)]}, {"where", end.where}};
  if (!end.stage.empty()) out["stage"] = end.stage;
  if (!end.reason.empty()) out["reason"] = end.reason;
  out["at_ns"] = end.at_ns;
  out["after_ns"] = end.at_ns - journey.from_ns;
  return out;
}

Json journey_json(const Journey& journey) {
  Json out = {{"packet", journey.id},   {"name", journey.name},     {"flow", journey.flow},
              {"bytes", journey.bytes}, {"at_ns", journey.from_ns}, {"ends", Json::array()},
              {"hops", Json::array()}};
  for (const JourneyEnd& end : journey.ends) out["ends"].push_back(end_json(end, journey));
  for (const JourneyHop& hop : journey.hops) {
    Json& to = out["hops"].emplace_back(Json{{"kind", kind_name(hop.kind)}, {"name", hop.name}});
    if (!hop.direction.empty()) to["direction"] = hop.direction;
    to["copy"] = hop.copy;
    to["at_ns"] = hop.from_ns;
    to["after_ns"] = hop.from_ns - journey.from_ns;
    to["steps"] = Json::array();
    for (const JourneyStep& step : hop.steps) to["steps"].push_back(step_json(step, journey));
  }
  return out;
}

}  // namespace

std::string end_text(const JourneyEnd& end) {
  const std::string stage = end.stage.empty() ? "" : ", stage " + end.stage;
  switch (end.fate) {
    case EndKind::left:
      return "left by " + end.where;
    case EndKind::dropped:
      return "dropped: " + end.reason + " at " + end.where + stage;
    case EndKind::consumed:
      return "taken by " + end.where + ": " + end.reason;
    case EndKind::punted:
      return "taken by " + end.where + " for control: " + end.reason;
    case EndKind::inside:
      break;
  }
  return (end.reason.empty() ? "still inside at " : "still " + end.reason + " at ") + end.where;
}

std::string journey_text(const Journey& journey) {
  std::string name = journey.name;
  if (name != "packet " + std::to_string(journey.id))
    name += " (packet " + std::to_string(journey.id) + ")";
  std::string out =
      folded(name + ": " + journey.flow + ", " + std::to_string(journey.bytes) + " bytes");
  for (const JourneyEnd& end : journey.ends)
    out += folded((end.copy == 0 ? "" : "copy " + std::to_string(end.copy) + " ") + end_text(end) +
                  ", +" + interval_text(end.at_ns - journey.from_ns));
  out += "\n";
  for (const JourneyHop& hop : journey.hops) {
    out += hop_text(journey, hop);
    for (const JourneyStep& step : hop.steps) out += step_text(step, journey);
  }
  return out;
}

std::string explain_text(const Journeys& journeys) {
  std::string out = journeys.scenario;
  if (journeys.replay_start != Time::max())
    out += ": the replay starts at @" + seconds_text(journeys.replay_start.ns());
  out += "\n";
  for (const Journey& journey : journeys.packets) out += "\n" + journey_text(journey);
  return out;
}

Json explain_json(const Journeys& journeys) {
  Json out = {{"scenario", journeys.scenario}};
  if (journeys.replay_start != Time::max()) out["replay_start_ns"] = journeys.replay_start.ns();
  out["packets"] = Json::array();
  for (const Journey& journey : journeys.packets) out["packets"].push_back(journey_json(journey));
  return out;
}

}  // namespace erbium::cp
