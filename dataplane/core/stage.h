// What a stage is, and the contract of its author.
//
// To write a stage: derive from PacketStage<YourStage>, write `Verdict process(Packet, Context&)`,
// and define its descriptor, `const StageDescriptor stage_<file name>`. The descriptor says where
// the stage stands and names every way in which a packet can end in it; the loop, drop accounting
// and compaction are written once, here and in Burst. A stage sees its packet's time, the tables of
// the context and its own state, and nothing else: no clock, no port, no other stage.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/explanation.h"
#include "dataplane/core/answer.h"
#include "dataplane/core/burst.h"
#include "dataplane/core/context.h"

namespace erbium::dp {

// Stages are sorted by (phase, after, name).
// Behind transmit no packet comes: stages of the phase `answer` are given those that ended.
enum class Phase : uint8_t { receive, ingress, lookup, egress, transmit, answer };

enum NodeKind : uint8_t { kRouter = 1, kCrossConnect = 2 };

class Stage {
 public:
  virtual ~Stage() = default;
  // Turns the burst into what goes on; every other packet has been settled with a verdict.
  virtual void run(Burst& burst, Context& context) noexcept = 0;
  // The time given to Context::wake_at() has come.
  virtual void on_deadline(Time, Context&) noexcept {}
  // A stage of the phase `answer`: a packet has ended with a reason for which its stage's
  // descriptor names an answer. In (time, id, copy) order; the packet stays the node's.
  virtual void answer(Packet, Answer, Context&) noexcept {}

  // ---- for `erbium explain`, around a run() of one packet alone; neither changes anything ----
  // Says what run() is about to change: a TTL, the level of a bucket.
  virtual void look(Packet, Context&, Explanation&) {}
  // Says what decided. Of a packet that ended too, which still stands as run() left it.
  virtual void explain(Packet, Verdict, Context&, Explanation&) {}
};

struct StageDescriptor {
  const char* name;  // = file stem = counter label
  Phase phase;
  std::vector<const char*> after = {};        // stages of the same phase that come earlier
  uint8_t nodes = kRouter;                    // NodeKind bits
  uint8_t protocols = 0;                      // Protocol bits it acts on; 0: every packet
  Entry entry = Entry::wire;                  // the first stage of this entry's path, if not wire
  bool optional = false;                      // runs only where the scenario asks for it by name
  std::vector<const char*> drops = {};        // names of Verdict::drop(0), (1), ...
  std::vector<const char*> consumed = {};     // names of Verdict::consumed(0), (1), ...
  std::vector<const char*> punted = {};       // names of Verdict::punt(0), (1), ...
  std::vector<const char*> originated = {};   // causes for Context::emit
  std::vector<const char*> withheld = {};     // causes for Context::withhold
  std::vector<Answer> drop_answers = {};      // what the sender is told, by Verdict::drop()
  std::vector<Answer> consumed_answers = {};  // the same by Verdict::consumed()
  std::unique_ptr<Stage> (*make)() = nullptr;
};

template <typename S>
std::unique_ptr<Stage> make_stage() {
  return std::make_unique<S>();
}

template <typename Derived>
class PacketStage : public Stage {
 public:
  void run(Burst& burst, Context& context) noexcept final {
    burst.retain([&](Packet p) { return static_cast<Derived*>(this)->process(p, context); },
                 [&](Packet p, Verdict v) { context.settle(p, v); });
  }
};

// Every stage of the build, generated from the list in dataplane/stages/meson.build.
std::span<const StageDescriptor* const> all_stages();

}  // namespace erbium::dp
