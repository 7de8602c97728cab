// Writes two pcapng files that use everything the writer can say, for writer_judge.py:
// DIR/whole.pcapng and DIR/cut.pcapng.partial. The judge knows the same rules independently.
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "common/pcapng/writer.h"

namespace {

using erbium::pcapng::Direction;
using erbium::pcapng::Writer;

constexpr uint64_t kStartNs = 1'700'000'000'123'456'789;
constexpr std::array<uint32_t, 8> kSizes{14, 60, 61, 62, 63, 590, 1514, 9216};

// Packet n: EtherType 0x88b5 (IEEE 802 local experimental), payload bytes n, n + 1, ...
std::vector<std::byte> frame(uint32_t n, uint32_t size) {
  std::vector<std::byte> bytes(size);
  for (uint32_t i = 14; i < size; ++i) bytes[i] = static_cast<std::byte>(n + i - 14);
  bytes[0] = bytes[6] = std::byte{0x02};
  bytes[5] = static_cast<std::byte>(n);
  bytes[12] = std::byte{0x88};
  bytes[13] = std::byte{0xb5};
  return bytes;
}

void packets(Writer& writer, uint32_t count, uint32_t interfaces) {
  for (uint32_t n = 0; n < count; ++n) {
    const uint32_t size = kSizes[n % kSizes.size()];
    const auto bytes = frame(n, size);
    const std::string verdict = "nsg_deny rule " + std::to_string(n);
    const std::array<std::string_view, 2> comments{verdict, "d\u00e9tour"};
    writer.packet({.interface_id = n % interfaces,
                   .timestamp_ns = kStartNs + n * 1'000'000'007ull,
                   .original_length = n % 5 == 0 ? size + 100 : size,
                   .direction = static_cast<Direction>(n % 3),
                   .packet_id = n % 7 == 0 ? ~uint64_t{n} : n,
                   .comments = {comments.data(), n % 3}},
                  bytes);
  }
}

void write(const std::string& directory) {
  Writer whole(directory + "/whole.pcapng", {.section_comment = "seed 42, config 0123abcd"});
  whole.add_interface({.name = "er-sjc/primary",
                       .description = "circuit er-sjc, primary link",
                       .speed_bps = 10'000'000'000});
  whole.add_interface({.name = "ce1"});
  packets(whole, 1, 1);
  whole.add_interface({.name = "late", .speed_bps = 400'000'000'000});
  packets(whole, 999, 3);
  for (uint32_t id = 0; id < 3; ++id)
    whole.statistics({.interface_id = id,
                      .timestamp_ns = kStartNs + 1'000'000'000'000,
                      .start_ns = kStartNs,
                      .end_ns = kStartNs + 999'000'000'000,
                      .received = 5'000'000'000 + id,
                      .dropped = id});
  whole.finish();

  Writer cut(directory + "/cut.pcapng", {.section_comment = "seed 42"});
  cut.add_interface({.name = "ce1"});
  packets(cut, 10, 1);
  cut.finish_partial("interrupted at 0.5 s");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: writer_sample DIRECTORY\n", stderr);
    return 2;
  }
  try {
    write(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "writer_sample: %s\n", error.what());
    return 5;
  }
  return 0;
}
