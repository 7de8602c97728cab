// A trivial writer of captures of whole IP packets: libpcap's file format with nanoseconds, link
// type RAW (101).
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>

#include "common/units.h"

namespace erbium::tests {

class RawPcap {
 public:
  explicit RawPcap(const char* path) : file_(std::fopen(path, "wb"), &std::fclose) {
    put({0xa1b23c4d, 4u << 16 | 2, 0, 0, 65'535, 101});
  }
  bool good() const { return file_ && std::ferror(file_.get()) == 0; }

  void write(Time at, std::span<const uint8_t> packet) {
    const auto size = static_cast<uint32_t>(packet.size());
    put({static_cast<uint32_t>(at.ns() / 1'000'000'000),
         static_cast<uint32_t>(at.ns() % 1'000'000'000), size, size});
    if (file_) std::fwrite(packet.data(), 1, packet.size(), file_.get());
  }

 private:
  void put(std::initializer_list<uint32_t> words) {
    if (file_) std::fwrite(words.begin(), sizeof(uint32_t), words.size(), file_.get());
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace erbium::tests
