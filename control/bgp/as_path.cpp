// AS_PATH and AS4_PATH from octets (RFC 4271 §4.3 b, RFC 7606 §7.2), and the two together (RFC 6793
// §4.2.3).
#include <algorithm>
#include <iterator>

#include "control/bgp/attributes.h"

namespace erbium::cp::bgp {
namespace {

using Type = AsSegment::Type;

// The front of the path with `count` AS numbers as AsPath::length() counts them. A confederation
// segment comes along when it leads or stands next to one that came whole.
AsPath leading(AsPath path, size_t count) {
  AsPath out;
  for (AsSegment& segment : path.segments) {
    if (segment.type == Type::confed_sequence || segment.type == Type::confed_set) {
      out.segments.push_back(std::move(segment));
      continue;
    }
    if (count == 0) break;
    const bool set = segment.type == Type::set;
    const size_t whole = set ? 1 : segment.asns.size();
    const bool cut = whole > count;
    if (cut) segment.asns.resize(count);
    count -= std::min(whole, count);
    out.segments.push_back(std::move(segment));
    if (cut) break;
  }
  return out;
}

}  // namespace

const char* read_as_path(std::span<const uint8_t> octets, bool wide, AsPath& out) {
  OctetReader in(octets);
  while (!in.empty()) {
    const uint8_t type = in.u8();
    const size_t count = in.u8();
    OctetReader asns(in.take(count * (wide ? 4 : 2)));
    if (in.failed()) return "ends inside a segment";
    if (type < 1 || type > 4) return "has a segment of an unknown type";
    if (count == 0) return "has an empty segment";
    AsSegment& segment = out.segments.emplace_back();
    segment.type = Type{type};
    segment.asns.resize(count);
    for (uint32_t& asn : segment.asns) {
      asn = wide ? asns.u32() : asns.u16();
      if (asn == 0) return "has AS 0";  // RFC 7607
    }
  }
  return nullptr;
}

AsPath merge_as4_path(AsPath as_path, const AsPath& as4_path) {
  const unsigned all = as_path.length(), known = as4_path.length();
  if (all < known) return as_path;
  AsPath out = leading(std::move(as_path), all - known);
  auto from = as4_path.segments.begin();
  const auto end = as4_path.segments.end();
  if (!out.segments.empty() && from != end) {
    AsSegment& last = out.segments.back();
    if (last.type == Type::sequence && from->type == Type::sequence &&
        last.asns.size() + from->asns.size() <= kMaxSegment) {
      last.asns.insert(last.asns.end(), from->asns.begin(), from->asns.end());
      ++from;
    }
  }
  std::copy(from, end, std::back_inserter(out.segments));
  return out;
}

}  // namespace erbium::cp::bgp
