import { expandLabel, HmacSha256 } from '../crypto/hmac.js';
import type { Texts } from '../engine/texts.js';
import { isDigit } from '../text.js';
import { hexWord } from '../words.js';

/** Types of packets with a long header (RFC 9000, 17.2). */
export const PacketType = { Initial: 0, ZeroRtt: 1, Handshake: 2, Retry: 3 } as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** What HKDF-Expand is given for the keys of a side. */
interface Labels {
  readonly key: Int32Array;
  readonly iv: Int32Array;
  readonly hp: Int32Array;
}

/** How Initial packets of a version are protected (RFC 9001, 5.2; RFC 9369, 3.3). */
export class Version {
  private keyed: HmacSha256 | undefined;

  /**
   * @param digits the salt, in hexadecimal
   * @param turn what is added to the two bits of a packet's type to have PacketType
   */
  constructor(
    private readonly digits: string,
    readonly labels: Labels,
    readonly turn: number,
  ) {}

  /** The salt as a key, made when the first one speaks the version. */
  get salt(): HmacSha256 {
    if (this.keyed !== undefined) return this.keyed;
    const salt = Buffer.from(this.digits, 'hex');
    const hmac = new HmacSha256();
    hmac.setKey(Int32Array.from({ length: salt.length / 4 }, (_, i) => salt.readInt32BE(4 * i)));
    this.keyed = hmac;
    return hmac;
  }
}

/** The numbers of versions, as a signed word. */
const V1 = 0x00000001;
const V2 = 0x6b3343cf;
/** Of the drafts of version 2 (draft-ietf-quic-v2-01, 3.1). */
const V2_DRAFT = 0x709a50c4;
const DRAFT = 0xff000000 | 0;
const LAST_DRAFT = 34;
/** Facebook's, which are drafts 22 and 27; Google's with TLS. */
const MVFST_22 = 0xfaceb001 | 0;
const MVFST_27 = 0xfaceb002 | 0;
const MVFST_NEXT = 0xfaceb00e | 0;
const T050 = 0x54303530;
const T051 = 0x54303531;

function labelsOf(version: string): Labels {
  return {
    key: expandLabel(`${version} key`, 16),
    iv: expandLabel(`${version} iv`, 12),
    hp: expandLabel(`${version} hp`, 16),
  };
}

const LABELS = labelsOf('quic');
const LABELS_OF_V2 = labelsOf('quicv2');

const OF_V1 = new Version('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', LABELS, 0);
/** Types are one further than in version 1 (RFC 9369, 3.2). */
const OF_V2 = new Version('0dede3def700a6db819381be6e269dcbf9bd2ed9', LABELS_OF_V2, 3);
const OF_V2_DRAFT = new Version('a707c203a59b47184a1d62ca570406ea7ae3e5d3', LABELS_OF_V2, 3);
/** draft-ietf-quic-tls, 5.2, of these drafts. */
const OF_22 = new Version('7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a', LABELS, 0);
const OF_23 = new Version('c3eef712c72ebb5a11a7d2432bb46365bef9f502', LABELS, 0);
const OF_29 = new Version('afbfec289993d24c9e9786f19c6111e04390a899', LABELS, 0);
const OF_T050 = new Version('7ff579e5acd072915580304c43a2367c60488310', LABELS, 0);
const OF_T051 = new Version('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d', LABELS, 0);

/** The number of a draft; 0 if the version is none. */
function draftOf(n: number): number {
  const draft = n - DRAFT;
  return draft > 0 && draft <= LAST_DRAFT ? draft : 0;
}

/** How packets of a version are protected; undefined where it is not known. */
export function versionOf(n: number): Version | undefined {
  switch (n) {
    case V1:
      return OF_V1;
    case V2:
      return OF_V2;
    case V2_DRAFT:
      return OF_V2_DRAFT;
    case MVFST_22:
      return OF_22;
    case MVFST_27:
    case MVFST_NEXT:
      return OF_23;
    case T050:
      return OF_T050;
    case T051:
      return OF_T051;
  }
  const draft = draftOf(n);
  if (draft < 22) return undefined;
  if (draft === 22) return OF_22;
  if (draft < 29) return OF_23;
  return draft < 33 ? OF_29 : OF_V1;
}

/** Whether a version stands for none: it makes the other side name those that it knows (RFC 9000, 15). */
export function isReserved(n: number): boolean {
  return (n & 0x0f0f0f0f) === 0x0a0a0a0a;
}

/** Whether the bytes at `o` are one of Google's own versions, `Q046`. */
export function isGoogles(b: Uint8Array, o: number): boolean {
  return b[o] === 0x51 && b[o + 1] === 0x30 && isDigit(b[o + 2]) && isDigit(b[o + 3]);
}

/** The word for the version at `o`: `1`, `2`, `draft-29`, `Q046`, `0xfaceb002`. */
export function versionWord(texts: Texts, b: Uint8Array, o: number): string {
  const n = (b[o] << 24) | (b[o + 1] << 16) | (b[o + 2] << 8) | b[o + 3];
  if (n === V1) return '1';
  if (n === V2) return '2';
  if (isGoogles(b, o)) return texts.ascii(b, o, o + 4);
  const draft = draftOf(n);
  if (draft === 0) return hexWord(texts, b, o);
  texts.begin();
  texts.addWord('draft-');
  texts.addNumber(draft);
  return texts.take();
}
