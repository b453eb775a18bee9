/**
 * Which frames to keep with their sessions: the words of `packets` in the configuration and of
 * `read --packets`.
 */
export interface KeptPackets {
  /** Bytes per frame; 0: no frame is kept. */
  readonly bytes: number;
  /** Packets per session row; 0: all. */
  readonly packets: number;
}

/** More bytes than a frame has. */
const WHOLE = 2 ** 20;

export const KEPT_PACKETS_WORDS = 'none, all, first N bytes, first N packets';

/** `none`, `all`, `first 128 bytes` of each, `first 10 packets` of a session; undefined for anything else. */
export function parseKeptPackets(text: string): KeptPackets | undefined {
  if (text === 'none') return { bytes: 0, packets: 0 };
  if (text === 'all') return { bytes: WHOLE, packets: 0 };
  const first = /^first (\d{1,9}) (bytes|packets)$/.exec(text);
  if (first === null || Number(first[1]) === 0) return undefined;
  const n = Number(first[1]);
  return first[2] === 'bytes' ? { bytes: n, packets: 0 } : { bytes: WHOLE, packets: n };
}
