// erbium-dataplane: the dataplane's half of one run in virtual time. Listens on a unix socket for
// control, which says what to run; ends with the run.
#include <atomic>
#include <boost/program_options.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "cli/exit_codes.h"
#include "common/io_error.h"
#include "dataplane/agent/socket.h"
#include "dataplane/app/fib_file.h"
#include "dataplane/app/remote_control.h"
#include "dataplane/driver/eal.h"
#include "dataplane/driver/emulation.h"

namespace erbium::dp {
namespace {

namespace po = boost::program_options;

std::atomic<bool> stop{false};
void request_stop(int) { stop = true; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

struct Options {
  std::string socket, fib_file;
  Duration wait;
};

// nullopt when help was printed. Throws po::error.
std::optional<Options> parse(int argc, char** argv) {
  po::options_description words("erbium-dataplane --socket PATH: runs what control asks for");
  words.add_options()("socket", po::value<std::string>()->required(),
                      "unix socket to listen on for control")(
      "wait", po::value<unsigned>()->default_value(30),
      "seconds to wait for another control when one has gone away; 0: not at all")(
      "fib-out", po::value<std::string>()->default_value(""),
      "file for the routers' FIBs at the end of the run, as JSON")("help,h", "show this");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, words), values);
  if (values.count("help")) {
    std::cout << words
              << "\nexample: erbium-dataplane --socket /tmp/erbium.socket --fib-out fib.json\n";
    return std::nullopt;
  }
  po::notify(values);
  return Options{values["socket"].as<std::string>(), values["fib-out"].as<std::string>(),
                 Duration::s(values["wait"].as<unsigned>())};
}

int fail(const std::string& text, int code) {
  std::fprintf(stderr, "erbium-dataplane: %s\n", text.c_str());
  return code;
}

// Why something cannot go on, as control is told. Rethrows what is no fault of input or machine.
api::Failure failure() {
  api::Failure out;
  try {
    throw;
  } catch (const CaptureError& error) {
    out.set_kind(api::Failure::CAPTURE);
    out.set_text(error.what());
  } catch (const IoError& error) {
    out.set_kind(api::Failure::IO);
    out.set_text(error.what());
  } catch (const MachineError& error) {
    out.set_kind(api::Failure::MACHINE);
    out.set_text(error.what());
  }
  return out;
}

int exit_code(const api::Failure& failure) {
  return failure.kind() == api::Failure::CAPTURE ? cli::kInvalid : cli::kMachine;
}

// Every port that is fed leads somewhere.
void check_ports(const EmulationConfig& config, Network& network) {
  const auto known = [&](uint32_t port) {
    return port != 0 && port < network.ports() && network.port(port).trunk != 0;
  };
  for (const InputConfig& input : config.inputs)
    if (!known(input.port) || (input.split && !known(input.split->port)))
      throw api::ProtocolError("control feeds a port that is not there");
  for (const StreamConfig& stream : network.streams())
    if (!stream.frame.empty() && !known(stream.port_in))
      throw api::ProtocolError("control has a stream for a port that is not there");
}

void write_fib(const std::string& path, const Emulation& emulation) {
  std::ofstream file(path);
  file << fib_json(emulation.agent(), emulation.network());
  file.close();
  if (!file) throw IoError("write", path, errno);
}

// Runs to the end, and closes the outputs as control wants them.
int run(RemoteControl& control, Emulation& emulation, const Options& options) {
  std::optional<api::Failure> failed;
  try {
    emulation.run(
        stop, [&](unsigned per_mille, uint64_t packets) { control.progress(per_mille, packets); });
  } catch (const api::ProtocolError&) {
    emulation.close(emulation.collect(), "control broke the protocol");
    throw;
  } catch (const api::PeerGone&) {
    emulation.close(emulation.collect(), "control is gone");
    throw;
  } catch (const Interrupted&) {
    emulation.close(emulation.collect(), "interrupted");
    throw;
  } catch (const std::exception&) {
    failed = failure();
  }
  RunStats stats = emulation.collect();
  const api::Close close = control.end(stats, failed);
  stats.virtual_time_ns = close.virtual_time_ns();
  std::optional<api::Failure> at_close;
  try {
    emulation.close(stats, close.partial());
    if (!options.fib_file.empty()) write_fib(options.fib_file, emulation);
  } catch (const std::exception&) {
    at_close = failure();
  }
  control.closed(at_close);
  if (failed) return exit_code(*failed);
  if (at_close) return exit_code(*at_close);
  return close.interrupted() ? cli::kInterrupted : cli::kDone;
}

int serve(const Options& options) {
  Listener listener(options.socket);
  RemoteControl control(listener, options.wait, stop);
  const api::Start start = control.meet();
  auto config = emulation_config(start.setup());
  if (!config) throw api::ProtocolError("control sent a " + config.error());
  if (start.has_resume()) {
    const api::Resume& resume = start.resume();
    config->replay.resume.emplace(ReplayOptions::Resume{Time::from_ns(resume.now_ns()), {}});
    if (resume.has_replay_start_ns())
      config->replay.resume->replay_start = Time::from_ns(resume.replay_start_ns());
  }
  std::optional<Emulation> emulation;
  try {
    emulation.emplace(*config);
    control.attach(*emulation, start);
    check_ports(*config, emulation->network());
    emulation->begin(control, config->replay);
  } catch (const api::ProtocolError&) {
    throw;
  } catch (const api::PeerGone&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {
    const api::Failure reason = failure();
    control.fail(reason);
    return exit_code(reason);
  }
  return run(control, *emulation, options);
}

}  // namespace
}  // namespace erbium::dp

int main(int argc, char** argv) {
  using namespace erbium;
  try {
    dp::catch_interrupts();
    const auto options = dp::parse(argc, argv);
    return options ? dp::serve(*options) : cli::kDone;
  } catch (const boost::program_options::error& error) {
    return dp::fail(error.what(), cli::kUsage);
  } catch (const api::ProtocolError& error) {
    return dp::fail(error.what(), cli::kPeer);
  } catch (const api::PeerGone& error) {
    return dp::fail(error.what(), cli::kPeer);
  } catch (const dp::Interrupted&) {
    return cli::kInterrupted;
  } catch (const std::exception& error) {
    return dp::fail(error.what(), cli::kMachine);
  }
}
