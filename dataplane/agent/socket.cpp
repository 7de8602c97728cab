#include "dataplane/agent/socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/io_error.h"

namespace erbium::dp {
namespace {

// So often somebody who waits looks whether to stop.
constexpr Duration kSlice = Duration::ms(50);

int milliseconds(Duration d) { return static_cast<int>(d.ns() / 1'000'000); }

// Whether the descriptor has something to read, after `patience` at most.
bool readable(int descriptor, std::optional<Duration> patience) {
  pollfd wanted{descriptor, POLLIN, 0};
  int found;
  do {
    found = ::poll(&wanted, 1, patience ? milliseconds(*patience) : -1);
  } while (found < 0 && errno == EINTR);
  return found > 0;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw IoError("listen on", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

bool somebody_listens(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return connected;
}

}  // namespace

Socket::~Socket() { ::close(descriptor_); }

void Socket::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes.remove_prefix(static_cast<size_t>(sent));
    else if (errno != EINTR)
      throw api::PeerGone("control is gone");
  }
}

std::optional<size_t> Socket::read(std::span<char> into, std::optional<Duration> patience) {
  if (patience && !readable(descriptor_, patience)) return std::nullopt;
  ssize_t got;
  do {
    got = ::recv(descriptor_, into.data(), into.size(), 0);
  } while (got < 0 && errno == EINTR);
  return static_cast<size_t>(std::max<ssize_t>(got, 0));
}

Listener::Listener(std::string path) : path_(std::move(path)) {
  const sockaddr_un address = address_of(path_);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int failed = descriptor_ < 0 ? errno : 0;
  if (!failed && ::bind(descriptor_, generic, sizeof address) != 0) failed = errno;
  if (failed == EADDRINUSE && !somebody_listens(address)) {
    ::unlink(path_.c_str());
    failed = ::bind(descriptor_, generic, sizeof address) != 0 ? errno : 0;
  }
  if (!failed && ::listen(descriptor_, 1) != 0) failed = errno;
  if (!failed) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  throw IoError("listen on", path_, failed);
}

Listener::~Listener() {
  ::close(descriptor_);
  ::unlink(path_.c_str());
}

std::unique_ptr<Socket> Listener::accept(std::optional<Duration> patience,
                                         const std::atomic<bool>& stop) {
  Duration waited;
  while (!readable(descriptor_, kSlice)) {
    waited = waited + kSlice;
    if (stop || (patience && waited >= *patience)) return nullptr;
  }
  const int connected = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  return connected < 0 ? nullptr : std::make_unique<Socket>(connected);
}

}  // namespace erbium::dp
