#include "dataplane/driver/captures.h"

#include <algorithm>
#include <filesystem>

namespace erbium::dp {
namespace {

std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '.');
  return name + ".pcapng";
}

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

pcapng::Direction direction_of(const LinkConfig& link) {
  return link.outbound ? pcapng::Direction::kOutbound : pcapng::Direction::kInbound;
}

}  // namespace

Captures::Captures(const CaptureConfig& config, Network& network)
    : network_(network), arrivals_(config.arrivals), comments_(config.comments) {
  by_port_.resize(network.ports());
  by_link_.resize(network.links());
  std::filesystem::create_directories(config.directory + "/ports");
  std::filesystem::create_directories(config.directory + "/links");
  for (uint32_t id = 1; id < network.ports(); id++) {
    const std::string& name = network.port(id).name;
    if (wanted(config.ports, name))
      by_port_[id] =
          &add(config.directory + "/ports/" + file_name(name), name, false, 0, config.comment);
  }
  for (uint32_t id = 1; id < network.links(); id++) {
    const LinkConfig& link = network.link(id).config();
    if (!wanted(config.links, link.name)) continue;
    const auto same = std::find_if(files_.begin(), files_.end(), [&](const auto& file) {
      return file->link[0] != 0 && file->name == link.name;
    });
    const bool second = same != files_.end();
    File& file = second ? **same
                        : add(config.directory + "/links/" + file_name(link.name), link.name, true,
                              link.rate.bps(), config.comment);
    file.link[second] = id;
    by_link_[id] = &file;
    network.link(id).log_departures(&file.departures[second]);
  }
  if (config.drops > 0)
    drops_.emplace(config.directory + "/drops.pcapng", config.comment, config.drops, network);
  if (arrivals_) network.observe_arrivals(this);
}

Captures::~Captures() {
  for (uint32_t id = 1; id < network_.links(); id++) network_.link(id).log_departures(nullptr);
  network_.forget_observer(this);
}

Captures::File& Captures::add(const std::string& path, const std::string& name, bool of_link,
                              uint64_t speed, const std::string& comment) {
  auto file = std::make_unique<File>();
  file->name = name;
  file->writer =
      std::make_unique<pcapng::Writer>(path, pcapng::WriterOptions{.section_comment = comment});
  file->writer->add_interface({.name = name, .speed_bps = speed});
  if (of_link && arrivals_)
    file->writer->add_interface({.name = name + " arrivals", .speed_bps = speed});
  files_.push_back(std::move(file));
  return *files_.back();
}

void Captures::keep(File& file, Packet p, int64_t time, uint8_t interface,
                    pcapng::Direction direction) {
  const PacketMeta& meta = p.meta();
  file.entries.push_back({.time = time,
                          .id = meta.id,
                          .copy = meta.copy,
                          .interface = interface,
                          .direction = direction,
                          .length = p.length(),
                          .wire_length = p.wire_length(),
                          .offset = file.arena.size()});
  file.arena.insert(file.arena.end(), p.data(), p.data() + p.length());
}

void Captures::begin(int64_t start_unix_ns) {
  start_unix_ns_ = start_unix_ns;
  if (drops_) drops_->begin(start_unix_ns);
}

void Captures::received(uint32_t port, Packet p) {
  if (File* file = by_port_[port]) keep(*file, p, p.meta().time, 0, pcapng::Direction::kInbound);
}

void Captures::arrived(uint32_t link, Packet p) {
  if (File* file = by_link_[link])
    keep(*file, p, p.meta().time, 1, direction_of(network_.link(link).config()));
}

void Captures::flush(Time to) {
  if (drops_) drops_->flush(to);
  for (uint32_t id = 1; id < by_port_.size(); id++) {
    File* file = by_port_[id];
    if (!file) continue;
    for (rte_mbuf* m : network_.port(id).sent)
      keep(*file, Packet(m), Packet(m).meta().time, 0, pcapng::Direction::kOutbound);
    write(*file);
  }
  for (const auto& file : files_) {
    if (file->link[0] == 0) continue;
    collect_departures(*file, to);
    write(*file);
  }
}

// A packet that departs before `to` arrives at or after it, so it is still in flight and unchanged.
void Captures::collect_departures(File& file, Time to) {
  for (size_t way = 0; way < 2; way++) {
    if (file.link[way] == 0) continue;
    const pcapng::Direction direction = direction_of(network_.link(file.link[way]).config());
    DepartureLog& log = file.departures[way];
    while (!log.empty() && Packet(log.front()).meta().departure < to.ns()) {
      const Packet p(log.front());
      log.pop_front();
      if (!start_unix_ns_) {
        keep(file, p, p.meta().departure, 0, direction);
        continue;
      }
      file.entries.push_back({.time = p.meta().departure,
                              .id = p.meta().id,
                              .copy = p.meta().copy,
                              .interface = 0,
                              .direction = direction,
                              .length = p.length(),
                              .wire_length = p.wire_length(),
                              .offset = 0,
                              .bytes = p.data()});
    }
  }
}

// "leaves by cloud", "departs on er-sjc/primary to_azure".
std::string Captures::comment_of(const File& file, const Entry& entry) const {
  const bool outbound = entry.direction == pcapng::Direction::kOutbound;
  if (file.link[0] == 0) return (outbound ? "leaves by " : "enters by ") + file.name;
  std::string out = (entry.interface == 0 ? "departs on " : "arrives on ") + file.name;
  for (const uint32_t id : file.link)
    if (id != 0 && network_.link(id).config().outbound == outbound)
      out += " " + network_.link(id).config().direction;
  return out;
}

void Captures::write(File& file) {
  if (file.entries.empty() || !start_unix_ns_) return;
  std::stable_sort(file.entries.begin(), file.entries.end());
  for (const Entry& entry : file.entries) {
    const std::string comment = comments_ ? comment_of(file, entry) : std::string();
    const std::string_view comments[] = {comment};
    const uint8_t* bytes = entry.bytes ? entry.bytes : file.arena.data() + entry.offset;
    file.writer->packet({.interface_id = entry.interface,
                         .timestamp_ns = static_cast<uint64_t>(*start_unix_ns_ + entry.time),
                         .original_length = entry.wire_length,
                         .direction = entry.direction,
                         .packet_id = entry.id,
                         .comments = std::span(comments, comments_ ? 1 : 0)},
                        std::as_bytes(std::span(bytes, entry.length)));
  }
  file.entries.clear();
  file.arena.clear();
}

void Captures::statistics(const RunStats& stats, Time end) {
  const auto end_ns = static_cast<uint64_t>(start_unix_ns_.value_or(0) + end.ns());
  const auto start_ns = static_cast<uint64_t>(start_unix_ns_.value_or(0));
  const auto put = [&](File& file, uint32_t interface, uint64_t received, uint64_t dropped) {
    file.writer->statistics({.interface_id = interface,
                             .timestamp_ns = end_ns,
                             .start_ns = start_ns,
                             .end_ns = end_ns,
                             .received = received,
                             .dropped = dropped});
  };
  for (uint32_t id = 1; id < by_port_.size(); id++) {
    if (!by_port_[id]) continue;
    uint64_t dropped = 0;
    for (const auto& [reason, n] : stats.ports[id - 1].drops) dropped += n;
    put(*by_port_[id], 0, stats.ports[id - 1].rx.packets, dropped);
  }
  for (const auto& file : files_) {
    if (file->link[0] == 0) continue;
    uint64_t offered = 0, dropped = 0, delivered = 0;
    for (uint32_t id : file->link) {
      if (id == 0) continue;
      delivered += stats.links[id - 1].delivered;
      offered += stats.links[id - 1].offered;
      for (const auto& [reason, n] : stats.links[id - 1].drops) dropped += n;
    }
    put(*file, 0, offered, dropped);
    if (arrivals_) put(*file, 1, delivered, 0);
  }
}

void Captures::finish(const RunStats& stats, Time end) {
  statistics(stats, end);
  for (const auto& file : files_) file->writer->finish();
  if (drops_) drops_->finish(end);
}

void Captures::finish_partial(const RunStats& stats, Time end, std::string_view reason) {
  if (drops_) drops_->finish_partial(end, reason);
  // After a full disk some files take no more: each is closed as well as it can be.
  try {
    statistics(stats, end);
  } catch (const IoError&) {
  }
  for (const auto& file : files_) {
    try {
      file->writer->finish_partial(reason);
    } catch (const IoError&) {
    }
  }
}

}  // namespace erbium::dp
