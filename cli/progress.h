// One line on a terminal that says how far a run is; it is gone at the end.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace erbium::cli {

class Progress {
 public:
  explicit Progress(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO)) {}
  void operator()(unsigned per_mille, uint64_t packets) {
    if (!wanted_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r%3u.%u %%  %llu packets", per_mille / 10, per_mille % 10,
                 static_cast<unsigned long long>(packets));
  }
  ~Progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool wanted_;
  bool shown_ = false;
};

}  // namespace erbium::cli
