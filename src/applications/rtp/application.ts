import type { Application, Opening } from '../reader.js';
import { RtpReader } from './reader.js';

/** Version 2, without padding, extension and contributors. */
const PLAIN = 0x80;
const MARKER = 0x80;
const HEADER = 12;
const FIRST_PORT = 1024;
/** Bytes of speech of 10 ms, by payload type (RFC 3551 section 6): PCMU, GSM (20 ms), PCMA, G722, G729. */
const STEPS: ReadonlyMap<number, number> = new Map([
  [0, 80],
  [3, 33],
  [8, 80],
  [9, 80],
  [18, 10],
]);
/** Steps in a packet, at most. */
const MOST_STEPS = 6;

export const RTP: Application = {
  name: 'rtp',
  newReader: () => new RtpReader(),
  udp: { is: isRtp, firstBytes: [PLAIN] },
  whereExpected: isAnnounced,
};

/**
 * Speech whose bytes are as many as its kind has in whole steps (RFC 3550 section 5.1), between ports as RTP
 * uses them. Of others a datagram alone says too little: those are known from what set them up.
 */
function isRtp({ bytes: b, start: o, end, length, serverPort, clientPort }: Opening): boolean {
  if (end - o < HEADER || serverPort < FIRST_PORT || clientPort < FIRST_PORT) return false;
  if ((serverPort & 1) !== 0 || (clientPort & 1) !== 0) return false;
  const step = STEPS.get(b[o + 1] & ~MARKER);
  const speech = length - HEADER;
  return step !== undefined && speech > 0 && speech % step === 0 && speech <= MOST_STEPS * step;
}

/** At a port that was announced: version 2, and no payload type that RTCP has (RFC 5761 section 4). */
function isAnnounced({ bytes: b, start: o, end }: Opening): boolean {
  const type = b[o + 1] & ~MARKER;
  return end - o >= HEADER && b[o] >> 6 === 2 && (type < 64 || type > 95);
}
