"""Module boundaries, read from `#include` lines: the table of docs/architecture.md, as data."""

import re

from source import CPP, Finding, files, read, under

# Groups of headers: each a regular expression on the text between the quotes or brackets.
DPDK = r'rte_.*'
ETHDEV = r'rte_(ethdev|eth_.*|dev|bus.*|ethdev_.*|flow|tm|mtr)\.h'
SOCKETS = (r'(sys/(socket|un|epoll|select|ioctl)|netdb|poll|net/if.*|netinet/.*|netpacket/.*'
           r'|linux/(if.*|netlink|rtnetlink))\.h|boost/(asio|beast).*')
CLOCKS = r'chrono|ctime|time\.h|sys/(time|times|timerfd|timex)\.h|rte_(cycles|time|timer|alarm)\.h'
THREADS = (r'thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token'
           r'|pthread\.h|threads\.h|rte_(thread|launch|lcore|per_lcore)\.h')
LOGGING = r'rte_log\.h|spdlog/.*|iostream|print|syslog\.h'
COMPOSITION_ROOTS = r'([^/]+/app|cli)/.*'
# They share with cli what users meet in every program: options, outputs, exit codes.
PROGRAMS = ['control/app', 'dataplane/app']
CONTROL_CORES = [f'control/{m}' for m in ('bgp', 'bfd', 'rib', 'expressroute', 'scenario', 'tcp',
                                          'wire')]


def of(*directories):
    return '(' + '|'.join(re.escape(d) for d in directories) + ')/.*'


# (directories, headers they must not include, what the contract says)
TABLE = [
    (['common'], [DPDK, SOCKETS, CLOCKS, THREADS, of('dataplane', 'control', 'cli')],
     'common: same bits in, same bits out'),
    (['dataplane'], [of('control', 'cli')], 'the dataplane has never heard of Azure'),
    (['dataplane/core', 'dataplane/stages', 'dataplane/links'],
     [of('dataplane/driver', 'dataplane/agent'), ETHDEV, CLOCKS, LOGGING],
     'burst in, burst out: packet time, own tables and own state only'),
    (['dataplane/core', 'dataplane/links'], [of('dataplane/stages')], 'stages stand above'),
    (['dataplane/tables'],
     [of('dataplane/stages', 'dataplane/agent', 'dataplane/driver'), ETHDEV, CLOCKS, LOGGING],
     'tables: immutable once published; readers never wait'),
    (['dataplane/agent'], [of('dataplane/driver'), CLOCKS],
     'the agent writes tables; only the driver reads clocks and ports'),
    (['control'], [DPDK, of('dataplane', 'cli')], 'control speaks to the dataplane by messages'),
    (CONTROL_CORES + ['control/config'], [SOCKETS, CLOCKS, THREADS, LOGGING],
     'handle(event, time) -> actions; no I/O'),
    (['common', 'dataplane', 'control', 'cli'], [COMPOSITION_ROOTS],
     'composition roots: nobody includes them'),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
STAGES = 'dataplane/stages'
# Headers beside the stages that are no stage and any stage may use.
SHARED_BY_STAGES = set()


def directory(name):
    return name.rpartition('/')[0]


def stem(name):
    return re.sub(r'(_test|_bench)?\.(cpp|h)$', '', name.rpartition('/')[2])


def violation(name, header):
    """Returns why the file `name` must not include `header`, or None."""
    if under(name, PROGRAMS) and under(header, ['cli']):
        return None
    for modules, forbidden, contract in TABLE:
        if not under(name, modules):
            continue
        for pattern in forbidden:
            own_root = pattern == COMPOSITION_ROOTS and (
                directory(header) == directory(name) or header.split('/')[0] == 'cli' and
                name.startswith('cli/'))
            if re.fullmatch(pattern, header) and not own_root:
                return contract
    if (under(name, [STAGES]) and not name.endswith('_test.cpp') and under(header, [STAGES]) and
            stem(header) != stem(name) and header not in SHARED_BY_STAGES):
        return 'a stage knows no other stage'
    return None


def check(root):
    """Returns a Finding for every include that crosses a boundary."""
    findings = []
    for name, path in files(root, CPP):
        for number, line in enumerate((read(path) or '').split('\n'), 1):
            match = INCLUDE.match(line)
            why = violation(name, match[1]) if match else None
            if why:
                findings.append(Finding(name, number, f'includes {match[1]} ({why})'))
    return findings
