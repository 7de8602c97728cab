// The unix stream socket on which control finds the dataplane.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "common/api/channel.h"

namespace erbium::dp {

class Socket final : public api::ByteStream {
 public:
  // Takes over a connected socket.
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void write(std::string_view bytes) override;
  std::optional<size_t> read(std::span<char> into, std::optional<Duration> patience) override;

 private:
  int descriptor_;
};

class Listener {
 public:
  // Throws IoError when the path cannot be had, or somebody listens there already. What a listener
  // that is gone has left there is replaced.
  explicit Listener(std::string path);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next to connect; null when the patience is over or `stop` is set.
  std::unique_ptr<Socket> accept(std::optional<Duration> patience, const std::atomic<bool>& stop);

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace erbium::dp
