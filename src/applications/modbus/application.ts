import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { ModbusReader } from './reader.js';

/** The header (MBAP): transaction, protocol, length, unit; then the function. */
const HEADER = 7;
/** Bytes that the length does not count. */
const BEFORE = 6;
const LONGEST = 254;

export const MODBUS: Application = {
  name: 'modbus',
  newReader: () => new ModbusReader(),
  tcp: { ports: [502], is: isModbus },
};

/** Protocol 0, a length, a function (MODBUS Messaging on TCP/IP, section 3.1.3). */
function isModbus({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o <= HEADER || u16(b, o + 2) !== 0) return false;
  const length = u16(b, o + 4);
  if (length < 2 || length > LONGEST || (b[o + HEADER] & 0x7f) === 0) return false;
  // Another message may follow.
  const next = o + BEFORE + length;
  return next + 4 > end || u16(b, next + 2) === 0;
}
