// Decodes replay inputs, probes, the timeline and expectations.
#include "control/config/decode_sections.h"

namespace erbium::cp {
namespace {

ReplaySplit read_split(const Reader& in) {
  ReplaySplit out;
  out.mark = in.mark();
  out.port = in.text("port");
  out.port_mark = in.mark("port");
  out.by = in.word<ReplaySplit::By>("by");
  for (const std::string& text : in.texts("azure"))
    out.azure.push_back(net::Prefix::parse(text)->canonical());
  for (const std::string& text : in.texts("macs")) out.macs.push_back(*net::Mac::parse(text));
  return out;
}

ReplayInput read_replay(const Reader& in, const std::filesystem::path& directory) {
  ReplayInput out;
  out.mark = in.mark();
  out.name = in.text("name");
  const std::string file = in.text("file");
  out.file = file == "-" ? file : resolve_path(directory, file);
  out.file_mark = in.mark("file");
  out.port = in.text("port");
  out.port_mark = in.mark("port");
  out.timing = in.text("timing");
  out.speed = parse_speed(in.text("speed"));
  out.speed_mark = in.mark("speed");
  out.pps = in.maybe(&Reader::u32, "pps");
  out.rate = in.maybe(&Reader::rate, "rate");
  out.filter = in.text("filter");
  out.gso = in.word<ReplayInput::Gso>("gso");
  out.mtu = in.u32("mtu");
  if (in.has("split")) out.split = read_split(in.child("split"));
  out.loop = in.u32("loop");
  out.loop_mark = in.mark("loop");
  const Reader rewrite = in.child("rewrite");
  out.mac = rewrite.word<ReplayInput::MacRewrite>("mac");
  out.s_tag = rewrite.maybe(&Reader::u32, "s_tag");
  out.c_tag = rewrite.maybe(&Reader::u32, "c_tag");
  return out;
}

TimelineEvent read_event(const Reader& in) {
  TimelineEvent out;
  out.mark = in.mark();
  out.at = in.duration("at");
  out.verb = in.word<TimelineEvent::Verb>("do");
  out.target = in.text("target");
  out.target_mark = in.mark("target");
  out.dir = in.word<Direction>("dir");
  out.lasts = in.maybe(&Reader::duration, "for");
  out.rate = in.maybe(&Reader::rate, "rate");
  out.delay = in.maybe(&Reader::duration, "delay");
  out.queue = in.maybe(&Reader::duration, "queue");
  out.bandwidth = in.maybe(&Reader::rate, "bandwidth");
  out.profile = in.text("profile");
  out.profile_mark = in.mark("profile");
  if (in.has("up")) out.up = in.duration("up");
  if (in.has("down")) out.down = in.duration("down");
  out.prepend = in.maybe(&Reader::u32, "prepend");
  out.warn = in.maybe(&Reader::duration, "warn");
  out.vlan = in.maybe(&Reader::u32, "vlan");
  out.code = in.text("code");
  out.from = in.word<TimelineEvent::Speaker>("from");
  out.routes = read_run_of_routes(in);
  return out;
}

Expectation read_expectation(const Reader& in) {
  Expectation out;
  out.mark = in.mark();
  const std::vector<Variant>& subjects = expectation_object().subjects;
  for (size_t i = 0; i < subjects.size(); i++) {
    const std::string& word = subjects[i].word;
    if (!in.has(word)) continue;
    out.subject = static_cast<Expectation::Subject>(i);
    out.name = in.text(word);
    out.name_mark = in.mark(word);
  }
  out.event = in.text("event");
  out.event_mark = in.mark("event");
  out.way = in.word<Expectation::Way>("way");
  out.link = in.text("link");
  out.dir = in.word<Direction>("dir");
  out.state = in.text("state");
  out.at = in.maybe(&Reader::duration, "at");
  out.node = in.text("node");
  out.node_mark = in.mark("node");
  out.before = in.text("path_before");
  out.before_mark = in.mark("path_before");
  out.after = in.text("path_after");
  out.after_mark = in.mark("path_after");
  for (const Key& key : expectation_object().keys)
    if (key.shape.scalar.name.starts_with("bound on") && in.has(key.name))
      out.bounds.emplace_back(key.name, in.text(key.name));
  return out;
}

}  // namespace

void read_run(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const Reader& in : top.children("replay")) out.replay.push_back(read_replay(in, directory));
  for (const Reader& in : top.children("probes"))
    out.probes.push_back({in.text("name"), in.ip("from"), in.ip("to"), in.u32("pps"),
                          in.u32("size"), in.boolean("both_ways"), in.mark()});
  for (const Reader& in : top.children("timeline")) out.timeline.push_back(read_event(in));
  for (const Reader& in : top.children("expect")) out.expect.push_back(read_expectation(in));
}

}  // namespace erbium::cp
