#include "cli/processes.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "common/io_error.h"

extern char** environ;

namespace erbium::cli {
namespace {

namespace fs = std::filesystem;

// One that is left alone notices by itself; after so long it is told to end, and then killed.
constexpr std::chrono::seconds kGrace(5);
constexpr std::chrono::milliseconds kLook(10);

// A directory of its own, for the socket.
class SocketDirectory {
 public:
  SocketDirectory() {
    std::string name = (fs::temp_directory_path() / "erbium-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw IoError("create", name, errno);
    path_ = name;
  }
  ~SocketDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  SocketDirectory(const SocketDirectory&) = delete;
  SocketDirectory& operator=(const SocketDirectory&) = delete;
  std::string socket() const { return path_ / "dataplane.socket"; }

 private:
  fs::path path_;
};

class Child {
 public:
  Child(const std::string& name, const Words& words) : name_(name) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / name;
    if (!fs::exists(program)) throw NotFoundError("no program " + program.string());
    Words all = {program.string()};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed =
        ::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, argv.data(), environ);
    if (failed != 0) throw IoError("start", program, failed);
  }
  ~Child() {
    if (!running()) return;
    send(SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool running() {
    if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return !ended_;
  }
  void send(int signal) const { ::kill(pid_, signal); }
  bool killed() const { return WIFSIGNALED(status_); }
  int code() const { return killed() ? kPeer : WEXITSTATUS(status_); }
  std::string end() const {
    if (!killed()) return name_ + " ended with exit code " + std::to_string(WEXITSTATUS(status_));
    const char* signal = ::sigdescr_np(WTERMSIG(status_));
    return name_ + " was ended by signal " + std::to_string(WTERMSIG(status_)) + " (" +
           (signal ? signal : "unknown") + ")";
  }

 private:
  std::string name_;
  pid_t pid_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

// Until both have ended. A dataplane has nothing to do when control has ended; where one of them
// has died the other is given time to say so.
void wait_for_both(Child& dataplane, Child& control, const std::atomic<bool>& stop) {
  bool told = false;
  int signal = SIGTERM;
  constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  auto next = kNever;
  while (true) {
    const bool one = dataplane.running(), other = control.running();
    if (!one && !other) return;
    if (stop && !told)
      for (Child* child : {&dataplane, &control})
        if (child->running()) child->send(SIGINT);
    told = stop;
    const auto now = std::chrono::steady_clock::now();
    if (next == kNever && one && !other) next = control.killed() ? now + kGrace : now;
    if (next == kNever && other && !one && dataplane.code() != kDone) next = now + kGrace;
    if (now >= next) {
      (one ? dataplane : control).send(signal);
      signal = SIGKILL;
      next = now + kGrace;
    }
    std::this_thread::sleep_for(kLook);
  }
}

// The one that went by itself: the other only noticed.
const Child& first_gone(const Child& dataplane, const Child& control) {
  if (control.killed()) return control;
  return dataplane.killed() || dataplane.code() != kPeer ? dataplane : control;
}

}  // namespace

int run_processes(const Words& words) {
  const std::atomic<bool>& stop = catch_interrupts();
  const SocketDirectory directory;
  Words of_control = {"--socket", directory.socket(), "--wait", "0"};
  for (const std::string& word : words)
    if (word != "--processes") of_control.push_back(word);
  Child dataplane("erbium-dataplane", {"--socket", directory.socket(), "--wait", "0"});
  Child control("erbium-control", of_control);
  wait_for_both(dataplane, control, stop);
  if (stop) return kInterrupted;
  if (!control.killed() && control.code() != kPeer) return control.code();
  std::fprintf(stderr, "erbium: %s\n", first_gone(dataplane, control).end().c_str());
  return kPeer;
}

}  // namespace erbium::cli
