/**
 * The reference page of metrics and status (docs/reference/metrics.md): the tables made from the metrics
 * themselves.
 */
import { METRICS } from './metrics.js';

/** What the page says of the metrics. */
export function metricsTable(): string {
  const rows = METRICS.map((m) => {
    const labels = m.labels.map((l) => `\`${l}\``).join(', ');
    return `| \`${m.name}\` | ${m.kind} | ${labels} | ${m.help} |`;
  });
  return ['| metric | kind | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
