import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BAD, SHORT } from '../../src/wire/bytes.js';
import {
  ARISTA_FORMAT_48,
  ARISTA_FORMAT_64,
  AristaTimestamp,
  emitAristaTimestamp,
  parseAristaTimestamp,
} from '../../src/wire/link/arista-timestamp.js';
import { ArpPacket, emitArp, parseArp } from '../../src/wire/link/arp.js';
import { CiscoMetadata, emitCiscoMetadata, parseCiscoMetadata } from '../../src/wire/link/cisco-metadata.js';
import { ETag, emitETag, parseETag } from '../../src/wire/link/etag.js';
import { EthernetHeader, emitEthernet, parseEthernet } from '../../src/wire/link/ethernet.js';
import { emitFabricPath, FabricPathTag, parseFabricPath } from '../../src/wire/link/fabricpath.js';
import { emitHsr, HsrTag, parseHsr } from '../../src/wire/link/hsr.js';
import { emitLlc, emitSnap, LlcHeader, parseLlc, parseSnap, SnapHeader } from '../../src/wire/link/llc.js';
import { emitMacsec, MACSEC_SC, MacsecTag, parseMacsec } from '../../src/wire/link/macsec.js';
import { emitMpls, hasControlWord, MplsLabel, mplsStackLength, parseMpls } from '../../src/wire/link/mpls.js';
import { emitNull, familyEtherType, NullHeader, parseNull } from '../../src/wire/link/null-loop.js';
import { emitPbb, PbbTag, parsePbb } from '../../src/wire/link/pbb.js';
import { emitPpp, PppHeader, parsePpp } from '../../src/wire/link/ppp.js';
import { emitPppoe, PppoeHeader, parsePppoe } from '../../src/wire/link/pppoe.js';
import { emitRTag, parseRTag, RTag } from '../../src/wire/link/rtag.js';
import { emitSll, emitSll2, parseSll, parseSll2, SllHeader } from '../../src/wire/link/sll.js';
import { emitTTag, parseTTag, TTag } from '../../src/wire/link/ttag.js';
import { emitVlan, isVlanType, parseVlan, VlanTag } from '../../src/wire/link/vlan.js';
import { emitVnTag, parseVnTag, VnTag } from '../../src/wire/link/vntag.js';
import { emitNsh, NshHeader, parseNsh } from '../../src/wire/tunnel/nsh.js';
import { bit, bits, codecProperties, mac, u8, u16, u24, u32 } from '../support/codec.js';
import { hex } from '../support/hex.js';

codecProperties('ethernet', {
  make: () => new EthernetHeader(),
  parse: parseEthernet,
  emit: emitEthernet,
  fields: fc.record({ destination: mac, source: mac, type: u16 }),
});

codecProperties('vlan', {
  make: () => new VlanTag(),
  parse: parseVlan,
  emit: emitVlan,
  fields: fc.record({ priority: bits(3), dropEligible: bit, id: bits(12), type: u16 }),
});

codecProperties('llc', {
  make: () => new LlcHeader(),
  parse: parseLlc,
  emit: emitLlc,
  // U frames have their low two bits set. I and S frames have two bytes of control, and the low two bits of
  // the first are not 3.
  fields: fc.oneof(
    fc.record({ dsap: u8, ssap: u8, control: bits(6).map((n) => (n << 2) | 3) }),
    fc.record({ dsap: u8, ssap: u8, control: u16.filter((n) => n > 0xff && ((n >> 8) & 3) !== 3) }),
  ),
  // By value alone, an I frame whose first control byte is zero cannot be told from a U frame.
  wholeBytes: false,
});

codecProperties('snap', {
  make: () => new SnapHeader(),
  parse: parseSnap,
  emit: emitSnap,
  fields: fc.record({ oui: u24, protocol: u16 }),
});

codecProperties('mpls', {
  make: () => new MplsLabel(),
  parse: parseMpls,
  emit: emitMpls,
  fields: fc.record({ label: bits(20), trafficClass: bits(3), bottom: bit, ttl: u8 }),
});

codecProperties('pppoe', {
  make: () => new PppoeHeader(),
  parse: parsePppoe,
  emit: emitPppoe,
  fields: fc.record({ code: u8, session: u16, length: u16 }),
});

codecProperties('ppp', {
  make: () => new PppHeader(),
  parse: parsePpp,
  emit: emitPpp,
  fields: fc.oneof(
    fc.record({
      protocol: bits(7).map((n) => (n << 1) | 1),
      addressControl: bit,
      compressed: fc.constant(1),
    }),
    fc.record({
      protocol: u16.map((n) => (n & 0xfefe) | 1),
      addressControl: bit,
      compressed: fc.constant(0),
    }),
  ),
});

codecProperties('arp', {
  make: () => new ArpPacket(),
  parse: parseArp,
  emit: emitArp,
  fields: fc.oneof(
    fc.record({
      hardwareType: u16,
      protocolType: u16,
      operation: u16,
      senderMac: mac,
      senderIp: u32,
      targetMac: mac,
      targetIp: u32,
    }),
    fc.record({ hardwareLength: u8.filter((n) => n !== 6), protocolLength: u8, operation: u16 }),
  ),
});

codecProperties('linux cooked', {
  make: () => new SllHeader(),
  parse: parseSll,
  emit: emitSll,
  fields: fc.record({
    packetType: u16,
    hardwareType: u16,
    addressLength: u16,
    addressHigh: u32,
    addressLow: u32,
    protocol: u16,
  }),
});

codecProperties('linux cooked v2', {
  make: () => new SllHeader(),
  parse: parseSll2,
  emit: emitSll2,
  fields: fc.record({
    packetType: u8,
    hardwareType: u16,
    addressLength: u8,
    addressHigh: u32,
    addressLow: u32,
    protocol: u16,
    reserved: u16,
    interfaceIndex: u32,
  }),
});

codecProperties('null and loop', {
  make: () => new NullHeader(),
  parse: parseNull,
  emit: emitNull,
  // Zero has no byte order.
  fields: fc.record({ family: fc.integer({ min: 1, max: 255 }), littleEndian: bit }),
});

codecProperties('cisco metadata', {
  make: () => new CiscoMetadata(),
  parse: parseCiscoMetadata,
  emit: emitCiscoMetadata,
  fields: fc.record({
    typeFirst: bit,
    options: fc.integer({ min: 1, max: 255 }),
    optionType: u16,
    securityGroup: u16,
    type: fc.integer({ min: 0x600, max: 0xffff }),
  }),
  wholeBytes: false,
});

codecProperties('vn-tag', {
  make: () => new VnTag(),
  parse: parseVnTag,
  emit: emitVnTag,
  fields: fc.record({
    direction: bit,
    pointer: bit,
    destination: bits(14),
    looped: bit,
    reserved: bit,
    version: bits(2),
    source: bits(12),
    type: u16,
  }),
});

codecProperties('e-tag', {
  make: () => new ETag(),
  parse: parseETag,
  emit: emitETag,
  fields: fc.record({
    priority: bits(3),
    dropEligible: bit,
    ingressBase: bits(12),
    reserved: bits(2),
    group: bits(2),
    base: bits(12),
    ingressExtension: u8,
    extension: u8,
    type: u16,
  }),
});

codecProperties('provider backbone', {
  make: () => new PbbTag(),
  parse: parsePbb,
  emit: emitPbb,
  fields: fc.record({
    priority: bits(3),
    dropEligible: bit,
    useCustomerAddress: bit,
    reserved: bits(3),
    service: u24,
  }),
});

codecProperties('fabricpath', {
  make: () => new FabricPathTag(),
  parse: parseFabricPath,
  emit: emitFabricPath,
  fields: fc.record({ forwardingTag: bits(10), ttl: bits(6) }),
});

codecProperties('ttag', {
  make: () => new TTag(),
  parse: parseTTag,
  emit: emitTTag,
  fields: fc.record({ high: u16, low: u32, type: u16 }),
});

codecProperties('arista timestamp', {
  make: () => new AristaTimestamp(),
  parse: parseAristaTimestamp,
  emit: emitAristaTimestamp,
  fields: fc.oneof(
    fc.record({
      timescale: u8,
      format: fc.constant(ARISTA_FORMAT_64),
      hardware: bits(4),
      seconds: u32,
      nanoseconds: u32,
      type: u16,
    }),
    fc.record({
      timescale: u8,
      format: fc.constant(ARISTA_FORMAT_48),
      hardware: bits(4),
      seconds: u16,
      nanoseconds: u32,
      type: u16,
    }),
  ),
});

codecProperties('hsr', {
  make: () => new HsrTag(),
  parse: parseHsr,
  emit: emitHsr,
  fields: fc.record({ path: bits(4), size: bits(12), sequence: u16, type: u16 }),
});

codecProperties('r-tag', {
  make: () => new RTag(),
  parse: parseRTag,
  emit: emitRTag,
  fields: fc.record({ reserved: u16, sequence: u16, type: u16 }),
});

codecProperties('nsh', {
  make: () => new NshHeader(),
  parse: parseNsh,
  emit: emitNsh,
  fields: fc.record({
    oam: bit,
    unassigned: bit,
    ttl: bits(6),
    length: fc.integer({ min: 2, max: 63 }).map((n) => n * 4),
    unassigned2: bits(4),
    metadataType: bits(4),
    nextProtocol: u8,
    servicePath: u24,
    serviceIndex: u8,
  }),
});

codecProperties('macsec', {
  make: () => new MacsecTag(),
  parse: parseMacsec,
  emit: emitMacsec,
  fields: fc.oneof(
    fc.record({ flags: bits(7).map((n) => n & ~MACSEC_SC), shortLength: u8, packetNumber: u32 }),
    fc.record({
      flags: bits(7).map((n) => n | MACSEC_SC),
      shortLength: u8,
      packetNumber: u32,
      channelHigh: u32,
      channelMiddle: u16,
      channelPort: u16,
    }),
  ),
});

test('short NSH, other versions of NSH and MACsec, and a tag without Arista timestamp are refused', () => {
  expect(parseNsh(hex('0fc1 0201 00000101'), 0, 8, new NshHeader())).toBe(BAD);
  expect(parseNsh(hex('4fc2 0201 00000101'), 0, 8, new NshHeader())).toBe(BAD);
  expect(parseMacsec(hex('8000 00000001'), 0, 6, new MacsecTag())).toBe(BAD);
  for (const tag of ['0002 0010', '0001 0030'])
    expect(parseAristaTimestamp(hex(`${tag} 0000000000000000 0800`), 0, 14, new AristaTimestamp())).toBe(BAD);
});

test('802.1Q, 802.1ad and 0x9100 tags are VLAN tags, an IP packet is none', () => {
  expect([0x8100, 0x88a8, 0x9100, 0x0800].map(isVlanType)).toEqual([true, true, true, false]);
});

test('a PPP protocol number with last bit 0 is refused', () => {
  expect(parsePpp(hex('ff03 0020'), 0, 4, new PppHeader())).toBe(BAD);
});

test('a label stack ends at its bottom of stack', () => {
  expect(mplsStackLength(hex('00010040 00020140 45'), 0, 9)).toBe(8);
  expect(mplsStackLength(hex('00010040 000200'), 0, 7)).toBe(SHORT);
  expect(mplsStackLength(new Uint8Array(200), 0, 200)).toBe(BAD);
});

test('a control word is distinguished from a MAC address that starts with zero', () => {
  const plain = hex('001b21000001 001b21000002 0800 45000054000000004001');
  const withWord = hex('00000000 001b21000001 001b21000002 0800 4500005400');
  expect(hasControlWord(plain, 0, plain.length)).toBe(false);
  expect(hasControlWord(withWord, 0, withWord.length)).toBe(true);
});

test('a loopback header in either byte order gives its EtherType', () => {
  const h = new NullHeader();
  expect(parseNull(hex('02000000'), 0, 4, h)).toBe(4);
  expect(familyEtherType(h.family)).toBe(0x0800);
  for (const family of ['0000000a', '18000000', '1c000000', '0000001e']) {
    expect(parseNull(hex(family), 0, 4, h)).toBe(4);
    expect(familyEtherType(h.family)).toBe(0x86dd);
  }
  expect(parseNull(hex('02000001'), 0, 4, h)).toBe(BAD);
});
