#include "control/shell/socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "common/io_error.h"

namespace erbium::cp {
namespace {

constexpr std::chrono::milliseconds kRetry(20);

}  // namespace

std::unique_ptr<Socket> Socket::connect(const std::string& path, Duration patience,
                                        const std::atomic<bool>& stop) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw IoError("connect to", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(patience.ns());
  while (true) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw IoError("connect to", path, errno);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return std::unique_ptr<Socket>(new Socket(descriptor));
    ::close(descriptor);
    if (stop || std::chrono::steady_clock::now() >= until) return nullptr;
    std::this_thread::sleep_for(kRetry);
  }
}

Socket::~Socket() { ::close(descriptor_); }

void Socket::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes.remove_prefix(static_cast<size_t>(sent));
    else if (errno != EINTR)
      throw api::PeerGone("the dataplane is gone");
  }
}

std::optional<size_t> Socket::read(std::span<char> into, std::optional<Duration> patience) {
  if (patience) {
    pollfd wanted{descriptor_, POLLIN, 0};
    int found;
    do {
      found = ::poll(&wanted, 1, static_cast<int>(patience->ns() / 1'000'000));
    } while (found < 0 && errno == EINTR);
    if (found == 0) return std::nullopt;
  }
  ssize_t got;
  do {
    got = ::recv(descriptor_, into.data(), into.size(), 0);
  } while (got < 0 && errno == EINTR);
  return static_cast<size_t>(std::max<ssize_t>(got, 0));
}

}  // namespace erbium::cp
