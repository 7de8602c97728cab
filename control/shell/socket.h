// The unix stream socket by which control reaches the dataplane.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "common/api/channel.h"

namespace erbium::cp {

class Socket final : public api::ByteStream {
 public:
  // Tries again until somebody listens at `path`; null when the patience is over or `stop` is set.
  // Throws IoError for a path that no socket can have.
  static std::unique_ptr<Socket> connect(const std::string& path, Duration patience,
                                         const std::atomic<bool>& stop);
  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void write(std::string_view bytes) override;
  std::optional<size_t> read(std::span<char> into, std::optional<Duration> patience) override;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace erbium::cp
