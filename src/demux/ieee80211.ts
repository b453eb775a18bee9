/** 802.11 frames, as wireless controllers and sensors mirror them. */
import type { OuterPacket } from '../model/outer-packet.js';
import { BAD } from '../wire/bytes.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { FC_PROTECTED, isAmsdu, nextAmsdu, parseIeee80211, startAmsdu } from '../wire/link/ieee80211.js';
import { FrameKind } from '../wire/walk/frame.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';

/**
 * One frame, or the packets of an A-MSDU: each is handed on, and together they count as one for the mirror
 * point, which is known by now.
 */
export function ieee80211Rcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  const length = parseIeee80211(packet.bytes, o, packet.end, inner.ieee80211);
  const several =
    length > 0 &&
    isAmsdu(inner.ieee80211) &&
    (inner.ieee80211.frameControl & FC_PROTECTED) === 0 &&
    length !== BAD;
  if (!several) {
    inner.whole(packet, FrameKind.Ieee80211, 0, o);
    return;
  }
  inner.mirrored.protocol = EtherType.Teb;
  let malformed = false;
  startAmsdu(o + length, inner.amsdu);
  while (nextAmsdu(packet.bytes, packet.end, inner.amsdu)) {
    inner.decode(packet, FrameKind.Amsdu, 0, inner.amsdu.offset, inner.amsdu.end, inner.amsdu.wireEnd);
    if (inner.frame.malformed !== Malformed.None) malformed = true;
    inner.hand(packet);
  }
  inner.count(packet, o, packet.end < packet.wireEnd, malformed);
}
