#include "control/mrt/routes.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "common/io_error.h"
#include "control/config/decode.h"

namespace erbium::cp::mrt {
namespace {

class Table {
 public:
  explicit Table(std::optional<uint32_t> limit) : limit_(limit) {}

  bool full() const { return limit_ && routes_.size() >= *limit_; }

  void take(const RibEntry& entry) {
    if (refused(entry.errors)) return;
    announce(entry.peer, entry.prefix, entry.attributes);
  }
  void take(const Peer& peer, const bgp::Update& update) {
    for (const net::Prefix& prefix : update.withdrawn) {
      const auto at = routes_.find(prefix);
      if (at != routes_.end() && at->second.peer == peer) routes_.erase(at);
    }
    for (const net::Prefix& prefix : update.announced) announce(peer, prefix, *update.attributes);
  }

  std::vector<FileRoute> list() {
    std::vector<FileRoute> out;
    for (auto& [prefix, route] : routes_) out.push_back({prefix, std::move(route.attributes)});
    return out;
  }

 private:
  struct Route {
    Peer peer;
    bgp::PathAttributes attributes;
  };

  static bool refused(const std::vector<bgp::AttributeError>& errors) {
    return std::any_of(errors.begin(), errors.end(), [](const bgp::AttributeError& error) {
      return error.action == bgp::AttributeError::Action::withdraw;
    });
  }

  void announce(const Peer& peer, const net::Prefix& prefix,
                const bgp::PathAttributes& attributes) {
    auto at = routes_.find(prefix);
    if (at == routes_.end() && full()) return;
    if (at != routes_.end() && at->second.peer != peer) return;
    Route& route = routes_[prefix] = {peer, attributes};
    route.attributes.next_hop.reset();
    route.attributes.next_hop6.reset();
    route.attributes.next_hop_link_local.reset();
    route.attributes.local_pref.reset();
  }

  std::optional<uint32_t> limit_;
  std::map<net::Prefix, Route> routes_;
};

// What a session of the peer would have made of the message; nothing for other messages.
std::optional<bgp::Update> update_of(const BgpMessage& message, uint64_t offset) {
  const bgp::CodecOptions options{.as4 = message.as4,
                                  .receives_extended = true,
                                  .multiprotocol_v6 = true,
                                  .external = false,
                                  .path_ids = message.path_ids};
  auto decoded = bgp::decode(message.octets, options);
  if (!decoded) throw Error("MRT: " + decoded.error().what, offset);
  auto* update = std::get_if<bgp::Update>(&decoded->message);
  return update ? std::optional(std::move(*update)) : std::nullopt;
}

}  // namespace

std::vector<FileRoute> routes(Reader& reader, std::optional<uint32_t> limit) {
  Table table(limit);
  while (!table.full()) {
    const auto entry = reader.next();
    if (!entry) break;
    if (const auto* route = std::get_if<RibEntry>(&*entry)) {
      table.take(*route);
      continue;
    }
    const BgpMessage& message = std::get<BgpMessage>(*entry);
    if (const auto update = update_of(message, reader.offset() - message.octets.size()))
      table.take(message.peer, *update);
  }
  return table.list();
}

void read_routes(Scenario& scenario) {
  for (Ce& ce : scenario.onprem)
    for (Announcement& announcement : ce.announce) {
      if (announcement.mrt.empty()) continue;
      const auto fail = [&](const std::string& why, const char* advice) {
        throw ConfigError(scenario.path, announcement.mrt_mark, why + "; " + advice);
      };
      const std::string named = announcement.mrt + ": ";
      try {
        Reader reader(announcement.mrt);
        announcement.routes = routes(reader, announcement.limit);
      } catch (const Error& error) {
        fail(named + error.what(), "name a whole MRT file (RFC 6396)");
      } catch (const IoError& error) {
        fail(error.what(), "name a file that can be read");
      }
      if (announcement.routes.empty())
        fail(named + "there is no route in it",
             "name an MRT file with IPv4 or IPv6 unicast routes");
    }
}

}  // namespace erbium::cp::mrt
