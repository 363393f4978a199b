// A small line of the last two minutes, its largest value at the top. It says no more than the number beside it, so a
// screen reader passes it by.
// SPDX-License-Identifier: Apache-2.0
import { attribute, s } from './dom.mjs';

const WIDTH = 120;
const HEIGHT = 28;
const POINTS_LEAST = 30; // fewer do not fill the width, so that a line does not jump at first

export function sparkline() {
  const line = s('path', { class: 'line' });
  const area = s('path', { class: 'area' });
  return {
    element: s('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, area, line),
    draw(values) {
      attribute(line, 'd', linePath(values));
      attribute(area, 'd', areaPath(values));
    },
  };
}

// [[x, y], ...] runs of known values; newest at the right.
export function runs(values) {
  const most = Math.max(...values.filter((value) => value !== null), 0);
  const step = WIDTH / (Math.max(values.length, POINTS_LEAST) - 1);
  const out = [[]];
  values.forEach((value, i) => {
    if (value === null) {
      out.push([]);
      return;
    }
    const x = WIDTH - (values.length - 1 - i) * step;
    const y = most > 0 ? HEIGHT - 1.5 - (value / most) * (HEIGHT - 3) : HEIGHT - 1.5;
    out.at(-1).push([Number(x.toFixed(1)), Number(y.toFixed(1))]);
  });
  return out.filter((run) => run.length > 0);
}

function linePath(values) {
  return runs(values).map((run) => `M${run.map(([x, y]) => `${x} ${y}`).join('L')}${run.length === 1 ? 'h0.1' : ''}`).join('');
}

function areaPath(values) {
  return runs(values).map((run) => `M${run[0][0]} ${HEIGHT}L${run.map(([x, y]) => `${x} ${y}`).join('L')}L${run.at(-1)[0]} ${HEIGHT}Z`).join('');
}
