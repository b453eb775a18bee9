/**
 * What separates conversations with equal addresses and ports, besides their mirror point: the overlay's
 * network, the VLANs, the GTP-U tunnel. Each mirror point can be configured separately.
 */

import type { Mirrored } from '../model/mirrored.js';
import type { KeyedHash } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';
import { NO_VNI } from '../wire/walk/layers.js';
import { SLOT_VLANS } from './slot-fields.js';

/** Bits of the separators. */
export const Separate = { vni: 1, vlan: 2, teid: 4 } as const;
/**
 * A network id is the same in both directions (except with asymmetric IRB, RFC 9135); a TEID belongs to its
 * receiver and so differs by direction, and a VLAN often does.
 */
export const SEPARATE_DEFAULT: number = Separate.vni;

/** The bits of these separators. */
export function separationBits(names: readonly (keyof typeof Separate)[]): number {
  return names.reduce((bits, name) => bits | Separate[name], 0);
}

/** Makes the hashed words of a separator differ from those of a key. */
const TAG = 0x5e9a;

export class Separation {
  private readonly of: number[] = [];
  /** Whether any mirror point is separated by more than the network id, which nearly every frame lacks. */
  elaborate = false;
  private readonly words = new Int32Array(3 + SLOT_VLANS);

  constructor(private readonly hashing: KeyedHash) {}

  /** Sets the separators of a mirror point, by its index: bits of {@link Separate}. */
  set(mirror: number, by: number): void {
    this.of[mirror] = by;
    if ((by & ~Separate.vni) !== 0) this.elaborate = true;
  }

  /** The separators of a mirror point, as {@link set} takes them. */
  by(mirror: number): number {
    return this.of[mirror] ?? SEPARATE_DEFAULT;
  }

  /**
   * The separator of a frame's conversation: 32 bits, 0 if there is none. A network id gives the same number;
   * VLANs or TEIDs give a hash under the table's secret.
   */
  take(f: Frame, m: Mirrored): number {
    const by = this.by(m.point.index);
    const vni = (by & Separate.vni) !== 0 ? f.vni - NO_VNI : 0;
    return (by & ~Separate.vni) === 0 ? vni : this.mixed(f, m, by, vni);
  }

  private mixed(f: Frame, m: Mirrored, by: number, vni: number): number {
    const w = this.words;
    let count = 0;
    w[count++] = vni;
    w[count++] = (by & Separate.teid) !== 0 ? f.teid : 0;
    if ((by & Separate.vlan) !== 0) {
      // Like the row's `vlan_ids`.
      if (m.vlan >= 0) w[count++] = m.vlan;
      for (let i = 0; i < f.vlanCount && count < 2 + SLOT_VLANS; i++) w[count++] = f.vlanIds[i];
    }
    if (count === 2 && w[0] === 0 && w[1] === 0) return 0;
    return this.hashing.words(w, count, TAG) >>> 0 || 1;
  }
}
