#include "cli/several_runs.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/guard.h"
#include "common/io_error.h"
#include "control/config/decode.h"
#include "control/report/failover_table.h"
#include "control/report/table.h"

namespace erbium::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kDirectory = "out";  // without --out

struct Job {
  std::string file, name;  // the name is the file's, without directory and ending
  std::vector<std::string> covers;
};

struct Done {
  Job job;
  int code = 0;
  RunOutcome outcome;
  int64_t wall_ns = 0;
};

// ---- which ----

// "T7" as {"T", 7}, "pain-3" as {"pain-", 3}: 7 comes before 10.
std::pair<std::string, int> order_of(const std::string& label) {
  const size_t digits = label.find_first_of("0123456789");
  return {label.substr(0, digits), std::atoi(label.c_str() + std::min(digits, label.size()))};
}

// A label, or the kind of a label ("T", "pain").
bool selects(const std::string& word, const std::string& label) {
  const std::string kind = order_of(label).first;
  return word == label || word == kind || word + "-" == kind;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// Those labels of the scenario that were asked for, in order.
std::vector<std::string> selected(const std::vector<std::string>& covers,
                                  const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  for (const std::string& label : covers)
    if (std::any_of(wanted.begin(), wanted.end(),
                    [&](const std::string& word) { return selects(word, label); }))
      out.push_back(label);
  std::sort(out.begin(), out.end(),
            [](const std::string& a, const std::string& b) { return order_of(a) < order_of(b); });
  return out;
}

// A file that cannot be read is run all the same: the run says what is wrong with it.
std::optional<cp::Scenario> loaded(const std::string& file) {
  try {
    return cp::load(file);
  } catch (const cp::ConfigError&) {
    return std::nullopt;
  }
}

void add_file(const std::string& file, bool named, std::vector<Job>& out) {
  Job job{.file = file, .name = fs::path(file).stem().string(), .covers = {}};
  const auto scenario = loaded(file);
  if (scenario) job.covers = scenario->about.covers;
  if (!named && scenario && scenario->replay.empty() && scenario->probes.empty()) {
    std::fprintf(stderr, "erbium: %s has neither captures nor probes and is left out\n",
                 file.c_str());
    return;
  }
  for (const Job& other : out)
    if (other.name == job.name)
      throw UsageError(other.file + " and " + file + " would write into one directory; run them " +
                       "apart");
  out.push_back(std::move(job));
}

std::vector<Job> jobs(const RunOptions& options) {
  std::vector<Job> out;
  for (const std::string& word : options.scenarios) {
    if (!fs::exists(word)) throw NotFoundError("no scenario file " + word);
    if (!fs::is_directory(word)) {
      add_file(word, true, out);
      continue;
    }
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(word))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    if (files.empty()) throw NotFoundError("no scenario (*.yaml) in " + word);
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) add_file(file, false, out);
  }
  if (options.covers.empty()) return out;
  const std::vector<std::string> wanted = split(options.covers);
  std::erase_if(out, [&](const Job& job) { return selected(job.covers, wanted).empty(); });
  if (out.empty()) throw NotFoundError("no scenario there covers " + options.covers);
  std::stable_sort(out.begin(), out.end(), [&](const Job& a, const Job& b) {
    return order_of(selected(a.covers, wanted).front()) <
           order_of(selected(b.covers, wanted).front());
  });
  return out;
}

// ---- one run ----

Json to_json(const std::vector<cp::ReportExpectation>& expectations) {
  Json out = Json::array();
  for (const cp::ReportExpectation& e : expectations) {
    out.push_back({{"text", e.text}, {"measured", e.measured}, {"passed", e.passed}});
    if (!e.passed) out.back()["missed"] = e.missed;
  }
  return out;
}

[[noreturn]] void run_here(int to_parent, const RunOptions& options, const RunOne& run_one) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int code = guarded([&] {
    RunOutcome outcome;
    const int returned = run_one(options, outcome);
    const std::string text = Json{{"expectations", to_json(outcome.expectations)},
                                  {"virtual_time_ns", outcome.virtual_time_ns}}
                                 .dump();
    for (size_t at = 0; at < text.size();) {
      const ssize_t n = write(to_parent, text.data() + at, text.size() - at);
      if (n < 0) throw IoError("write", "a pipe", errno);
      at += static_cast<size_t>(n);
    }
    return returned;
  });
  std::fflush(stderr);
  std::_Exit(code);
}

// What the child has to say, until it ends. When the user interrupts, the child is told.
std::string hear(int from_child, pid_t child, const std::atomic<bool>& stop) {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t n = read(from_child, buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return text;
    if (n < 0 && stop) kill(child, SIGTERM);
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kInternal;
}

Done run_apart(const Job& job, RunOptions options, const std::atomic<bool>& stop,
               const RunOne& run_one) {
  const auto begun = std::chrono::steady_clock::now();
  options.scenario = job.file;
  options.directory = (options.directory.empty() ? kDirectory : options.directory) + "/" + job.name;
  int ends[2];
  if (pipe(ends) != 0) throw IoError("open", "a pipe", errno);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw IoError("start", "a process", errno);
  if (child == 0) {
    close(ends[0]);
    run_here(ends[1], options, run_one);
  }
  close(ends[1]);
  const std::string text = hear(ends[0], child, stop);
  close(ends[0]);
  Done done{.job = job, .code = wait_for(child)};
  done.wall_ns = (std::chrono::steady_clock::now() - begun).count();
  if (const Json said = Json::parse(text, nullptr, false); said.is_object()) {
    done.outcome.virtual_time_ns = said["virtual_time_ns"];
    for (const Json& e : said["expectations"])
      done.outcome.expectations.push_back(
          {e["text"], e["measured"], e["passed"], e.value("missed", "")});
  }
  return done;
}

// ---- the table ----

std::string seconds(int64_t ns, int places) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f s", places, static_cast<double>(ns) / 1e9);
  return text;
}

std::string result_of(int code) {
  if (code == kDone) return "ok";
  return code == kExpectationFailed ? "MISSED" : "exit " + std::to_string(code);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "-" : out;
}

// Its line of the table begins with its name, which may stand alone.
std::string take_row(const std::string& text, size_t& at) {
  size_t end = text.find('\n', at) + 1;
  if (end < text.size() && text[end] == ' ') end = text.find('\n', end) + 1;
  return text.substr(std::exchange(at, end), end - at);
}

void print_table(const std::vector<Done>& runs, const std::string& directory) {
  std::vector<std::vector<std::string>> rows = {
      {"SCENARIO", "COVERS", "RESULT", "VIRTUAL", "WALL"}};
  int64_t virtual_ns = 0, wall_ns = 0;
  size_t ok = 0;
  for (const Done& run : runs) {
    virtual_ns += run.outcome.virtual_time_ns;
    wall_ns += run.wall_ns;
    ok += run.code == kDone;
    rows.push_back({run.job.name, joined(run.job.covers), result_of(run.code),
                    seconds(run.outcome.virtual_time_ns, 3), seconds(run.wall_ns, 2)});
  }
  const std::string text = cp::table(rows, {true, true, true}, 80);
  size_t at = 0;
  std::string out = take_row(text, at);
  for (const Done& run : runs)
    out += take_row(text, at) + cp::expectations_text(run.outcome.expectations, "  ");
  std::fputs(out.c_str(), stdout);
  std::printf("\n%zu scenario%s, %zu ok; %s of scenario time in %s; outputs in %s\n", runs.size(),
              runs.size() == 1 ? "" : "s", ok, seconds(virtual_ns, 3).c_str(),
              seconds(wall_ns, 1).c_str(), directory.c_str());
}

void print_json(const std::vector<Done>& runs, const std::string& directory, int code) {
  Json list = Json::array();
  int64_t virtual_ns = 0, wall_ns = 0;
  for (const Done& run : runs) {
    virtual_ns += run.outcome.virtual_time_ns;
    wall_ns += run.wall_ns;
    list.push_back({{"name", run.job.name},
                    {"file", run.job.file},
                    {"covers", run.job.covers},
                    {"exit_code", run.code},
                    {"expectations", to_json(run.outcome.expectations)},
                    {"virtual_time_ns", run.outcome.virtual_time_ns},
                    {"wall_ns", run.wall_ns},
                    {"output", directory + "/" + run.job.name}});
  }
  const Json out = {{"scenarios", list},
                    {"exit_code", code},
                    {"virtual_time_ns", virtual_ns},
                    {"wall_ns", wall_ns}};
  std::puts(out.dump(2).c_str());
}

int worst(const std::vector<Done>& runs) {
  int code = kDone;
  for (const Done& run : runs) {
    if (run.code == kExpectationFailed) return run.code;
    code = std::max(code, run.code);
  }
  return code;
}

}  // namespace

bool asks_for_several(const RunOptions& options) {
  return options.scenarios.size() > 1 || !options.covers.empty() ||
         fs::is_directory(options.scenario);
}

int run_several(const RunOptions& options, const std::atomic<bool>& stop, const RunOne& run_one) {
  if (options.live) throw UsageError("--live takes one scenario");
  const std::vector<Job> all = jobs(options);
  const std::string directory = options.directory.empty() ? kDirectory : options.directory;
  const bool watched = isatty(STDERR_FILENO);
  std::vector<Done> runs;
  for (const Job& job : all) {
    if (watched)
      std::fprintf(stderr, "\r\033[K%zu of %zu: %s", runs.size() + 1, all.size(), job.name.c_str());
    runs.push_back(run_apart(job, options, stop, run_one));
    if (stop || runs.back().code == kInterrupted) break;
  }
  if (watched) std::fputs("\r\033[K", stderr);
  const int code = runs.size() < all.size() ? kInterrupted : worst(runs);
  if (options.format == Format::json)
    print_json(runs, directory, code);
  else
    print_table(runs, directory);
  return code;
}

}  // namespace erbium::cli
