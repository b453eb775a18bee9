/** Rates of what the collector counts, of its last minute: by the differences of its statuses. */
import type { CollectorStatus } from '../../../../src/model/status.js';

/** Seconds that are kept, and those over which the number shown is taken. */
const KEPT = 60;
const OVER = 5;

interface Sample {
  readonly at: number;
  readonly opened: number;
  readonly mirrors: ReadonlyMap<string, Counted>;
}

type Mirror = CollectorStatus['mirrors'][number];
type Counted = Pick<Mirror, 'packets' | 'bytes'> & { readonly lost: number };

export interface MirrorRate {
  /** As the API writes it: `type,source,session,key`. */
  readonly id: string;
  readonly name: string;
  readonly packets: number;
  readonly bits: number;
  readonly lost: number;
  /** Packets a second, a value a second. */
  readonly course: readonly number[];
}

export interface Rates {
  readonly mirrors: readonly MirrorRate[];
  readonly open: number;
  /** New conversations a second. */
  readonly opened: number;
  /** How full the table is, 0 to 1; undefined: an older collector does not tell. */
  readonly full: number | undefined;
}

export function mirrorId({ type, source, session, key }: Mirror): string {
  return `${type},${source},${session ?? 0},${key ?? ''}`;
}

export class StatusRates {
  private samples: readonly Sample[] = [];
  private started = '';

  /** @param at milliseconds */
  add(status: CollectorStatus, at: number): Rates {
    // Its counters begin anew with it.
    if (status.started !== this.started) this.samples = [];
    this.started = status.started;
    const mirrors = new Map(
      status.mirrors.map((m) => [
        `${m.name} ${mirrorId(m)}`,
        { packets: m.packets, bytes: m.bytes, lost: (m.lost ?? 0) - m.late },
      ]),
    );
    this.samples = [...this.samples.slice(-KEPT), { at, opened: status.sessions.opened, mirrors }];
    const now = this.samples.at(-1)!;
    const before = this.samples.at(-1 - OVER) ?? this.samples[0]!;
    const seconds = Math.max((now.at - before.at) / 1000, 0.001);
    const grown = (key: string, what: keyof Counted): number =>
      Math.max(0, (now.mirrors.get(key)?.[what] ?? 0) - (before.mirrors.get(key)?.[what] ?? 0)) / seconds;
    return {
      mirrors: status.mirrors
        .filter((m) => m.policy === 'observe' && (m.packets > 0 || m.name !== ''))
        .map((m) => {
          const key = `${m.name} ${mirrorId(m)}`;
          return {
            id: mirrorId(m),
            name: m.name,
            packets: grown(key, 'packets'),
            bits: grown(key, 'bytes') * 8,
            lost: grown(key, 'lost'),
            course: this.course(key),
          };
        }),
      open: status.sessions.open,
      opened: Math.max(0, now.opened - before.opened) / seconds,
      full:
        status.sessions.capacity === undefined ? undefined : status.sessions.open / status.sessions.capacity,
    };
  }

  private course(key: string): number[] {
    return this.samples.slice(1).map(({ at, mirrors }, i) => {
      const before = this.samples[i]!;
      const grown = (mirrors.get(key)?.packets ?? 0) - (before.mirrors.get(key)?.packets ?? 0);
      return Math.max(0, grown) / Math.max((at - before.at) / 1000, 0.001);
    });
  }
}
