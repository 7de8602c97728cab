#!/usr/bin/env python3
"""Which routes arrive where, and which way packets go: routing_test.py ERBIUM

The FIB is read from journal.jsonl. bgpdump says which prefixes an MRT file has, tshark what stands
in the UPDATEs on a link, and the captures of links which circuit carried a packet.
"""

import base64
import gzip
import ipaddress
import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

from harness import CONFIGS, ROOT, Scratch, Tap, program, run

import pcapng

INVALID, NOT_FOUND = 4, 3
MRT = os.path.join(ROOT, "tests", "data", "mrt")
RIB = os.path.join(MRT, "ripencc-bview.20020722.2337-excerpt.gz")
UPDATES = os.path.join(MRT, "caida-routeviews.route-views.jinx.updates.1427846400.bz2")
MAGIC = b"ErSt"  # a probe's payload


def config(name):
    with open(os.path.join(CONFIGS, name + ".yaml"), encoding="utf-8") as file:
        return file.read().replace("../tests/data/mrt", MRT)


def events(directory, *what):
    with open(os.path.join(directory, "summary.json"), encoding="utf-8") as file:
        return [e for e in json.load(file)["events"] if e["what"] in what]


def address(message):
    return ipaddress.ip_address(base64.b64decode(message["ip"]))


def fib(directory, router):
    """{prefix: sorted next hops} of what the router has learned or been given, at the end of the
    run; prefixes that lead nowhere are left out."""
    vrfs, routes, groups, hops = {}, {}, {}, {}
    with open(os.path.join(directory, "journal.jsonl"), encoding="utf-8") as file:
        for line in file:
            message = json.loads(line)["message"]
            if "host_port" in message:
                host_port = message["host_port"]
                vrfs.setdefault(host_port["name"].rpartition("/vrf")[0], []).append(
                    host_port["vrf"])
            elif "next_hop" in message:
                hops[message["next_hop"]["id"]] = message["next_hop"]
            elif "next_hop_group" in message:
                group = message["next_hop_group"]
                groups[group["id"]] = group.get("next_hops", [])
            elif "route" in message:
                route = message["route"]
                prefix = route["prefix"]
                key = f"{address(prefix)}/{prefix.get('length', 0)}"
                routes[route["vrf"], key] = route.get("group", 0)
    table = {}
    for (vrf, prefix), group in routes.items():
        if vrf in vrfs[router] and groups.get(group):
            found = [hops[hop] for hop in groups[group]]
            table[prefix] = sorted(str(address(h["address"])) for h in found if "address" in h)
    return table


def learned(directory, router):
    return {prefix: hops for prefix, hops in fib(directory, router).items() if hops}


def updates(path, source):
    """The UPDATEs that `source` sent, as tshark reads them."""
    out = subprocess.run(["tshark", "-r", path, "-Y", f"bgp.type == 2 && ip.src == {source}", "-T",
                          "pdml"], capture_output=True, text=True, check=True).stdout
    found = []
    for message in ElementTree.fromstring(out).iter("proto"):
        if message.get("name") != "bgp":
            continue
        fields = {}
        for field in message.iter("field"):
            fields.setdefault(field.get("name"), []).append(field.get("show"))
        if fields.get("bgp.type") != ["2"] or "bgp.nlri_prefix" not in fields:
            continue
        attribute = "bgp.update.path_attribute."
        found.append({
            "prefixes": [f"{prefix}/{length}" for prefix, length in
                         zip(fields["bgp.nlri_prefix"], fields["bgp.prefix_length"])],
            "path": fields.get(attribute + "as_path_segment.as4", []),
            "med": fields.get(attribute + "multi_exit_disc", [""])[0],
            "communities": [f"{a}:{b}" for a, b in
                            zip(fields.get(attribute + "community_as", []),
                                fields.get(attribute + "community_value", []))],
            "large": [":".join(numbers) for numbers in
                      zip(fields.get("bgp.large_communities.ga", []),
                          fields.get("bgp.large_communities.ldp1", []),
                          fields.get("bgp.large_communities.ldp2", []))]})
    return found


def opens(path):
    """(source, restart bit, restart time) of every OPEN."""
    out = subprocess.run(["tshark", "-r", path, "-Y", "bgp.type == 1", "-T", "fields", "-e",
                          "ip.src", "-e", "bgp.cap.gr.timers.restart_flag", "-e",
                          "bgp.cap.gr.timers.restart_time"], capture_output=True, text=True,
                         check=True).stdout
    return [(source, flag in ("1", "True"), time)
            for source, flag, time in (line.split("\t") for line in out.splitlines())]


# ---- MRT files ----

def reserved(path):
    return any(65515 <= int(n) <= 65520 or int(n) == 12076 for n in re.findall(r"\d+", path))


def bgpdump_routes(path, limit=None):
    """{prefix: (AS path, MED, communities)} by the rule of docs/config.md, from bgpdump's text."""
    text = subprocess.run(["bgpdump", "-m", path], capture_output=True, text=True,
                          check=True).stdout
    table = {}
    for line in text.splitlines():
        f = line.split("|")
        if f[2] not in "ABW" or limit and len(table) >= limit:
            continue
        peer, prefix = (f[3], f[4]), f[5]
        if f[2] == "W":
            if prefix in table and table[prefix][0] == peer:
                del table[prefix]
        elif prefix not in table or table[prefix][0] == peer:
            table[prefix] = (peer, f[6], f[10], f[11])
    return {prefix: route[1:] for prefix, route in table.items() if not reserved(route[1])}


def with_captures(text):
    return text.partition("\noutputs: {")[0] + "\n"


def mrt_files(tap, scratch):
    shipped = config("mrt-routes")
    cases = {
        "the shipped scenario": (shipped, RIB, 500),
        "3,900 routes, nearly what a circuit takes":
            (shipped.replace("limit: 500", "limit: 3900"), RIB, 3900),
        "updates in bzip2": (shipped.replace(RIB, UPDATES).replace("limit: 500", "limit: 700")
                             .replace("12.2.41.10", "192.168.1.11"), UPDATES, 700),
    }
    for name, (text, path, limit) in cases.items():
        out = scratch.new_run()
        done = run([program(), "run", scratch.file("mrt.yaml", with_captures(text)),
                    "--out", out])
        tap.ok(done.returncode == 0, f"{name} meets its expectations", done.stdout, done.stderr)
        if done.returncode:
            continue
        wanted = {p: r for p, r in bgpdump_routes(path, limit).items() if ":" not in p}
        own = {"192.168.0.0/16"}
        tap.same(sorted(set(learned(out, "ergw-hub")) - set(wanted) - own), [],
                 f"{name}: the gateway has no prefix that bgpdump does not know of")
        tap.same(sorted(set(wanted) - set(learned(out, "ergw-hub"))), [],
                 f"{name}: all {len(wanted)} prefixes of bgpdump are in the gateway's FIB")
        judge_attributes(tap, name, os.path.join(out, "links", "er-sjc.primary.pcapng"), wanted)


def judge_attributes(tap, name, link, wanted):
    """What tshark reads on the link: AS path behind the customer's own, MED, communities."""
    seen = {}
    for update in updates(link, "192.0.2.1"):
        for prefix in update["prefixes"]:
            seen[prefix] = (update["path"], update["med"], update["communities"])
    expected = {prefix: (["65001"] + re.findall(r"\d+", path), med,
                         re.findall(r"\d+:\d+", communities))
                for prefix, (path, med, communities) in wanted.items()}
    wrong = {prefix: (seen.get(prefix), route) for prefix, route in expected.items()
             if seen.get(prefix, ())[:1] != route[:1] or seen[prefix][2] != route[2] or
             (seen[prefix][1] or "0") != route[1]}
    tap.same(list(wrong.items())[:3], [],
             f"{name}: tshark sees bgpdump's AS paths, MEDs and communities on the link")


def bad_mrt_files(tap, scratch):
    with gzip.open(RIB) as file:
        whole = file.read(100_000)
    cut_gzip = gzip.compress(whole)[:-2000]
    lying = bytearray(whole[:5000])
    lying[8:12] = b"\xff\xff\xff\xff"
    cases = {
        "cut off in a record": (whole[:5001], "ends inside a record"),
        "damaged gzip data": (cut_gzip, "(truncated|damaged) gzip data"),
        "a record of 4 GB": (bytes(lying), "claims 4294967295 octets"),
        "no MRT file": (b"hello world, this is no dump" * 9, "octet"),
        "an empty file": (b"", "no route"),
    }
    text = config("mrt-routes").replace(", limit: 500", "")
    for name, (data, says) in cases.items():
        path = scratch.file("bad.mrt", data)
        scenario = scratch.file("bad.yaml", text.replace(RIB, path))
        for verb in ("check", "run"):
            out = scratch.new_run()
            words = [program(), verb, scenario] + (["--out", out] if verb == "run" else [])
            done = run(words)
            place = re.match(r"erbium: \S*bad\.yaml:(\d+):(\d+): \S*bad\.mrt: ", done.stderr)
            named = place and "mrt:" in text.splitlines()[int(place[1]) - 1]
            tap.ok(done.returncode == INVALID and done.stderr.count("\n") == 1 and named and
                   re.search(says, done.stderr) and not os.path.exists(out),
                   f"{verb}: {name}: exit {INVALID}, one line with its place", done.returncode,
                   done.stderr)
    done = run([program(), "check", scratch.file("bad.yaml", text.replace(RIB, "nowhere.mrt"))])
    tap.ok(done.returncode == NOT_FOUND and re.search(r"bad\.yaml:\d+:\d+: no MRT file",
                                                      done.stderr), "no such file: exit 3",
           done.returncode, done.stderr)


# ---- limits ----

def limits(tap, scratch):
    for name, limit in (("standard", 4000), ("premium", 10_000), ("microsoft", 200)):
        out = scratch.new_run()
        done = run([program(), "run", os.path.join(CONFIGS, f"prefix-limit-{name}.yaml"),
                    "--out", out])
        if not tap.ok(done.returncode == 0, f"{name}: expectations are met", done.stdout):
            continue
        start = events(out, "announce")[0]["at_ns"]
        over = events(out, "bgp_max_prefixes")
        tap.same(sorted((e["at_ns"] > start, e["text"].split(" ipv4 ")[1]) for e in over),
                 [(True, f"{msee} {limit + 1} IPv4 prefixes, limit {limit}")
                  for msee in ("msee-a", "msee-b")],
                 f"{name}: prefix {limit + 1} exceeds the limit on both links")
        down = [e for e in events(out, "bgp_session_down") if "ipv4" in e["text"]]
        up = [e for e in events(out, "bgp_session_up") if "ipv4" in e["text"]]
        tap.same((len(down), len([e for e in up if e["at_ns"] > start])), (4, 4),
                 f"{name}: both ends of both sessions go down once and return")
        router = "ms-sjc" if name == "microsoft" else "ergw-hub"
        tap.same(len(learned(out, router)), limit, f"{name}: {limit} prefixes are back behind it")


def limits_of_ipv6(tap, scratch):
    """One prefix more than private or Microsoft peering takes: the IPv6 sessions go, IPv4 stays."""
    cases = {"standard": (100, {"192.0.2.4/30 }": "2001:db8:",
                                "prefix: 100.64.0.0/24, count: 3999":
                                    'prefix: "2001:db8:100::/48", count: 100',
                                "prefix: 172.31.0.0/24": 'prefix: "2001:db8:900::/48"'}),
             "microsoft": (200, {"203.0.113.4/30 }": "2001:db8:",
                                 "[198.51.100.0/24]": '[198.51.100.0/24, "2001:db8:1::/48"]',
                                 "prefix: 198.51.100.0/32, count: 200":
                                     'prefix: "2001:db8:1::/64", count: 200',
                                 "prefix: 198.51.100.200/32": 'prefix: "2001:db8:1:c8::/64"',
                                 "198.51.100.10": '"2001:db8:1::10"',
                                 "20.190.128.0/18": '"2603:1006:2000::/48"',
                                 "20.190.128.10": '"2603:1006:2000::10"'})}
    for name, (limit, words) in cases.items():
        text = config("prefix-limit-" + name)
        for old, new in words.items():
            if new == "2001:db8:":
                new = old + '\n        ipv6: { primary: "2001:db8::/126", ' \
                            'secondary: "2001:db8::4/126" }'
            assert old in text, old
            text = text.replace(old, new)
        out = scratch.new_run()
        text = text.partition("\nexpect:")[0] + "\ntime: { duration: 20s }\n"
        done = run([program(), "run", scratch.file("six.yaml", text), "--no-captures", "--out",
                    out])
        if not tap.ok(done.returncode == 0, f"{name}, IPv6: runs", done.stderr):
            continue
        over = [e["text"].partition(" ipv6 ")[2] for e in events(out, "bgp_max_prefixes")]
        tap.same(sorted(over), [f"{msee} {limit + 1} IPv6 prefixes, limit {limit}"
                                for msee in ("msee-a", "msee-b")],
                 f"{name}: IPv6 prefix {limit + 1} exceeds the limit")
        down = [e["text"].split()[1] for e in events(out, "bgp_session_down")]
        tap.same(down, ["ipv6"] * 4, f"{name}: and the sessions of IPv4 stay")


# ---- Microsoft peering ----

def microsoft(tap, scratch):
    out = scratch.new_run()
    text = with_captures(config("microsoft-peering")).replace("asn: 3320", "asn: 65001")
    done = run([program(), "run", scratch.file("ms.yaml", text), "--out", out], timeout=300)
    tap.ok(done.returncode == 0, "microsoft-peering meets its expectations", done.stdout,
           done.stderr)
    storage = {f"20.60.{n}.0/22" for n in (0, 4, 8, 12)}
    ce = set(learned(out, "ce"))
    tap.same(ce, storage | {"20.190.128.0/18", "10.0.0.0/16"},
             "the customer has what the filter lets through, and the virtual network")
    tap.same(set(learned(out, "ms-sjc")), {"198.51.100.0/24"},
             "Microsoft has the customer's public prefix and not its private one")
    tap.same(set(learned(out, "ergw-hub")), {"192.168.0.0/16"},
             "the gateway has the private one only")
    link = os.path.join(out, "links", "er-sjc.primary.pcapng")
    said = {prefix: (update["path"], update["communities"])
            for update in updates(link, "203.0.113.2") for prefix in update["prefixes"]}
    wanted = {prefix: (["12076", "8075"], ["12076:52002"]) for prefix in storage}
    wanted["20.190.128.0/18"] = (["12076", "8075"], ["12076:5060"])
    tap.same(said, wanted, "each with its service's community and behind 12076")
    said = [(update["path"], update["communities"]) for update in updates(link, "192.0.2.2")]
    # Twice: the link was down in between.
    tap.same(said, [(["12076"], ["12076:20001", "12076:50002"])] * 2,
             "the virtual network has its own and its region's community")
    core = os.path.join(out, "links", "msee-a.ms-sjc.pcapng")
    said = [(update["prefixes"], update["path"]) for update in updates(core, "169.254.0.9")]
    tap.same(said, [(["198.51.100.0/24"], ["12076"])] * 2,
             "the customer's private AS number is stripped on the way to Microsoft")
    judge_refusals(tap, scratch)


def judge_refusals(tap, scratch):
    """What a customer announces on Microsoft peering and may not."""
    text = with_captures(config("microsoft-peering"))
    text = text.replace("announce: [{ prefix: 192.168.0.0/16 }]", """announce:
      - { prefix: 192.168.0.0/16, peering: microsoft }
      - { prefix: 0.0.0.0/0, peering: microsoft }
      - { prefix: 192.0.0.0/24, peering: microsoft }
      - { prefix: 198.51.100.128/25, peering: microsoft }""")
    text = re.sub(r"route_filter: .*", "", text).partition("\nprobes:")[0]
    text += "\ntime: { duration: 1s }\nprobes:\n  - { name: p, from: 198.51.100.130, " \
            "to: 20.190.128.10, pps: 10 }\n"
    out = scratch.new_run()
    done = run([program(), "run", scratch.file("ms.yaml", text), "--no-captures", "--out", out])
    tap.same((done.returncode, set(learned(out, "ms-sjc"))), (0, {"198.51.100.128/25"}),
             "private prefixes, a default route and undeclared ones are refused")
    tap.same(set(learned(out, "ce")), {"10.0.0.0/16"},
             "without a route filter no prefix of Microsoft arrives")


# ---- the gateway's choice ----

def circuits(announce, weights, probes, timeline=""):
    """A scenario with a circuit er1, er2, ... for every weight, all between one router and one
    gateway."""
    text = ["erbium: 1", "name: paths", "ports: { branch: {}, cloud: {} }", "circuits:"]
    for i in range(1, len(weights) + 1):
        text.append(f"""  er{i}:
    model: provider
    bandwidth: 1Gbps
    links: {{ primary: {{ msee: m{i}a }}, secondary: {{ msee: m{i}b }} }}
    peerings:
      private:
        vlan: {100 + i}
        peer_asn: 65001
        ipv4: {{ primary: 172.16.{i}.0/30, secondary: 172.16.{i}.4/30 }}""")
    joined = ", ".join(f"{{ id: er{i}, weight: {w} }}" for i, w in enumerate(weights, 1))
    text.append(f"""gateways:
  gw: {{ sku: ErGw3AZ, vnet: hub, circuits: [{joined}] }}
vnets:
  hub:
    prefixes: [10.0.0.0/16]
    subnets: {{ GatewaySubnet: {{ prefix: 10.0.255.0/27 }} }}
    port: cloud
onprem:
  ce:
    asn: 65001
    port: branch
    announce:""")
    text += [f"      - {{ {line} }}" for line in announce]
    text += ["control: { routes: bgp }", "time: { duration: 2s }", "probes:"]
    text += [f"  - {{ name: p{i}, from: 10.0.1.{i}, to: 192.168.1.{i}, pps: 20 }}"
             for i in range(1, probes + 1)]
    return "\n".join(text) + "\n" + timeline


def carried(directory, since_ns=0):
    """{link: probes that departed to the customer} of the captures of circuits' links, with those
    sent earlier than `since_ns` left out."""
    table = {}
    for name in sorted(os.listdir(os.path.join(directory, "links"))):
        if not name.startswith("er"):
            continue
        capture = pcapng.read(os.path.join(directory, "links", name))
        count = sum(1 for p in capture.packets if p.direction == "in" and MAGIC in p.data)
        if count:
            table[name[: -len(".pcapng")].replace(".", "/")] = count
    return table


def links_of(*numbers):
    return {f"er{n}/{link}" for n in numbers for link in ("primary", "secondary")}


def choice(tap, scratch):
    def on(number, prefix, more=""):
        return f"prefix: {prefix}, links: [er{number}/primary, er{number}/secondary]{more}"

    every = "prefix: 192.168.0.0/16"
    down = "timeline:\n  - { at: 0s, do: link_down, target: er1/primary }\n"
    cases = {
        "the longest prefix goes before the weight":
            (circuits([on(1, "192.168.0.0/16"), on(2, "192.168.1.0/24", ", prepend: 5")],
                      [100, 0], 40), links_of(2)),
        "the weight goes before the AS path":
            (circuits([on(1, "192.168.0.0/16", ", prepend: 5"), on(2, "192.168.0.0/16")],
                      [10, 0], 40), links_of(1)),
        "then the shorter AS path":
            (circuits([on(1, "192.168.0.0/16", ", prepend: 1"), on(2, "192.168.0.0/16")],
                      [10, 10], 40), links_of(2)),
        "equal circuits share": (circuits([every], [0, 0], 40), links_of(1, 2)),
        "four circuits share, the fifth does not":
            (circuits([every], [0] * 5, 120), links_of(1, 2, 3, 4)),
        "nor does it where one of the four has lost a link":
            (circuits([every], [0] * 5, 120, down), links_of(1, 2, 3, 4) - {"er1/primary"}),
    }
    for name, (text, wanted) in cases.items():
        out = scratch.new_run()
        done = run([program(), "run", scratch.file("paths.yaml", text), "--out", out])
        found = carried(out) if done.returncode == 0 else {}
        tap.same(set(found), wanted, f"{name}: {sum(found.values())} packets")


# ---- what a router says of its routes ----

def marks(tap, scratch):
    text = circuits(["prefix: 192.168.0.0/16, links: [er1/primary], med: 50, prepend: 2, "
                     'communities: ["65001:100", "65001:200"], large_communities: '
                     '["65001:1:2"]',
                     "prefix: 192.168.0.0/16, links: [er1/secondary]"], [0], 1)
    text = text.replace("    announce:", "    local_preference: { er1/secondary: 150 }\n"
                        "    announce:")
    out = scratch.new_run()
    run([program(), "run", scratch.file("marks.yaml", text), "--out", out])

    def said(link, source):
        return [(u["path"], u["med"], u["communities"], u["large"])
                for u in updates(os.path.join(out, "links", link), source)]

    tap.same(said("er1.primary.pcapng", "172.16.1.1"),
             [(["65001"] * 3, "50", ["65001:100", "65001:200"], ["65001:1:2"])],
             "prepends, MED and communities stand in the UPDATE of one link")
    tap.same(said("er1.secondary.pcapng", "172.16.1.5"), [(["65001"], "", [], [])],
             "and not in that of the other")
    tap.same(said("m1a.gw.pcapng", "169.254.0.1"),
             [(["12076"] + ["65001"] * 3, "", ["65001:100", "65001:200"], ["65001:1:2"])],
             "communities reach the gateway, the MED stays at the MSEE")
    tap.same(learned(out, "gw"), {"192.168.0.0/16": ["169.254.0.5"]},
             "the gateway takes the shorter path")
    tap.same(learned(out, "ce"), {"10.0.0.0/16": ["172.16.1.6"]},
             "and the router the link of the higher local preference")


def forced_tunneling(tap, scratch):
    """The customer's default route draws what has no other way."""
    text = circuits(["prefix: 0.0.0.0/0"], [0], 4).replace("to: 192.168.1.", "to: 198.51.100.")
    out = scratch.new_run()
    done = run([program(), "run", scratch.file("default.yaml", text), "--out", out])
    tap.ok(done.returncode == 0 and sum(carried(out).values()) == 160,
           "packets to the Internet go to the customer by 0.0.0.0/0", carried(out), done.stderr)


# ---- graceful restart ----

def graceful_restart(tap, scratch):
    text = with_captures(config("graceful-restart").replace("pps: 1000", "pps: 100"))
    out = scratch.new_run()
    done = run([program(), "run", scratch.file("gr.yaml", text), "--out", out])
    tap.ok(done.returncode == 0, "a restart with graceful restart loses nothing", done.stdout)
    link = os.path.join(out, "links", "er-sjc.primary.pcapng")
    tap.same(opens(link), [("192.0.2.1", False, "120"), ("192.0.2.2", False, "0"),
                           ("192.0.2.1", True, "120"), ("192.0.2.2", False, "0")],
             "both OPENs have the capability, the router's second one the restart bit")
    down = [e["text"] for e in events(out, "bgp_session_down")]
    tap.ok(len(down) == 4 and all("connection closed" in text for text in down),
           "sessions end without a NOTIFICATION", down)
    tap.same(learned(out, "ergw-hub")["192.168.0.0/16"], ["169.254.0.1", "169.254.0.5"],
             "the gateway still has both ways")
    without = re.sub(r"    graceful_restart: .*\n", "", text).partition("\nexpect:")[0]
    out = scratch.new_run()
    without += "\nexpect: [{ probe: branch-to-app, event: ce_restart, outage: '>= 20s' }]\n" \
               "time: { duration: 40s }\n"
    done = run([program(), "run", scratch.file("gr.yaml", without), "--no-captures", "--out",
                out])
    tap.ok(done.returncode == 0, "without it, it is out for as long as it restarts", done.stdout)


def main():
    tap = Tap()
    with Scratch() as scratch:
        for part in (mrt_files, bad_mrt_files, limits, limits_of_ipv6, microsoft, choice, marks,
                     forced_tunneling, graceful_restart):
            part(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
