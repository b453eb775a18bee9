/** How options of the command line name mirror points. */
import { MOST_SESSION } from '../model/mirror-point.js';
import { parseAddress } from '../wire/ip/addresses.js';

/** A name of mirror points: with an address, or of an entry of `mirrors`. */
export interface PointName {
  readonly text: string;
  /** 16 bytes; undefined where it is the name of an entry. */
  readonly source: Uint8Array | undefined;
  /** The session: ERSPAN's, or a VNI; undefined: any. */
  readonly session: number | undefined;
}

export const POINT_NAME_WORDS =
  'a source address, SOURCE/SESSION, the name of a plain capture, or that of a mirror in --config';

/** `192.0.2.1`, `192.0.2.1/7`, or a name; otherwise what is wrong with it. */
export function parsePointName(text: string): PointName | string {
  const at = text.lastIndexOf('/');
  const source = new Uint8Array(16);
  if (parseAddress(at < 0 ? text : text.slice(0, at), source, 0) === 0)
    return { text, source: undefined, session: undefined };
  if (at < 0) return { text, source, session: undefined };
  const session = text.slice(at + 1);
  if (!/^\d{1,10}$/.test(session) || Number(session) > MOST_SESSION)
    return (
      `"${session}" is not the session of a mirror: write ${text.slice(0, at)}/SESSION, ` +
      `from 0 to ${MOST_SESSION}`
    );
  return { text, source, session: Number(session) };
}
