// Puts dygraphs plots in the place of the page's static ones, keeps their time axes together with
// the session bars, and shows the state of the moment under the pointer. The page is complete
// without it.
(function () {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const seconds = ns => ns / 1e9;
  // Times count from the replay's start.
  const origin = seconds(data.replay_start_ns), end = seconds(data.duration_ns) - origin;
  const bin = seconds(data.bin_ns);
  const colour = name => getComputedStyle(root).getPropertyValue(name).trim();

  function scaled(value, steps, names, unit) {
    if (value === 0) return '0';
    let i = 0, size = Math.abs(value);
    while (size >= steps && i + 1 < names.length) { size /= steps; value /= steps; i++; }
    const digits = Number.isInteger(value) ? 0 : size < 10 ? 2 : size < 100 ? 1 : 0;
    return value.toFixed(digits).replace(/\.0+$|(\.\d*[1-9])0+$/, '$1') + '\u00a0' + names[i] + unit;
  }
  const write = {
    'bit/s': v => scaled(v, 1000, ['', 'k', 'M', 'G', 'T'], 'bit/s'),
    'packets/s': v => scaled(v, 1000, ['', 'k', 'M', 'G'], '/s'),
    'ns': v => scaled(v, 1000, ['n', '\u00b5', 'm', ''], 's'),
  };
  // step: what the time is to be told apart from.
  const time = (x, step = bin) =>
    x.toFixed(step < 0.002 ? 4 : step < 0.02 ? 3 : step < 0.2 ? 2 : step < 2 ? 1 : 0) + '\u00a0s';

  // Of the axis: its times are round.
  const label = end + origin < 0.5 ? x => Math.round(x * 1e9) / 1e6 + '\u00a0ms'
                                   : x => x + '\u00a0s';

  // Rows of dygraphs: x in the middle of the bin, or at its begin where steps are drawn, and at the
  // end of the last; then a value, or [low, value, high] of a band.
  function rows(plot) {
    const count = Math.max(...plot.series.map(s => s.values.length));
    const cell = (s, i) => {
      const v = i < s.values.length ? s.values[i] : null;
      return plot.band ? (v === null ? [null, null, null] : [v, v, s.upper[i]]) : v;
    };
    const row = (x, i) => [Math.min(x * bin - origin, end)].concat(plot.series.map(s => cell(s, i)));
    const out = Array.from({length: count}, (_, i) => row(i + (plot.step ? 0 : 0.5), i));
    if (plot.step && count > 0) out.push(row(count, count - 1));
    return out;
  }
  const bins = Math.max(...data.plots.flatMap(p => p.series.map(s => s.values.length)));
  const binAt = x => Math.max(0, Math.min(Math.floor((x + origin) / bin), bins - 1));

  const plots = [];
  let busy = false;

  function stateAt(states, ns) {
    let found = states.length ? states[0][1] : '';
    for (const [at, state] of states) if (at <= ns) found = state;
    return found;
  }
  function kind(state) {
    return data.good.includes(state) ? 'good' : data.bad.includes(state) ? 'bad' : 'fair';
  }

  // x: seconds, or null for the end of the run.
  function showMoment(x) {
    const ns = x === null ? data.duration_ns : (x + origin) * 1e9;
    data.topology.forEach((states, i) => {
      const group = document.getElementById('link-' + i);
      const state = states.length ? stateAt(states, ns) : 'up';
      group.setAttribute('class', kind(state));
      group.querySelector('.word').textContent = state;
    });
    const moment = document.getElementById('moment');
    if (moment) moment.textContent = x === null ? 'at the end of the run' : 'at ' + time(x);
    data.sessions.forEach((states, i) => {
      document.getElementById('session-' + i).textContent = x === null ? '' : stateAt(states, ns);
    });
  }

  function showValues(plot, row) {
    plot.keys.forEach((key, i) => {
      const value = row === null ? null : plot.graph.getValue(row, i + 1);
      const v = Array.isArray(value) ? value[1] : value;
      key.textContent = v === null || v === undefined ? '' : write[plot.unit](v);
      if (Array.isArray(value) && v !== null) key.textContent += ' \u2264\u00a0' + write[plot.unit](value[2]);
    });
  }

  function zoom(from, to) {
    document.querySelectorAll('svg.state').forEach(bar =>
      bar.setAttribute('viewBox', `${(from + origin) / (end + origin) * 1e6} 0 ` +
                       `${Math.max((to - from) / (end + origin) * 1e6, 1)} 18`));
    const ticks = document.querySelector('.bars .ticks');
    if (!ticks) return;
    const decade = 10 ** Math.floor(Math.log10((to - from) / 10));
    const step = decade * [1, 2, 5, 10].find(f => decade * f * 10 >= to - from);
    ticks.replaceChildren();
    for (let i = Math.ceil(from / step); i * step <= to; i++) {
      const tick = ticks.appendChild(document.createElement('span'));
      tick.style.left = (i * step - from) / (to - from) * 100 + '%';
      tick.textContent = time(i * step, step);
    }
  }

  function drawn(graph) {
    const [from, to] = graph.xAxisRange();
    const own = plots.find(p => p.graph === graph);
    if (own) flags(own);
    if (busy || !own) return;
    busy = true;
    plots.filter(p => p !== own).forEach(p => p.graph.updateOptions({dateWindow: [from, to]}));
    zoom(from, to);
    busy = false;
  }

  // Numbers of the events at the top of a plot; those that would overlap share one.
  function flags(plot) {
    plot.box.querySelectorAll('.flag').forEach(f => f.remove());
    const [from, to] = plot.graph.xAxisRange();
    let last = null;
    data.events.forEach((event, i) => {
      const at = seconds(event.at) - origin;
      if (at < from || at > to) return;
      const x = plot.graph.toDomXCoord(at);
      const text = `${i + 1}: ${event.text} at ${time(at)}`;
      if (last && x - last.x < (last.joined ? 46 : 20)) {
        last.joined = true;
        last.node.textContent = last.first + '\u2013' + (i + 1);
        last.node.title += '\n' + text;
        return;
      }
      const node = document.createElement('span');
      node.className = 'flag';
      node.textContent = i + 1;
      node.title = text;
      node.style.left = x + 'px';
      plot.box.appendChild(node);
      last = {x, node, first: i + 1, joined: false};
    });
  }

  function lines(context, area, graph) {
    context.strokeStyle = colour('--soft');
    context.setLineDash([3, 3]);
    for (const event of data.events) {
      const x = graph.toDomXCoord(seconds(event.at) - origin);
      if (x < area.x || x > area.x + area.w) continue;
      context.beginPath();
      context.moveTo(x, area.y);
      context.lineTo(x, area.y + area.h);
      context.stroke();
    }
    context.setLineDash([]);
  }

  const colours = plot => plot.series.map((_, i) => colour('--s' + i % data.colours));

  function create(plot, index) {
    const row = document.getElementById('plot-' + index);
    const box = row.querySelector('.live');
    plot.keys = Array.from(row.querySelectorAll('.legend .at'));
    plot.box = box;
    const place = document.createElement('div');
    place.style.cssText = 'position:absolute;inset:0';
    box.appendChild(place);
    plot.graph = new Dygraph(place, rows(plot), {
      labels: ['time'].concat(plot.series.map((s, i) => s.name + '\u200b'.repeat(i))),
      colors: colours(plot), customBars: plot.band, stepPlot: plot.step, strokeWidth: 1.5, rightGap: 0,
      dateWindow: [-origin, end], valueRange: [0, plot.top], gridLineColor: colour('--line'),
      axisLineColor: colour('--line'), highlightCircleSize: 3, legend: 'never',
      axes: {
        x: {axisLabelFormatter: label, pixelsPerLabel: 90, drawGrid: false},
        y: {axisLabelFormatter: write[plot.unit], axisLabelWidth: 68, pixelsPerLabel: 36},
      },
      underlayCallback: lines,
      drawCallback: drawn,
    });
    // Not dygraphs' highlightCallback, which tells of the nearest row, and only when that changes.
    box.addEventListener('mousemove', event => {
      const [from, to] = plot.graph.xAxisRange();
      const x = plot.graph.toDataXCoord(plot.graph.eventToDomCoords(event)[0]);
      const at = Math.max(from, Math.min(x, to)), row = binAt(at);
      plots.forEach(p => { p.graph.setSelection(row); showValues(p, row); });
      showMoment(at);
    });
    box.addEventListener('mouseleave', () => {
      plots.forEach(p => { p.graph.clearSelection(); showValues(p, null); });
      showMoment(null);
    });
    plots.push(plot);
    flags(plot);
  }

  root.classList.add('js');
  data.plots.forEach(create);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plots.forEach(p =>
    p.graph.updateOptions({colors: colours(p), gridLineColor: colour('--line'),
                           axisLineColor: colour('--line')})));
  // A command can be pasted anywhere when it names the directory of this file.
  if (location.protocol === 'file:') {
    const path = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, '') || '/';
    const word = /^[\w.\/-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`;
    document.querySelectorAll('code .dir').forEach(d => { d.textContent = word; });
  }
  addEventListener('beforeprint', () =>
    document.querySelectorAll('details').forEach(d => { d.open = true; }));
})();
