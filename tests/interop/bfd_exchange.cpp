// BFD for tshark to judge. Every mode prints a line a packet, the fields tab-separated and decimal:
// addresses, hop limit, ports, then those of RFC 5880 §4.1 in their order.
//
//   bfd_exchange write PCAP   packets of all sorts; prints what was to be encoded
//   bfd_exchange read PCAP    decodes the UDP packets of an Ethernet or raw capture
//   bfd_exchange talk PCAP    two systems in virtual time, as seen by the first; prints what it did
//                             and when (nanoseconds): "cut", "heal", and its changes of state
#include <pcap/pcap.h>

#include <cinttypes>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "control/bfd/endpoint.h"
#include "control/wire/mix.h"
#include "tests/interop/raw_pcap.h"

namespace {

using namespace erbium;
using namespace erbium::cp;

constexpr size_t kUdpHeader = 8;

void print(const wire::IpPacket& ip, const wire::UdpDatagram& udp, const bfd::Packet& p) {
  std::printf("%s\t%s\t%u\t%u\t%u", ip.src.str().c_str(), ip.dst.str().c_str(), ip.ttl,
              udp.src_port, udp.dst_port);
  for (uint32_t field :
       {uint32_t{p.version}, uint32_t(p.diagnostic), uint32_t(p.state), uint32_t{p.poll},
        uint32_t{p.final}, uint32_t{p.control_plane_independent}, uint32_t{p.authentication},
        uint32_t{p.demand}, uint32_t{p.multipoint}, uint32_t{p.detect_multiplier},
        uint32_t{p.length}, p.my_discriminator, p.your_discriminator, p.desired_min_tx,
        p.required_min_rx, p.required_min_echo_rx})
    std::printf("\t%" PRIu32, field);
  std::printf("\n");
}

bfd::Packet any_packet(uint64_t seed) {
  const auto draw = [&](uint64_t i) { return static_cast<uint32_t>(wire::mix(seed, i)); };
  bfd::Packet p;
  p.diagnostic = bfd::Diagnostic{static_cast<uint8_t>(draw(0) & 31)};
  p.state = bfd::State{static_cast<uint8_t>(draw(1) & 3)};
  p.poll = draw(2) & 1;
  p.final = draw(3) & 1;
  p.control_plane_independent = draw(4) & 1;
  p.demand = draw(5) & 1;
  p.multipoint = draw(6) & 1;
  p.detect_multiplier = static_cast<uint8_t>(draw(7));
  p.my_discriminator = draw(8);
  p.your_discriminator = draw(9);
  p.desired_min_tx = draw(10);
  p.required_min_rx = draw(11);
  p.required_min_echo_rx = draw(12);
  return p;
}

int write(const char* path) {
  tests::RawPcap pcap(path);
  for (uint64_t i = 0; i < 500; ++i) {
    const bool v4 = i % 2 == 0;
    const auto from = *net::Ip::parse(v4 ? "10.1.2.3" : "fd00:1:2:3::4");
    const wire::IpPacket envelope{from, from.plus(1), 0, 255, wire::kTosNetworkControl, {}};
    const bfd::Packet packet = any_packet(i);
    const auto octets = bfd::encode(packet);
    const wire::UdpDatagram udp{static_cast<uint16_t>(49'152 + i), bfd::kPort, octets};
    pcap.write(Time{} + Duration::us(static_cast<int64_t>(i)), wire::build_udp(envelope, udp));
    print(envelope, udp, packet);
  }
  return pcap.good() ? 0 : 1;
}

// UDP checksums are not looked at: where these were recorded, the sender left them to hardware that
// was not there.
int read(const char* path) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* pcap = pcap_open_offline(path, error);
  if (pcap == nullptr) {
    std::fprintf(stderr, "%s\n", error);
    return 1;
  }
  const size_t link_header = pcap_datalink(pcap) == DLT_EN10MB ? 14 : 0;
  pcap_pkthdr* header;
  const u_char* data;
  int result = 0;
  while (pcap_next_ex(pcap, &header, &data) == 1) {
    const auto frame = std::span(data, header->caplen);
    const auto ip = wire::parse_ip(frame.subspan(std::min(link_header, frame.size())));
    if (!ip || ip->payload.size() < kUdpHeader + bfd::kPacketLength) {
      result = 1;
      continue;
    }
    const auto port = [&](size_t at) {
      return static_cast<uint16_t>(ip->payload[at] << 8 | ip->payload[at + 1]);
    };
    const wire::UdpDatagram udp{port(0), port(2), ip->payload.subspan(kUdpHeader)};
    print(*ip, udp, bfd::decode(udp.payload.first<bfd::kPacketLength>()));
  }
  pcap_close(pcap);
  return result;
}

class Talk {
 public:
  explicit Talk(const char* path) : pcap_(path) {
    for (unsigned side : {0u, 1u}) {
      ends_[side].add(address(side, true), address(1 - side, true), {}, Time{});
      ends_[side].add(address(side, false), address(1 - side, false), {}, Time{});
    }
  }

  int run() {
    until(5);
    for (bfd::SessionId id : {0u, 1u})  // slower, then faster than the beginning
      event(0, id, bfd::SetIntervals{{Duration::ms(750), Duration::ms(400), 3}});
    until(20);
    event(1, 1, bfd::SetIntervals{{Duration::ms(50), Duration::ms(50), 5}});
    until(30);
    cut_ = true;  // what the second sends is lost
    note("cut");
    until(40);
    cut_ = false;
    note("heal");
    until(45);
    event(1, 0, bfd::AdminDown{});
    until(50);
    event(1, 0, bfd::AdminUp{});
    until(60);
    return pcap_.good() ? 0 : 1;
  }

 private:
  static net::Ip address(unsigned side, bool v4) {
    return net::Ip::parse(v4 ? "172.16.0.1" : "fd00::1")->plus(side);
  }
  void note(const char* what) { std::printf("%s\t%" PRId64 "\n", what, now_.ns()); }

  void event(unsigned side, bfd::SessionId id, const bfd::Event& e) {
    bfd::Output out;
    ends_[side].handle(id, e, now_, out);
    take(side, out);
  }
  void take(unsigned side, const bfd::Output& out) {
    for (const auto& p : out.packets) {
      if (side == 0) pcap_.write(now_, p.octets);
      if (side == 0 || !cut_)
        flying_.emplace(now_ + Duration::ms(3), std::pair{1 - side, p.octets});
    }
    for (const auto& c : out.changes)
      if (side == 0)
        std::printf("%s\t%" PRId64 "\t%s\t%u\n", ends_[0].remote(c.session).str().c_str(),
                    now_.ns(), bfd::name(c.state.to), unsigned(c.state.diagnostic));
  }
  void until(int64_t seconds) {
    const Time end = Time{} + Duration::s(seconds);
    while (true) {
      const Time packet = flying_.empty() ? Time::max() : flying_.begin()->first;
      const Time next = std::min({packet, ends_[0].next_deadline(), ends_[1].next_deadline()});
      if (next > end) break;
      now_ = next;
      if (packet == next) {
        const auto arrival = flying_.extract(flying_.begin());
        const auto& [side, octets] = arrival.mapped();
        if (side == 0) pcap_.write(now_, octets);
        bfd::Output out;
        ends_[side].receive(octets, now_, out);
        take(side, out);
        continue;
      }
      for (unsigned side : {0u, 1u}) {
        bfd::Output out;
        ends_[side].timers(now_, out);
        take(side, out);
      }
    }
    now_ = end;
  }

  tests::RawPcap pcap_;
  bfd::Endpoint ends_[2] = {bfd::Endpoint{{.seed = 1}}, bfd::Endpoint{{.seed = 2}}};
  Time now_;
  bool cut_ = false;
  std::multimap<Time, std::pair<unsigned, std::vector<uint8_t>>> flying_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode == "write") return write(argv[2]);
  if (mode == "read") return read(argv[2]);
  if (mode == "talk") return Talk(argv[2]).run();
  std::fprintf(stderr, "usage: bfd_exchange write|read|talk PCAP\n");
  return 2;
}
