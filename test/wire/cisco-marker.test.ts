import { describe, expect, it } from 'vitest';
import {
  CiscoMarker,
  emitCiscoMarker,
  MARKER_LENGTH,
  parseCiscoMarker,
} from '../../src/wire/tunnel/cisco-marker.js';
import { hex } from '../support/traffic/payloads.js';

// The fields as Wireshark's packet-cisco-marker.c places them.
const WIRE = hex(
  '0000000000000000000000000000000000000000 0000 0001 0225 0000 1234 89abcdef' +
    '6a18e2d0 000c6f3a 01000000 00000000 00000000 a5a5a5a5',
);

describe('a marker', () => {
  it('has its fields', () => {
    const m = new CiscoMarker();
    expect(WIRE.length).toBe(MARKER_LENGTH);
    expect(parseCiscoMarker(WIRE, 0, WIRE.length, m)).toBe(true);
    expect(m).toEqual({
      granularity: 2,
      utcOffset: 37,
      upper: 0x1234,
      timestamp: 0x89abcdef,
      seconds: 0x6a18e2d0,
      microseconds: 0xc6f3a,
    });
  });

  it('is read as it was written', () => {
    const m = Object.assign(new CiscoMarker(), {
      granularity: 1,
      utcOffset: 36,
      upper: 7,
      timestamp: 0xffffffff,
    });
    Object.assign(m, { seconds: 1_780_000_000, microseconds: 999_999 });
    const b = new Uint8Array(MARKER_LENGTH + 3);
    expect(emitCiscoMarker(m, b, 3)).toBe(MARKER_LENGTH);
    const read = new CiscoMarker();
    expect(parseCiscoMarker(b, 3, b.length, read)).toBe(true);
    expect(read).toEqual(m);
  });

  it('is nothing else', () => {
    const m = new CiscoMarker();
    expect(parseCiscoMarker(WIRE, 0, WIRE.length - 1, m)).toBe(false);
    expect(parseCiscoMarker(WIRE, 1, WIRE.length, m)).toBe(false);
    const other = WIRE.slice();
    other[MARKER_LENGTH - 1]++;
    expect(parseCiscoMarker(other, 0, other.length, m)).toBe(false);
    const late = WIRE.slice();
    late.set([0, 0x0f, 0x42, 0x40], 38);
    expect(parseCiscoMarker(late, 0, late.length, m)).toBe(false);
  });
});
