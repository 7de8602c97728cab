// A speaker at a TCP port that takes a full table and forwards by it: table_load ADDRESS PREFIXES.
// Prints when the last packet had left (ns of the monotonic clock) and what it took as one line of
// JSON. The table is bench/make_updates' and its sender bench/feed_bgp.py, which does the same to a
// peer.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <vector>

#include "bench/bgp_like.h"
#include "bench/control_router.h"
#include "dataplane/driver/eal.h"

namespace erbium::bench {
namespace {

constexpr unsigned kFrames = 65'536;

// User and system time of the process, in seconds.
double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int accept_one(const char* address) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(cp::bgp::kPort);
  if (inet_pton(AF_INET, address, &at.sin_addr) != 1) throw std::runtime_error("bad address");
  if (bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      listen(listener, 1) != 0)
    throw std::runtime_error("cannot listen");
  std::puts("listening");
  std::fflush(stdout);
  const int connection = accept(listener, nullptr, nullptr);
  close(listener);
  return connection;
}

void answer(int connection, const std::vector<uint8_t>& octets) {
  if (!octets.empty() && write(connection, octets.data(), octets.size()) < 0)
    throw std::runtime_error("the session is gone");
}

void run(const char* address, size_t n) {
  const std::vector<net::Prefix> prefixes = bgp_like(net::Family::v4, n, 42);
  SplitMix random(4711);
  std::vector<net::Ip> to;
  while (to.size() < kFrames)
    to.push_back(address_in(prefixes[random.below(static_cast<uint32_t>(n))], random));
  const Frames frames = frames_to(to);
  ControlRouter router(1, frames);
  const int connection = accept_one(address);
  answer(connection, router.accept(1));
  std::vector<uint8_t> buffer(65'536);
  double before = 0;
  while (router.prefixes_from(1) < n) {
    const ssize_t got = read(connection, buffer.data(), buffer.size());
    if (got <= 0) throw std::runtime_error("the session ended early");
    if (router.cost.generations == 0) {
      before = processor_seconds();
      router.cost = {};
    }
    answer(connection, router.receive(1, {buffer.data(), static_cast<size_t>(got)}));
  }
  if (router.forward() != frames.size()) throw std::runtime_error("a route is missing");
  const auto end = std::chrono::steady_clock::now().time_since_epoch();
  const auto routes = static_cast<double>(n);
  std::printf(R"({"end_ns":%lld,"cpu_s":%.4f,"control_us":%.4f,"rib_bytes_route":%.1f})"
              "\n",
              static_cast<long long>(std::chrono::nanoseconds(end).count()),
              processor_seconds() - before, router.cost.control() * 1e6 / routes,
              static_cast<double>(router.rib_bytes()) / routes);
  close(connection);
}

}  // namespace
}  // namespace erbium::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: table_load ADDRESS PREFIXES\n");
    return 2;
  }
  try {
    erbium::dp::start_eal_for_replay();
    erbium::bench::run(argv[1], std::strtoul(argv[2], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "table_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
