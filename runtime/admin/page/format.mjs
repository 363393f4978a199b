// Numbers and times as a person reads them. What is not known is a dash, never a zero.
// SPDX-License-Identifier: Apache-2.0
export const UNKNOWN = '–';

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

// Two figures that count, or three: 0.42, 4.2, 42, 420.
function figures(value) {
  if (value === 0 || value >= 100) {
    return value.toFixed(0);
  }
  return value.toFixed(value < 0.9995 ? 2 : 1).replace(/\.0$/, '');
}

// The value in the largest of the units that leaves at least 1 of it. units: [[size, name], ...], small to large.
function scaled(value, units) {
  let [size, name] = units[0];
  for (const [larger, its] of units) {
    if (Math.abs(value) >= larger * 0.9995) {
      [size, name] = [larger, its];
    }
  }
  return figures(value / size) + name;
}

export function count(value) {
  return known(value) ? GROUPED.format(value) : UNKNOWN;
}

export function short(value) {
  return known(value) ? scaled(value, [[1, ''], [1e3, 'k'], [1e6, 'M'], [1e9, 'G']]) : UNKNOWN;
}

export function perSecond(value) {
  return known(value) ? `${short(value)}/s` : UNKNOWN;
}

export function nanoseconds(value) {
  return known(value) ? scaled(value, [[1, ' ns'], [1e3, ' µs'], [1e6, ' ms'], [1e9, ' s']]) : UNKNOWN;
}

export function microseconds(value) {
  return known(value) ? nanoseconds(value * 1e3) : UNKNOWN;
}

export function milliseconds(value) {
  return value === 0 ? '0 ms' : nanoseconds(known(value) ? value * 1e6 : null);
}

export function bytes(value) {
  const units = [[1, ' B'], [1024, ' KiB'], [1024 ** 2, ' MiB'], [1024 ** 3, ' GiB']];
  return known(value) ? scaled(value, units) : UNKNOWN;
}

export function clock(timeMs) {
  return known(timeMs) ? new Date(timeMs).toLocaleTimeString('en-GB') : UNKNOWN;
}

// How long something has run: "38 s", "14 min", "3 h 12 min", "5 d 2 h".
export function age(ms) {
  const s = Math.floor(ms / 1000);
  const [min, h, d] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
  if (!known(ms)) {
    return UNKNOWN;
  }
  if (min === 0) {
    return `${s} s`;
  }
  if (h === 0) {
    return `${min} min`;
  }
  return d === 0 ? `${h} h ${min % 60} min` : `${d} d ${h % 24} h`;
}

// "sink answers" of "sink answers: no server answers": the rest is said beside the node.
export function brief(reason) {
  return reason.split(': ')[0];
}
