/** The tables of docs/reference/metrics.md, made from the metrics themselves. */
import { METRICS } from './metrics.js';

/** The table of metrics. */
export function metricsTable(): string {
  const rows = METRICS.map((m) => {
    const labels = m.labels.map((l) => `\`${l}\``).join(', ');
    return `| \`${m.name}\` | ${m.kind} | ${labels} | ${m.help} |`;
  });
  return ['| metric | kind | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
