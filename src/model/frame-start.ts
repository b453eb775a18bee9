/** How the walk through a kept frame begins: what the columns of `packets` say of its first layer. */
import { GRE_PROTO_TEB } from '../wire/tunnel/gre.js';
import { FrameKind } from '../wire/walk/layers.js';
import type { MIRROR_TYPE_NAMES } from './mirror-point.js';
import type { PACKET_LAYER_NAMES } from './packet-layer.js';

export interface FrameStart {
  /** For decodeFrame. */
  readonly kind: (typeof FrameKind)[keyof typeof FrameKind];
  /** The EtherType of the first layer, where `kind` leaves it to that. */
  readonly type: number;
}

/**
 * @param layer, mirrorType, greProtocol the columns `layer`, `mirror_type` and `gre_protocol`
 */
export function frameStart(
  layer: (typeof PACKET_LAYER_NAMES)[number],
  mirrorType: (typeof MIRROR_TYPE_NAMES)[number],
  greProtocol: number,
): FrameStart {
  switch (layer) {
    case 'ethernet':
      // Plain GRE has no Ethernet but in an A-MSDU, whose lengths may be beyond those of 802.3.
      return { kind: isAmsdu(mirrorType, greProtocol) ? FrameKind.Amsdu : FrameKind.Ethernet, type: 0 };
    case 'ipv4':
    case 'ipv6':
      return { kind: FrameKind.Ip, type: 0 };
    case 'ppp':
      return { kind: FrameKind.Ppp, type: 0 };
    case 'ieee80211':
      return { kind: FrameKind.Ieee80211, type: 0 };
    case 'other':
      return { kind: FrameKind.EtherType, type: greProtocol };
  }
}

function isAmsdu(mirrorType: string, greProtocol: number): boolean {
  return mirrorType === 'gre' && greProtocol === GRE_PROTO_TEB;
}
