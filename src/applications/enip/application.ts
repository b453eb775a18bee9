import { u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const HEADER = 24;
/** Low byte first: NOP, the lists, sessions begun and ended, data, status, cancel. */
const COMMANDS: ReadonlySet<number> = new Set([0x00, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73]);
/** Where the status and the options stand, and the highest status. */
const STATUS = 8;
const OPTIONS = 20;
const LAST_STATUS = 0x69;

const HOW = { ports: [44818], is: isEnip };

export const ENIP: Application = { name: 'enip', tcp: HOW, udp: HOW };

/** The encapsulation's header (CIP volume 2, section 2-3.1): a command, a status, options of zero. */
function isEnip({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < HEADER || b[o + 1] !== 0 || !COMMANDS.has(b[o])) return false;
  if (u32(b, o + OPTIONS) !== 0) return false;
  return (
    b[o + STATUS] <= LAST_STATUS &&
    b[o + STATUS + 1] === 0 &&
    b[o + STATUS + 2] === 0 &&
    b[o + STATUS + 3] === 0
  );
}
