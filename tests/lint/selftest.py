#!/usr/bin/env python3
"""Feeds every lint a bad sample, which it must find at the stated place, and a good one, which it
must pass: a lint that cannot fail is no test. Prints TAP.
"""

import pathlib
import sys
import tempfile

import lint

WORD = 'TO' + 'DO'
HOME = '/ho' + 'me/someone/x'
COUNTED = '// lint: unordered ok, only counted\n'

# (rule, file, text, line of the finding; None when the sample is good)
SAMPLES = [
    ('boundaries', 'common/a.h', '#include <rte_mbuf.h>\n', 1),
    ('boundaries', 'common/a.h', '\n#include <sys/socket.h>\n', 2),
    ('boundaries', 'common/a.h', '#include <chrono>\n', 1),
    ('boundaries', 'common/a.h', '#include <thread>\n', 1),
    ('boundaries', 'common/a.h', '#include "dataplane/core/packet.h"\n', 1),
    ('boundaries', 'dataplane/core/a.h', '#include <rte_mbuf.h>\n', None),
    ('boundaries', 'dataplane/core/a.h', '#include <rte_ethdev.h>\n', 1),
    ('boundaries', 'dataplane/core/a.h', '#include "dataplane/stages/policer.h"\n', 1),
    ('boundaries', 'dataplane/links/a.h', '  #  include "dataplane/driver/clock.h"\n', 1),
    ('boundaries', 'dataplane/links/a.h', '#include <rte_cycles.h>\n', 1),
    ('boundaries', 'dataplane/stages/acl.cpp', '#include "dataplane/stages/acl.h"\n', None),
    ('boundaries', 'dataplane/stages/acl.cpp', '#include "dataplane/stages/policer.h"\n', 1),
    ('boundaries', 'dataplane/stages/acl.cpp', '#include "dataplane/agent/server.h"\n', 1),
    ('boundaries', 'dataplane/tables/fib.cpp', '#include "dataplane/agent/server.h"\n', 1),
    ('boundaries', 'dataplane/driver/live.cpp', '#include <rte_cycles.h>\n', None),
    ('boundaries', 'dataplane/driver/live.cpp', '#include "control/rib/rib.h"\n', 1),
    ('boundaries', 'control/rib/rib.cpp', '#include "dataplane/tables/fib.h"\n', 1),
    ('boundaries', 'control/bgp/fsm.cpp', '#include <boost/asio.hpp>\n', 1),
    ('boundaries', 'control/shell/loop.cpp', '#include <boost/asio.hpp>\n', None),
    ('boundaries', 'control/shell/loop.cpp', '#include "dataplane/agent/server.h"\n', 1),
    ('boundaries', 'control/shell/loop.cpp', '#include "control/app/main.h"\n', 1),
    ('boundaries', 'dataplane/agent/a.cpp', '#include "dataplane/app/main.h"\n', 1),
    ('boundaries', 'cli/run.cpp', '#include "cli/options.h"\n', None),
    ('boundaries', 'control/app/main.cpp', '#include "cli/options.h"\n', None),
    ('boundaries', 'control/shell/loop.cpp', '#include "cli/options.h"\n', 1),
    ('boundaries', 'cli/run.cpp', '#include "control/app/main.h"\n', 1),
    ('clock', 'common/a.cpp', 'int x;\nauto t = std::chrono::steady_clock::now();\n', 2),
    ('clock', 'dataplane/stages/a.cpp', 'auto t = rte_rdtsc();\n', 1),
    ('clock', 'dataplane/stages/a.cpp', 'auto t = rte_get_tsc_cycles();\n', 1),
    ('clock', 'dataplane/links/a.cpp', 'clock_gettime(CLOCK_REALTIME, &now);\n', 1),
    ('clock', 'control/rib/a.cpp', 'auto t = time(nullptr);\n', 1),
    ('clock', 'control/rib/a.cpp', 'auto t = std::time(0);\n', 1),
    ('clock', 'control/rib/a.cpp', '/* time(0)\n rte_rdtsc */ f(p.time(0)); // time(0)\n', None),
    ('clock', 'common/a.cpp', 'auto t = __builtin_ia32_rdtsc();\n', 1),
    ('clock', 'dataplane/driver/clock.cpp', 'auto t = rte_rdtsc();\n', None),
    ('sleep', 'dataplane/core/a.cpp', 'std::this_thread::sleep_for(delay);\n', 1),
    ('sleep', 'common/a.cpp', "int million = 1'000'000;\nusleep(5);\n", 2),
    ('sleep', 'common/a.cpp', 'const char* s = "usleep(5)";\n', None),
    ('log', 'dataplane/tables/a.cpp', 'RTE_LOG(ERR, USER1, text);\n', 1),
    ('log', 'dataplane/core/a.cpp', 'std::printf("x");\n', 1),
    ('log', 'control/bfd/a.cpp', 'spdlog::info(text);\n', 1),
    ('log', 'common/a.cpp', 'std::cerr << "x";\n', 1),
    ('log', 'common/a.cpp', 'snprintf(out, size, "%d", x);\n', None),
    ('random', 'common/a.cpp', 'std::random_device seed;\n', 1),
    ('random', 'dataplane/links/a.cpp', 'if (rte_rand() < p)\n', 1),
    ('random', 'dataplane/links/a.cpp', 'x = ::random();\n', 1),
    ('random', 'dataplane/links/a.cpp', 'if (rng.rand() < p || random() < q)\n', None),
    ('unordered', 'control/report/a.cpp', '#include <unordered_map>\nunordered_map<A, B> m;\n', 2),
    ('unordered', 'dataplane/driver/a.h', 'std::unordered_set<A> s;  // lint: unordered ok,\n', 1),
    ('unordered', 'dataplane/driver/a.h', COUNTED + 'std::unordered_set<A> s;\n', None),
    ('lengths', 'common/a.h', '\n' * 451, 0),
    ('lengths', 'common/a.h', '\n' * 450, None),
    ('lengths', 'common/a.h', '\n' + 'x' * 101 + '\n', 2),
    ('lengths', 'common/a.h', 'é' * 100 + '\n', None),
    ('stage-tests', 'dataplane/stages/a.cpp', '\n', 0),
    ('stage-tests', 'dataplane/links/a.cpp', '\n', None),
    ('left-overs', 'docs/a.md', f'done\n{WORD}: the rest\n', 2),
    ('left-overs', 'docs/a.md', f'{WORD.lower()} is a word\n', None),
    ('machine-paths', 'tests/a.py', f'open("{HOME}")\n', 1),
    ('machine-paths', 'tests/a.py', 'open(f"{root}/home/x")\n', None),
    ('isa-arguments', 'common/meson.build', "\nstatic_library('a',\n  files('a.cpp'))\n", 2),
    ('isa-arguments', 'common/meson.build', "executable('a', 'a.cpp', cpp_args: isa_args)\n", None),
    ('compiled', 'common/net/a.cpp', '\n', 0),
]


def findings(rule, samples):
    """Runs one lint over a tree that holds just the samples, {path: text}."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name, text in samples.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        return lint.RULES[rule](root)


def cases():
    """Yields (name, passed, what was found)."""
    for rule, name, text, line in SAMPLES:
        found = findings(rule, {name: text})
        places = [(f.path, f.line) for f in found]
        kind = 'passes' if line is None else 'finds'
        shown = text.strip().split('\n')[-1][:50]
        expected = [] if line is None else [(name, line)]
        yield f'{rule} {kind} {name}: {shown}', places == expected, found
    pair = {'dataplane/stages/a.cpp': '\n', 'dataplane/stages/a_test.cpp': '\n'}
    found = findings('stage-tests', pair)
    yield 'stage-tests passes a stage with its test', not found, found
    for quoted in ("'net/a.cpp'", "'net/a'"):
        found = findings('compiled', {'common/net/a.cpp': '\n', 'common/meson.build': quoted})
        yield f'compiled passes a file named {quoted}', not found, found
    unseen = [rule for rule in lint.RULES
              if not any(rule == s[0] and s[3] is not None for s in SAMPLES)]
    yield 'every rule has a bad sample', not unseen, unseen


def main():
    good = True
    number = 0
    for number, (name, passed, found) in enumerate(cases(), 1):
        print(f'{"ok" if passed else "not ok"} {number} - {name.replace("#", "")}')
        if not passed:
            good = False
            print('# found: ' + ('; '.join(map(str, found)) or 'nothing'))
    print(f'1..{number}')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
