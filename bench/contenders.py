"""What is measured: programs of the build and their peers, each as a function without arguments
that runs once and returns its cost (processor nanoseconds a packet, unless the name says other)."""

import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import threading
import time

import scenarios


class Failed(Exception):
    """A contender could not run; its group is left out of the table."""


def machine():
    cpu = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} x {cpu}, load {load:.1f}"


def need(program):
    if shutil.which(program) is None:
        raise Failed(f"{program} is not installed")


def run_process(command, **kwargs):
    """Runs to the end; (processor seconds of it and what it waited for, peak RSS in bytes)."""
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, **kwargs)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        text = errors.decode(errors="replace").strip().splitlines()
        raise Failed(f"{command[0]} ended with {child.returncode}: {text[-1] if text else ''}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def shared(run):
    """Of a run that returns several figures, a function for each name: the first to be called runs,
    the others take what it found."""
    found = {}

    def figure(name, scale=1.0):
        def get():
            if name not in found:
                found.clear()
                found.update(run())
            return found.pop(name) * scale
        return get
    return figure


class Bench:
    def __init__(self, build, work, quick):
        self.build, self.work, self.quick = build, work, quick
        self.erbium = build / "cli" / "erbium"
        self.packets = 200_000 if quick else 1_000_000

    # ---- Google Benchmark ----

    def counter(self, binary, name, counter=None, scale=1.0):
        """One run of one benchmark; a counter of it, or CPU nanoseconds an item."""
        run = self.result(binary, name)

        def get():
            result = run()
            return (result[counter] if counter else 1e9 / result["items_per_second"]) * scale
        return get

    def result(self, binary, name):
        """One run of one benchmark; all that it reports."""
        seconds = "0.1" if self.quick else "0.5"

        def run():
            out = subprocess.run(
                [self.build / "bench" / binary, f"--benchmark_filter=^{name}$",
                 f"--benchmark_min_time={seconds}", "--benchmark_format=json"],
                capture_output=True, text=True, check=False)
            try:
                result = json.loads(out.stdout)["benchmarks"][0]
            except (ValueError, KeyError, IndexError):
                raise Failed(f"{binary} {name} gave no result") from None
            if result.get("error_occurred"):
                raise Failed(f"{binary} {name}: {result['error_message']}")
            return result
        return run

    # ---- control ----

    def scenario_run(self, scenario):
        """{"wall_s", "cpu_s"} of `erbium run` with all that the scenario writes."""
        def run():
            out = self.work / "run"
            shutil.rmtree(out, ignore_errors=True)
            start = time.monotonic()
            cpu, _ = run_process([self.erbium, "run", scenario(), "--out", out])
            return {"wall_s": time.monotonic() - start, "cpu_s": cpu}
        return shared(run)

    # ---- live, on net_pcap and net_null ----

    def flows(self, tags):
        path = self.work / f"flows{len(tags)}.pcap"
        if not path.exists():
            scenarios.write_flows(path, tags)
        return path

    def live(self, scenario):
        """Worker time a packet over a window: of two runs the longer less the shorter."""
        def once(seconds):
            out = self.work / "live"
            run_process([self.erbium, "run", scenario(), "--live", "--duration", f"{seconds}s",
                         "--no-captures", "--out", out])
            summary = json.loads((out / "summary.json").read_text())
            return summary["wall"]["worker_cpu_ns"], summary["packets"]["tx"]

        def run():
            short, long = once(1), once(2 if self.quick else 3)
            return (long[0] - short[0]) / (long[1] - short[1])
        return run

    def testpmd(self, port_topology="paired"):
        """`io` forwarding on the same virtual devices; schedstat of the forwarding thread."""
        def run():
            need("dpdk-testpmd")
            devices = ["--vdev", f"net_pcap0,rx_pcap={self.flows([])},infinite_rx=1"]
            if port_topology == "paired":
                devices += ["--vdev", "net_null0,no-rx=1"]
            with Testpmd(devices, port_topology) as testpmd:
                time.sleep(0.5)
                before = testpmd.sample()
                time.sleep(0.5 if self.quick else 2)
                after = testpmd.sample()
            return (after[0] - before[0]) / (after[1] - before[1])
        return run

    # ---- files ----

    def imix(self, packets=None):
        packets = packets or self.packets
        path = self.work / f"imix{packets}.pcap"
        if not path.exists():
            seconds = max(1, packets * 30 // 1_000_000)
            run_process([self.build / "bench" / "make_imix", packets, seconds, path])
        return path

    def replay(self, scenario, captures=False, per_byte=False, packets=None):
        def run():
            out = self.work / "replay"
            shutil.rmtree(out, ignore_errors=True)
            command = [self.erbium, "replay", self.imix(packets), "--config", scenario(),
                       "--out", out] + ([] if captures else ["--no-captures"])
            cpu, _ = run_process(command)
            if not per_byte:
                return cpu * 1e9 / (packets or self.packets)
            return cpu * 1e9 / sum(f.stat().st_size for f in out.rglob("*.pcapng"))
        return run

    def memory(self, scenario, packets):
        """Peak RSS in MiB less the packet pool and the tables."""
        def run():
            out = self.work / "replay"
            run_process([self.erbium, "replay", self.imix(packets), "--config", scenario(),
                         "--no-captures", "--out", out])
            wall = json.loads((out / "summary.json").read_text())["wall"]
            rest = wall["peak_rss_bytes"] - wall["packet_pool_bytes"] - wall["table_bytes"]
            return rest / 2**20
        return run

    def program(self, command, per_byte_of=None, program=None):
        """A program over the IMIX file, by packet or by byte of the file it writes."""
        def run():
            words = [str(w) for w in command(self)]
            need(program or words[0])
            cpu, _ = run_process(words)
            if per_byte_of is None:
                return cpu * 1e9 / self.packets
            return cpu * 1e9 / (self.work / per_byte_of).stat().st_size
        return run


class Testpmd:
    """dpdk-testpmd driven by its prompt."""

    def __init__(self, devices, topology):
        cores = ",".join(str(c) for c in sorted(os.sched_getaffinity(0))[:2])
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "dpdk-testpmd", "--no-huge", "-m", "512", "--no-pci", "--no-shconf",
             "--no-telemetry", "--file-prefix", f"bench{os.getpid()}", "-l", cores,
             "--log-level=*:error", *devices, "--", "-i", "--forward-mode=io", "--no-flush-rx",
             "--total-num-mbufs=65536", f"--port-topology={topology}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            bufsize=1)
        self.port = 1 if topology == "paired" else 0
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def worker(self):
        folder = pathlib.Path(f"/proc/{self.process.pid}/task")
        for task in folder.iterdir():
            if "worker" in (task / "comm").read_text():
                return task / "schedstat"
        raise Failed("dpdk-testpmd has no worker thread")

    def sample(self):
        """(processor ns of the worker, packets sent) at about this moment."""
        while not self.lines.empty():
            self.lines.get()
        self.command(f"show port stats {self.port}")
        cpu = int(self.worker().read_text().split()[0])
        try:
            while True:
                found = re.search(r"TX-packets:\s*(\d+)", self.lines.get(timeout=5))
                if found:
                    return cpu, int(found[1])
        except queue.Empty:
            raise Failed("dpdk-testpmd shows no statistics") from None

    def __enter__(self):
        self.command("start")
        return self

    def __exit__(self, *_):
        try:
            self.command("quit")
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
