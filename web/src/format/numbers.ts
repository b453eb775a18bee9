/** Numbers as people read them: with a unit, and as many digits as can be compared at a glance. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,138`. */
export function count(n: number): string {
  return whole.format(n);
}

/** Three digits: `9.26`, `33.1`, `335`. */
function three(n: number): string {
  if (n >= 99.95) return whole.format(n);
  return n >= 9.995 ? n.toFixed(1) : n.toFixed(2).replace(/\.?0+$/, '');
}

function scaled(n: number, units: readonly string[], step: number): string {
  let i = 0;
  let value = n;
  while (value >= step * 0.9995 && i < units.length - 1) {
    value /= step;
    i++;
  }
  return `${i === 0 ? whole.format(value) : three(value)} ${units[i]}`;
}

/** `9.26 MB`: powers of 1000, as links are rated. */
export function bytes(n: number): string {
  return scaled(n, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1000);
}

/** `124 kbit/s`. */
export function bits(n: number): string {
  return scaled(n, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], 1000);
}

/** `1.2 k` a second. */
export function rate(n: number): string {
  if (n < 10 && n !== Math.round(n)) return three(n);
  return scaled(n, ['', 'k', 'M', 'G'], 1000).trim();
}

/** `2.31 %`. */
export function percent(share: number): string {
  const n = share * 100;
  return `${n === 0 ? '0' : n < 0.01 ? '< 0.01' : n.toFixed(n < 9.995 ? 2 : 1)} %`;
}

/** Microseconds: `339 µs`, `63.0 ms`, `1.24 s`, `4 min 10 s`. */
export function micros(us: number): string {
  if (us < 1000) return `${whole.format(us)} µs`;
  const ms = us / 1000;
  if (ms < 999.5) return `${ms < 9.995 ? ms.toFixed(2) : ms < 99.95 ? ms.toFixed(1) : whole.format(ms)} ms`;
  return seconds(us / 1e6);
}

/** Nanoseconds: `80 ns`, `339 µs`, `37.0 s`. */
export function nanoseconds(ns: number): string {
  return ns < 1000 ? `${whole.format(ns)} ns` : micros(ns / 1000);
}

/** Seconds: `1.24 s`, `4 min 10 s`, `3 h 12 min`, `3 d 4 h`. */
export function seconds(s: number): string {
  if (s < 60)
    return `${s < 9.995 ? s.toFixed(2).replace(/\.?0+$/, '') : s < 10 ? s.toFixed(1) : whole.format(s)} s`;
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor((s % 86_400) / 3600), Math.floor((s % 3600) / 60)];
  if (d > 0) return `${d} d ${h} h`;
  if (h > 0) return `${h} h ${m} min`;
  return `${m} min${s % 60 >= 1 ? ` ${Math.floor(s % 60)} s` : ''}`;
}

/** `1 session`, `52 sessions`. */
export function plural(n: number, word: string, many = `${word}s`): string {
  return `${count(n)} ${n === 1 ? word : many}`;
}
