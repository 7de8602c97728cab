// Decodes impairment profiles and where they are applied.
#include "control/config/decode_sections.h"

namespace erbium::cp {
namespace {

LossProfile read_loss(const Reader& in) {
  LossProfile out;
  out.mark = in.mark();
  out.model = in.word<LossProfile::Model>("model");
  out.p = in.maybe(&Reader::share, "p");
  out.r = in.maybe(&Reader::share, "r");
  out.mean = in.maybe(&Reader::share, "mean");
  out.burst = in.maybe(&Reader::u32, "burst");
  out.bad = in.share("bad");
  out.good = in.share("good");
  if (in.has("n")) out.n = in.u32("n");
  return out;
}

ImpairmentProfile read_impairment(const Reader& in, const YamlEntry& entry,
                                  const std::filesystem::path& directory) {
  ImpairmentProfile out;
  out.name = entry.key;
  out.mark = entry.mark;
  const Reader delay = in.child("delay");
  out.delay_base = delay.maybe(&Reader::duration, "base");
  if (delay.has("jitter")) out.jitter = delay.duration("jitter");
  out.distribution = delay.word<ImpairmentProfile::Distribution>("dist");
  out.order = delay.word<ImpairmentProfile::Order>("order");
  if (in.has("loss")) out.loss = read_loss(in.child("loss"));
  if (in.has("duplicate")) out.duplicate = in.share("duplicate");
  if (in.has("corrupt")) out.corrupt = in.share("corrupt");
  if (in.has("reorder")) {
    out.reorder = in.child("reorder").share("p");
    out.hold = in.child("reorder").duration("hold");
  }
  if (in.has("trace")) out.trace = resolve_path(directory, in.text("trace"));
  out.trace_mark = in.mark("trace");
  return out;
}

Application read_application(const Reader& in) {
  Application out;
  out.mark = in.mark();
  out.profile = in.text("profile");
  out.profile_mark = in.mark("profile");
  out.circuit = in.text("circuit");
  out.circuit_mark = in.mark("circuit");
  const std::string link = in.text("link");
  if (link != "both") out.link = link == kLinkNames[kPrimary] ? kPrimary : kSecondary;
  out.dir = in.word<Direction>("dir");
  return out;
}

}  // namespace

void read_impairments(const Reader& top, const std::filesystem::path& directory, Scenario& out) {
  for (const YamlEntry& entry : top.entries("impairments"))
    out.impairments.push_back(read_impairment(top.of("impairments", entry), entry, directory));
  for (const Reader& in : top.children("apply")) out.apply.push_back(read_application(in));
}

}  // namespace erbium::cp
