"""The picture at the head of the README, drawn from a run of configs/failing-link.yaml: every
packet on both links of the circuit, those that were lost, and when routes followed."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'oracle'))
import pcapng  # noqa: E402

SCENARIO = 'configs/failing-link.yaml'
FILE = 'docs/failing-link.svg'
LINKS = ['er-sjc/primary', 'er-sjc/secondary']
FROM_MS, TO_MS = 1000, 1270
LEFT, WIDTH, LANE, TOP = 180, 780, 30, 36
TICK = 22
COLORS = {'out': '#0b6e99', 'in': '#c77700', 'lost': '#c62828'}
LANE_NAMES = {'out': 'to Azure', 'in': 'to on-premises'}


def capture(path):
    return pcapng.read(str(path)).packets


def collect(out):
    """{(link or 'lost', direction): [ms]} of the run in `out`, and its events."""
    summary = json.loads((out / 'summary.json').read_text())
    ports = [(direction, p) for direction, port in (('out', 'branch'), ('in', 'cloud'))
             for p in capture(out / 'ports' / f'{port}.pcapng') if p.direction == 'in']
    started = next(e['at_ns'] for e in summary['events'] if e['what'] == 'replay_start')
    zero = min(p.ts_ns for _, p in ports) - started
    marks, seen = {}, set()
    for link in LINKS:
        for p in capture(out / 'links' / (link.replace('/', '.') + '.pcapng')):
            seen.add(p.packetid)
            marks.setdefault((link, p.direction), []).append((p.ts_ns - zero) / 1e6)
    for direction, p in ports:
        if p.packetid not in seen:
            marks.setdefault(('lost', direction), []).append((p.ts_ns - zero) / 1e6)
    return marks, summary['events']


def x(ms):
    return round(LEFT + (ms - FROM_MS) * WIDTH / (TO_MS - FROM_MS), 1)


def ticks(times, y, color):
    """One path with a stroke of TICK for every time inside the picture."""
    inside = sorted({x(ms) for ms in times if FROM_MS <= ms <= TO_MS})
    if not inside:
        return []
    path = ''.join(f'M{at:g} {y}v{TICK}' for at in inside)
    return [f'<path d="{path}" stroke="{color}" stroke-width="1" fill="none"/>']


def text(at, y, words, anchor='start', color='#333', more=''):
    return f'<text x="{at:g}" y="{y}" text-anchor="{anchor}" fill="{color}"{more}>{words}</text>'


def lane_y(link, direction):
    return TOP + LINKS.index(link) * (2 * LANE + 16) + (0 if direction == 'out' else LANE)


def draw(marks, events):
    bottom = lane_y(LINKS[-1], 'in') + LANE
    height = bottom + 40
    down = {e['what']: e['at_ns'] / 1e6 for e in events}
    routes = [e['at_ns'] / 1e6 for e in events if e['what'] == 'routes']
    failed, back = down['link_down'], down['link_down_ends']
    middle = (x(routes[0]) + x(back)) / 2
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" '
           'font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="#fff"/>',
           f'<rect x="{x(failed):g}" y="{TOP - 4}" width="{x(back) - x(failed):g}" '
           f'height="{2 * LANE}" fill="#fbe3e1"/>',
           text(middle, TOP + 20, 'primary is down', 'middle', COLORS['lost'])]
    for at in routes:
        out.append(f'<path d="M{x(at):g} {TOP - 16}V{bottom}" stroke="#666" '
                   'stroke-dasharray="4 3"/>')
        out.append(text(x(at) + 3, TOP - 8, 'routes follow', color='#666'))
    for link in LINKS:
        out.append(text(8, lane_y(link, 'in') + 1, link.split('/')[1], more=' font-weight="bold"'))
        for direction in ('out', 'in'):
            y = lane_y(link, direction)
            out.append(text(LEFT - 8, y + 15, LANE_NAMES[direction], 'end', COLORS[direction]))
            out += ticks(marks.get((link, direction), []), y, COLORS[direction])
    for direction in ('out', 'in'):
        out += ticks(marks.get(('lost', direction), []), lane_y(LINKS[0], direction),
                     COLORS['lost'])
    lost = sum(len(marks.get(('lost', d), [])) for d in ('out', 'in'))
    out.append(text(middle, TOP + 42, f'{lost} packets lost', 'middle', COLORS['lost']))
    for ms in range(FROM_MS, TO_MS + 1, 50):
        out.append(f'<path d="M{x(ms):g} {bottom}v5" stroke="#333"/>')
        out.append(text(x(ms), bottom + 18, f'{ms} ms', 'middle'))
    out.append(f'<path d="M{LEFT} {bottom}H{LEFT + WIDTH}" stroke="#333"/>')
    return '\n'.join(out) + '\n</svg>\n'


def render(out):
    """The SVG of the run whose outputs are in the directory `out`."""
    return draw(*collect(pathlib.Path(out)))
