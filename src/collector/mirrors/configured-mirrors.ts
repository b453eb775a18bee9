/**
 * Entries of `mirrors` without a known mirror point. They are listed with packets 0, so that a mirror that
 * was never switched on is visible. Once a point of an entry is known, the point is listed instead.
 */
import { noCounts } from '../../accounts/mirror-account.js';
import type { MirrorConfig } from '../../config/schema.js';
import type { MirrorStatus } from '../../model/status.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { type MirrorRules, ruleOf } from '../policy.js';

/** Bits of an address: a prefix of this length is one sender. */
const ADDRESS_BITS = 128;

export class ConfiguredMirrors {
  private rules: MirrorRules | undefined;
  /** By {@link entryKey}: when forgotten points of an entry last sent, in seconds since 1970. */
  private heard = new Map<string, number>();

  /** Takes new rules. Unchanged entries are remembered. */
  setRules(rules: MirrorRules): void {
    this.rules = rules;
    const keys = new Set(rules.mirrors.map(entryKey));
    this.heard = new Map([...this.heard].filter(([key]) => keys.has(key)));
  }

  /**
   * A mirror point of the entry at `place` is forgotten. @param lastSeen time of its last packet, seconds
   * since 1970
   */
  forget(place: number, lastSeen: number): void {
    const entry: MirrorConfig | undefined = this.rules?.mirrors[place];
    if (entry === undefined) return;
    const key = entryKey(entry);
    this.heard.set(key, Math.max(lastSeen, this.heard.get(key) ?? 0));
  }

  /** A row for each entry whose place is not in `known`. */
  silent(known: ReadonlySet<number>): MirrorStatus[] {
    const { rules } = this;
    if (rules === undefined) return [];
    return rules.mirrors.flatMap((entry, place) =>
      known.has(place) ? [] : [this.statusOf(entry, ruleOf(place, rules).policy)],
    );
  }

  private statusOf(entry: MirrorConfig, policy: string): MirrorStatus {
    const { lost, ...counts } = noCounts();
    const lastSeen = this.heard.get(entryKey(entry));
    return {
      name: entry.name,
      site: entry.site,
      type: entry.type ?? (entry.span === undefined ? '' : 'span'),
      source: sourceText(entry),
      target: '',
      session: entry.session ?? null,
      key: entry.key ?? null,
      policy,
      ...counts,
      sequence: 'none',
      ...(lastSeen !== undefined && { last_seen: lastSeen }),
    };
  }
}

/** An address as status and metrics write it, or a prefix as the configuration has it. */
function sourceText({ source }: MirrorConfig): string {
  if (source === undefined) return '';
  return source.bits === ADDRESS_BITS ? formatIp(source.address, 0) : source.text;
}

function entryKey(m: MirrorConfig): string {
  return JSON.stringify([m.name, m.source?.text, m.type, m.session, m.key, m.span]);
}
