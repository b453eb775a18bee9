/** Parses `overlays` and `read --overlay`, and what separates conversations. */
import { OVERLAY_KINDS, type Overlay } from '../wire/tunnel/overlay-kinds.js';

export const OVERLAY_WORDS = `KIND:PORT, KIND one of ${OVERLAY_KINDS.join(', ')}`;

/** `vxlan:4799`; undefined for anything else. */
export function parseOverlay(text: string): Overlay | undefined {
  const [word, port, ...more] = text.split(':');
  const kind = OVERLAY_KINDS.find((k) => k === word);
  if (kind === undefined || more.length > 0 || !/^\d{1,5}$/.test(port ?? '')) return undefined;
  const n = Number(port);
  return n > 0 && n < 65536 ? { kind, port: n } : undefined;
}

/** What can separate conversations between the same ends. */
export const SEPARATORS = ['vni', 'vlan', 'teid'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** `vni`, `vni,vlan`, or `none`; undefined for anything else. */
export function parseSeparators(text: string): Separator[] | undefined {
  if (text === 'none') return [];
  const words = text.split(',').map((word) => SEPARATORS.find((s) => s === word.trim()));
  return words.every((word) => word !== undefined) ? (words as Separator[]) : undefined;
}
