#include "dataplane/driver/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace erbium::dp {
namespace {

char* eal_text = nullptr;  // what EAL has logged while a live run starts
size_t eal_text_size = 0;

// "0@(0,1)": lcore 0 on every CPU this thread may use.
std::string floating_core() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  std::string cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set)) cpus += (cpus.empty() ? "" : ",") + std::to_string(cpu);
  return "0@(" + cpus + ")";
}

void start(std::vector<std::string> arguments) {
  // EAL keeps and permutes the pointers, for as long as the process lives.
  static std::vector<std::string> kept;
  static std::vector<char*> argv;
  kept = std::move(arguments);
  argv.clear();
  for (std::string& argument : kept) argv.push_back(argument.data());
  rte_log_set_global_level(RTE_LOG_ERR);
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
    throw MachineError(std::string("cannot start DPDK: ") + rte_strerror(rte_errno) +
                       "; run with --eal=--log-level=debug to see why");
}

}  // namespace

void start_eal_for_replay() {
  start({"erbium", "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--no-telemetry",
         "--no-hpet", "--file-prefix", "erbium" + std::to_string(getpid()), "--log-level",
         "lib.eal:error", "--lcores", floating_core()});
}

void start_eal_for_live(const std::vector<std::string>& pci,
                        const std::vector<std::string>& extra) {
  // What EAL and its drivers have to say becomes part of our one line, unless somebody asks for it.
  const bool wants_log = std::any_of(extra.begin(), extra.end(), [](const std::string& argument) {
    return argument.rfind("--log-level", 0) == 0;
  });
  if (!wants_log) rte_openlog_stream(open_memstream(&eal_text, &eal_text_size));
  std::vector<std::string> arguments = {"erbium",
                                        "--no-shconf",
                                        "--no-telemetry",
                                        "--file-prefix",
                                        "erbium" + std::to_string(getpid()),
                                        "--lcores",
                                        floating_core()};
  for (const std::string& address : pci) arguments.push_back("--allow=" + address);
  // Only a NIC needs huge pages; virtual devices do without.
  if (pci.empty())
    for (const char* argument : {"--no-pci", "--no-huge", "-m", "256"})
      arguments.emplace_back(argument);
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  start(std::move(arguments));
}

std::string take_eal_messages() {
  if (eal_text == nullptr) return {};
  std::FILE* stream = rte_log_get_stream();
  std::fflush(stream);
  std::string text(eal_text, eal_text_size);
  std::rewind(stream);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text.replace(at, 1, "; ");
  return text;
}

void release_eal_messages() {
  if (eal_text == nullptr) return;
  std::fclose(rte_log_get_stream());
  rte_openlog_stream(stderr);
  std::free(eal_text);
  eal_text = nullptr;
}

}  // namespace erbium::dp
