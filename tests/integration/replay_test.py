#!/usr/bin/env python3
"""Runs every scenario and has the oracles judge what came out: replay_test.py ERBIUM

Conservation for the run and for every node, link and port; each packet's way, TTL, tags and bytes;
no complaint by tshark that the input did not have; departures and arrivals to the nanosecond, with
queues and tail drops; what the limiter of an overloaded circuit drops; where packets stand when a
link fails. The judges (tests/oracle) share no code with the program.
"""

import concurrent.futures
import os
import shutil
import sys
from fractions import Fraction

from harness import CONFIGS, Scratch, Tap, program, run, scenarios

import bucket
import failover
import judges
import make_load
import pcapng
from run import CIRCUIT_ENDS, Run

V4 = [make_load.ipaddress.ip_network(p) for p in ("192.168.1.0/24", "10.0.1.0/24")]
ELSEWHERE = {"traceroute"}  # packets end in routers or are cut: edge_test.py judges those
FAILING = {"failing-link": True, "failing-link-one-way": False}  # is to_onprem cut as well


def erbium(*words):
    done = run([program(), *words])
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr}")
    return done


def outputs(directory):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(directory)
                  for name in names if name.endswith(".pcapng"))


def judge_scenario(item):
    """[(good, test, why)] of one file of configs/."""
    name, path, out = item
    erbium("run", path, "--out", out)
    scenario = judges.Scenario(path)
    result, found = judges.judge_run(out, scenario)
    verdicts = [(not found, f"{name}: every packet is accounted for and changed as it may", found)]
    found, count = judges.new_complaints(outputs(out), [p for _, p in scenario.inputs()], out)
    verdicts.append((not found and count > 0, f"{name}: tshark reads {count} packets as it did the "
                     "input's", found))
    if name not in FAILING:
        found, judged, _ = judges.judge_delays(scenario, result)
        verdicts.append((not found and judged > 0,
                         f"{name}: {judged} packets depart and arrive to the nanosecond", found))
    return verdicts


def write_load(scratch, name, rate, duration_ns, flows=64):
    """The path of a capture with 1,400-byte frames at `rate` bit/s."""
    path = scratch.file(name)
    made = make_load.load(rate, duration_ns, [1400], flows, *V4)
    make_load.write(path, 1_700_000_000_000_000_000, made)
    return path


def overloaded(tap, scratch):
    """1.5 Gbps to the primary of a 1 Gbps circuit."""
    load = write_load(scratch, "overload.pcap", 1_500_000_000, 200_000_000)
    for burst, size in (("64KiB", 65_536), ("10ms", 1_250_000)):
        config = variant(scratch, "overload-1gbps", ("burst: 64KiB", f"burst: {burst}"))
        out = scratch.new_run()
        erbium("replay", load, "--config", config, "--port", "branch", "--out", out)
        judged = bucket.simulate(pcapng.packets(load), bucket.TokenBucket(10**9, size), "l2", 4)
        must = sum(not passes for _, passes in judged)
        link = Run(out).summary["links"]["er-sjc/primary"]["to_azure"]
        wrong = bucket.compare(len(judged), must, link["dropped"], Fraction(1, 1000))
        tap.ok(not wrong and must > 0, f"overload, burst {burst}: {link['dropped']} of "
               f"{len(judged)} dropped, the bucket must drop {must}", *wrong)
        result, found = judges.judge_run(out, judges.Scenario(config))
        tap.ok(not found, f"overload, burst {burst}: every packet is accounted for", *found)
        found, judged, _ = judges.judge_delays(judges.Scenario(config), result)
        tap.ok(not found and judged > 0,
               f"overload, burst {burst}: exactly these {judged} pass, to the nanosecond", *found)
        shutil.rmtree(out)


def both_links(tap, scratch):
    """2 Gbps over both links of a 1 Gbps circuit, counted on the links with their tags: 32 flows,
    which the hash spreads evenly with this seed."""
    load = write_load(scratch, "both.pcap", 2 * 10**9 * 1400 // 1404, 100_000_000, flows=32)
    config, out = os.path.join(CONFIGS, "both-links-2gbps.yaml"), scratch.new_run()
    erbium("replay", load, "--config", config, "--out", out)
    summary = Run(out).summary
    carried = [summary["links"][f"er-sjc/{end}"]["to_azure"]["packets"] for end in CIRCUIT_ENDS]
    tap.ok(summary["packets"]["dropped"] == 0 and min(carried) > 0.45 * sum(carried),
           f"2 Gbps over both links pass whole: {carried[0]} and {carried[1]} packets",
           summary["drops"])
    shutil.rmtree(out)


def queued(tap, scratch):
    """1.5 Gbps into a link of 1 Gbps without a limiter, in groups of eight frames: waits and tail
    drops, and a time that divides no nanosecond."""
    path = scratch.file("queue.pcap")
    made = make_load.load(1_500_000_000, 20_000_000, [1400, 60, 590], 8, *V4, group=8)
    make_load.write(path, 1_700_000_000_000_000_000, made)
    for rate, queue in (("1Gbps", "1ms"), ("1234567891bps", "500us")):
        config = variant(scratch, "overload-1gbps", ("    limiter: { burst: 64KiB }\n", ""),
                         ("    bandwidth: 1Gbps", "    bandwidth: 1Gbps\n    rate_limit: false"),
                         ("rate: 10Gbps, delay: 1.2ms",
                          f"rate: {rate}, delay: 1.2ms, queue: {queue}"))
        out = scratch.new_run()
        erbium("replay", path, "--config", config, "--port", "branch", "--out", out)
        result, found = judges.judge_run(out, judges.Scenario(config))
        more, judged, longest = judges.judge_delays(judges.Scenario(config), result)
        dropped = result.summary["drops"].get("queue_full", 0)
        limit = judges.quantity(queue)
        tap.ok(not found + more and dropped > 0 and longest > 0.95 * limit,
               f"{rate}: {judged} packets wait up to {longest} ns and {dropped} are dropped at the "
               "tail, to the nanosecond", *found, *more)
        shutil.rmtree(out)


def variant(scratch, name, *changes):
    """The path of a scenario of configs/ with some text replaced."""
    with open(os.path.join(CONFIGS, name + ".yaml"), encoding="utf-8") as file:
        text = file.read()
    for old, new in (("../pcaps", os.path.join(os.path.dirname(CONFIGS), "pcaps")), *changes):
        if old not in text:
            raise ValueError(f"{name}: no {old!r}")
        text = text.replace(old, new)
    return scratch.file(f"variant{len(os.listdir(scratch.path))}.yaml", text)


def fails(tap, scratch, name, onprem_cut):
    """Judged against the same run without its timeline, which says where each packet belongs."""
    out, whole = scratch.new_run(), scratch.new_run()
    config = os.path.join(CONFIGS, name + ".yaml")
    erbium("run", config, "--out", out)
    scenario = judges.Scenario(config)
    (event,) = scenario.data["timeline"]
    with open(config, encoding="utf-8") as file:
        text = file.read()
    lines = text[text.index("timeline:"):].split("\n")[:2]
    erbium("run", variant(scratch, name, ("\n".join(lines) + "\n", "")), "--out", whole)
    down = judges.quantity(event["at"])
    up = down + judges.quantity(event["for"])
    react = judges.quantity(scenario.data["time"]["control_latency"])
    result = Run(out)
    for direction, ports, before in (("to_azure", ("branch", "cloud"), 0),
                                     ("to_onprem", ("cloud", "branch"), 500_000)):
        home = {p.packetid: end for end in CIRCUIT_ENDS
                for p in Run(whole).on_link(f"er-sjc/{end}", direction)}
        cut = direction == "to_azure" or onprem_cut
        link = scenario.hops("primary", direction)[0 if direction == "to_azure" else 1]
        found, counts = failover.judge(
            result, "er-sjc", direction, *ports, failover.Outage(down, up, react, cut=cut),
            lambda: judges.delay.FifoServer(link.server.rate, link.server.queue_ns), home, before,
            tag_count=1)
        used = all(counts[e] > 0 for e in CIRCUIT_ENDS) and (counts["lost"] > 0) == cut
        tap.ok(not found and used, f"{name} {direction}: every packet stands where it should: "
               f"{counts}", *found)


def seed_matters(tap, scratch):
    """Another seed spreads flows in another way, and the same one in the same way."""
    paths = [scratch.new_run() for _ in range(2)]
    for path, seed in zip(paths, (1, 99)):
        erbium("run", scenarios()["primary-secondary"], "--seed", seed, "--out", path)
    spread = [[p.packetid for p in Run(path).on_link("er-sjc/primary", "to_azure")]
              for path in paths]
    tap.ok(spread[0] != spread[1], "another seed spreads the flows in another way")


def main():
    tap = Tap()
    with Scratch() as scratch:
        jobs = [(name, path, scratch.new_run()) for name, path in scenarios("replay").items()
                if name not in ELSEWHERE]
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
            for verdicts in pool.map(judge_scenario, jobs):
                for good, name, why in verdicts:
                    tap.ok(good, name, *why)
        overloaded(tap, scratch)
        both_links(tap, scratch)
        queued(tap, scratch)
        for name, onprem_cut in FAILING.items():
            fails(tap, scratch, name, onprem_cut)
        seed_matters(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
