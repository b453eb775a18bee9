/**
 * VLAN tags: IEEE 802.1Q (0x8100), 802.1ad (0x88a8) and the older 0x9100 for stacked tags. What follows the
 * tag's own EtherType: priority(3) drop-eligible(1) VLAN id(12), then the next EtherType or 802.3 length.
 */
import { SHORT, setU16, u16 } from '../bytes.js';
import { EtherType } from './ethertypes.js';

/** Bytes from the tag control information to the next payload. */
export const VLAN_LENGTH = 4;

export class VlanTag {
  /** 0 to 7. */
  priority = 0;
  /** 0 or 1 (DEI; CFI in 802.1Q before 2005). */
  dropEligible = 0;
  /** 0 to 4095; 0 is a priority tag, without a VLAN. */
  id = 0;
  /** EtherType or 802.3 length of what follows. */
  type = 0;
}

/** Whether an EtherType says that a VLAN tag follows. */
export function isVlanType(type: number): boolean {
  return type === EtherType.Vlan || type === EtherType.ProviderBridging || type === EtherType.Vlan9100;
}

/** Parses the tag whose control information is at `o`. @returns its length (4), or SHORT. */
export function parseVlan(b: Uint8Array, o: number, end: number, t: VlanTag): number {
  if (end - o < VLAN_LENGTH) return SHORT;
  const tci = u16(b, o);
  t.priority = tci >>> 13;
  t.dropEligible = (tci >>> 12) & 1;
  t.id = tci & 0xfff;
  t.type = u16(b, o + 2);
  return VLAN_LENGTH;
}

export function emitVlan(t: VlanTag, b: Uint8Array, o: number): number {
  setU16(b, o, (t.priority << 13) | (t.dropEligible << 12) | t.id);
  setU16(b, o + 2, t.type);
  return VLAN_LENGTH;
}
