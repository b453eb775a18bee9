import { UsageError } from '../../model/errors.js';
import {
  MOST_OPEN_SHOWN,
  OPEN_ORDERS,
  OPEN_SHOWN,
  type OpenOrder,
  type OpenResult,
} from '../../model/live.js';
import { type ControlAnswer, ControlError, type ControlRequest } from '../../observe/control.js';
import { rfc3339 } from '../../store/ndjson/ndjson.js';
import type { LivePath, OpenRows } from './live-path.js';

/** How long what was found is good for, milliseconds: all who ask meanwhile get the same. */
const KEPT_MS = 1000;

/** What the packet paths found. */
interface Found {
  readonly time: string;
  readonly open: number;
  /** The lines of the strongest, in their order. */
  readonly lines: readonly Uint8Array[];
}

interface Kept {
  readonly found: Promise<Found>;
  /** By {@link performance.now}; undefined while the paths still look. */
  since: number | undefined;
}

/**
 * The strongest open sessions of all packet paths (the command `open`). The paths look for them once a second
 * at most for each order, and for one order at a time, however many ask.
 */
export class OpenSessions {
  private readonly kept = new Map<OpenOrder, Kept>();
  /** Settles when the paths look for nothing. */
  private idle: Promise<unknown> = Promise.resolve();
  /** By path, while they look; and what to do when the last has answered. */
  private answers: (OpenRows | undefined)[] = [];
  private missing = 0;
  private all: () => void = () => {};

  constructor(private readonly paths: () => readonly LivePath[]) {}

  /** Answers `open`. @throws UsageError for a request that is none */
  async answer(request: ControlRequest, answer: ControlAnswer): Promise<void> {
    const { by = 'bytes', limit = OPEN_SHOWN } = request;
    if (!OPEN_ORDERS.includes(by as OpenOrder))
      throw new UsageError(`open: \`by\` is one of ${OPEN_ORDERS.join(', ')}`);
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MOST_OPEN_SHOWN)
      throw new UsageError(`open: \`limit\` is a whole number from 1 to ${MOST_OPEN_SHOWN}`);
    const order = by as OpenOrder;
    const { time, open, lines } = await this.found(order);
    const shown = lines.slice(0, limit);
    const result: OpenResult = { time, by: order, open, shown: shown.length };
    const body = answer.begin(result);
    answer.cutOffIfNotRead();
    for (const line of shown) {
      if (!body.write(line)) await body.drained();
      if (answer.closed) return;
    }
    body.end();
  }

  /** Takes what a packet path has found. */
  take(path: number, rows: OpenRows): void {
    this.answers[path] = rows;
    if (--this.missing === 0) this.all();
  }

  private found(by: OpenOrder): Promise<Found> {
    const known = this.kept.get(by);
    if (known !== undefined && (known.since === undefined || performance.now() - known.since < KEPT_MS))
      return known.found;
    const found = this.idle.then(() => this.look(by));
    const kept: Kept = { found, since: undefined };
    this.kept.set(by, kept);
    this.idle = found.then(
      () => {
        kept.since = performance.now();
      },
      () => this.kept.delete(by),
    );
    return found;
  }

  private async look(by: OpenOrder): Promise<Found> {
    const paths = this.paths();
    if (paths.length === 0) throw new ControlError('the collector is starting; ask again');
    this.answers = paths.map(() => undefined);
    this.missing = paths.length;
    await new Promise<void>((resolve) => {
      this.all = resolve;
      for (const path of paths) path.findOpen(by);
    });
    const now = Date.now();
    const answers = this.answers.filter((rows) => rows !== undefined);
    this.answers = [];
    return {
      time: rfc3339(Math.floor(now / 1000), (now % 1000) * 1e6),
      open: answers.reduce((sum, { open }) => sum + open, 0),
      lines: merged(answers),
    };
  }
}

/** The strongest of all paths. */
function merged(paths: readonly OpenRows[]): Uint8Array[] {
  const rows = paths.flatMap(({ bytes, ends, strengths }) =>
    Array.from(strengths, (strength, i) => ({
      strength,
      line: bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
    })),
  );
  rows.sort((a, b) => b.strength - a.strength);
  return rows.slice(0, MOST_OPEN_SHOWN).map(({ line }) => line);
}
