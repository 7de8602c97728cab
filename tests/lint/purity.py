"""Names that the cores must not use: they neither sleep, send nor log, read no clock, draw no
unseeded number, and walk no unordered container on the way to an output.

A use that is right after all carries a marker with its reason on its own line or the line above:
    // lint: unordered ok, only looked up, never walked
"""

import re

from source import CPP, Finding, code_lines, files, read, under

CORES = ['common', 'dataplane/core', 'dataplane/stages', 'dataplane/links', 'dataplane/tables',
         'dataplane/crypto', 'control/bgp', 'control/bfd', 'control/rib', 'control/expressroute',
         'control/scenario', 'control/config']
ORDERED = ['common', 'dataplane', 'control', 'cli']

# rule: (directories, regular expression on code without comments and literals, what is wrong)
RULES = {
    'clock': (CORES + ['dataplane/agent'], r'\bclock_gettime\b|\bgettimeofday\b|\btimespec_get\b'
              r'|\bchrono\s*::\s*\w*_clock\b|\b(steady|system|high_resolution)_clock\b'
              r'|\brte_(rdtsc\w*|get_(tsc|hpet|timer)\w*)\b|\b\w*_?rdtscp?\b'
              r'|(?<![\w.>])(std\s*::\s*|::\s*)?time\s*\(\s*(nullptr|NULL|0|&\s*\w+)\s*\)',
              'reads a clock'),
    'sleep': (CORES + ['dataplane/agent'],
              r'\b(u|nano)?sleep(_for|_until)?\s*\(|\brte_delay_\w+\s*\(|\bsched_yield\s*\(',
              'sleeps'),
    'log': (CORES, r'\bRTE_(LOG|LOG_DP)\b|\brte_v?log\b|\bspdlog\b|(?<!\w)v?[fd]?printf\s*\('
            r'|\bstd\s*::\s*(cout|cerr|clog|print|println)\b|\b(f?puts|perror|syslog)\s*\(',
            'logs or prints'),
    'random': (CORES, r'\brandom_device\b|(?<![\w.>])(s?rand|srandom)\s*\(|::\s*random\s*\('
               r'|\brte_s?rand\w*\s*\(|\bgetrandom\b|\barc4random\w*',
               'draws a number that no seed fixes'),
    'unordered': (ORDERED, r'\bunordered_(multi)?(map|set)\b',
                  'uses an unordered container (its order would reach an output)'),
}
MARKER = re.compile(r'//\s*lint:\s*(\w+) ok, \S')


def allowed(raw, index, rule):
    """True when line `index` or the one above excuses `rule`."""
    for line in (raw[index], raw[index - 1] if index else ''):
        match = MARKER.search(line)
        if match and match[1] == rule:
            return True
    return False


def check_rule(root, rule):
    """Returns a Finding for every use that RULES[rule] forbids."""
    directories, pattern, wrong = RULES[rule]
    forbidden = re.compile(pattern)
    findings = []
    for name, path in files(root, CPP):
        if not under(name, directories):
            continue
        text = read(path) or ''
        raw = text.split('\n')
        for index, line in enumerate(code_lines(text)):
            match = forbidden.search(line)
            if match and not line.lstrip().startswith('#') and not allowed(raw, index, rule):
                findings.append(Finding(name, index + 1, f'{wrong}: {match[0].strip()}'))
    return findings
