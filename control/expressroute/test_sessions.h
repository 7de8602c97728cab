// For tests: the sessions of a scenario over a wire that is nothing but a delay.
#pragma once

#include <string>
#include <vector>

#include "control/config/decode.h"
#include "control/expressroute/compiler.h"
#include "control/expressroute/sessions.h"
#include "control/wire/ip_packet.h"

namespace erbium::cp {

class TestSessions {
 public:
  explicit TestSessions(const std::string& text)
      : scenario_(load_text(text, "scenario.yaml")),
        compiler_(scenario_, {}),
        sessions_(scenario_, compiler_) {
    compiler_.initial();
  }

  // Everything up to and with that moment; packets take a millisecond.
  void run_to(Time to) {
    now_ = to;
    for (Time at = sessions_.next(); at <= to; at = sessions_.next()) {
      std::vector<Injection> sent;
      sessions_.run(at, sent);
      compiler_.flush(at);
      for (Injection& injection : sent) pass(injection, at);
    }
  }
  Sessions& sessions() { return sessions_; }
  const Sessions& sessions() const { return sessions_; }
  const Scenario& scenario() const { return scenario_; }
  const Compiler& compiler() const { return compiler_; }
  Time now() const { return now_; }

 private:
  void pass(Injection& injection, Time at) {
    const auto packet = wire::parse_ip(injection.packet);
    for (const SessionRouter& router : sessions_.routers())
      for (const SessionNeighbor& neighbor : router.neighbors)
        if (neighbor.local == packet->dst && neighbor.remote == packet->src)
          sessions_.deliver({.host_port = router.host_port,
                             .at = at + Duration::ms(1),
                             .packet_id = ++packets_,
                             .packet = injection.packet});
  }

  const Scenario scenario_;
  Compiler compiler_;
  Sessions sessions_;
  uint64_t packets_ = 0;
  Time now_;
};

}  // namespace erbium::cp
