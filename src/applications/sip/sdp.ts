/** The ports of media that a session description announces (RFC 8866). */
import type { Dialogue } from '../reader.js';

const LF = 0x0a;
const SPACE = 0x20;
const EQUALS = 0x3d;
/** Lines that are looked at, and media of one description. */
const MOST_LINES = 128;
const MOST_MEDIA = 4;
/** Characters of a note after which no more clocks are added. */
const LONGEST_NOTE = 256;

/**
 * Tells the ports of RTP that are announced from `o` on (`m=audio 49170 RTP/AVP 0`), with a note for its
 * reader: the call, and the clocks of payload types (`a=rtpmap:96 opus/48000`), as `CALL-ID 96:48000:opus …`.
 */
export function announced(d: Dialogue, b: Uint8Array, o: number, end: number, call: string): void {
  let port = 0;
  let media = 0;
  let clocks = '';
  let line = o;
  for (let n = 0; n < MOST_LINES && line < end; n++) {
    let stop = line;
    while (stop < end && b[stop] !== LF) stop++;
    if (stop - line > 4 && b[line + 1] === EQUALS) {
      if (b[line] === 0x6d) {
        if (port > 0) d.expect(port, 'rtp', `${call} ${clocks}`.trimEnd());
        port = media++ < MOST_MEDIA ? portOf(b, line + 2, stop) : 0;
        clocks = '';
      } else if (b[line] === 0x61 && port > 0 && clocks.length < LONGEST_NOTE)
        clocks += clockOf(d, b, line + 2, stop);
    }
    line = stop + 1;
  }
  if (port > 0) d.expect(port, 'rtp', `${call} ${clocks}`.trimEnd());
}

/** The port behind the media's kind; 0 if it is not RTP, or refused. */
function portOf(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && b[p] !== SPACE) p++;
  let port = 0;
  for (p++; p < end && b[p] >= 0x30 && b[p] <= 0x39 && port < 65_536; p++) port = port * 10 + b[p] - 0x30;
  while (p < end && b[p] !== SPACE) p++;
  const isRtp = p + 4 < end && b[p + 1] === 0x52 && b[p + 2] === 0x54 && b[p + 3] === 0x50;
  return isRtp && port < 65_536 ? port : 0;
}

/** Of `rtpmap:96 opus/48000/2`: `96:48000:opus `; else ''. */
function clockOf(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  const NAME = 'rtpmap:';
  for (let i = 0; i < NAME.length; i++) if (o + i >= end || b[o + i] !== NAME.charCodeAt(i)) return '';
  const type = o + NAME.length;
  let space = type;
  while (space < end && b[space] !== SPACE) space++;
  let slash = space;
  while (slash < end && b[slash] !== 0x2f) slash++;
  let stop = slash + 1;
  while (stop < end && b[stop] >= 0x30 && b[stop] <= 0x39) stop++;
  if (slash >= end || space - type > 3 || stop - slash > 8) return '';
  const { texts } = d;
  texts.begin();
  texts.addBytes(b, type, space);
  texts.add(COLON);
  texts.addBytes(b, slash + 1, stop);
  texts.add(COLON);
  texts.addBytes(b, space + 1, Math.min(slash, space + 33));
  texts.add(SPACE);
  return texts.take();
}

const COLON = 0x3a;
