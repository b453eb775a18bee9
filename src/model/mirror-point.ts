/** Where mirrored frames come from: the identity and its words. */

/** How frames are mirrored to us. The words are those of the `mirror_type` column. */
export const MirrorType = {
  Erspan1: 1,
  Erspan2: 2,
  Erspan3: 3,
  Gre: 4,
  Gretap: 5,
  Pptp: 6,
  Mellanox: 7,
  Vxlan: 8,
  VxlanGpe: 9,
  Geneve: 10,
  GreUdp: 11,
  Tzsp: 12,
  Jmirror: 13,
  Erm: 14,
  /** An interface's own frames. */
  Span: 15,
  /** The frames of a capture that holds no mirror. */
  Capture: 16,
} as const;
export type MirrorType = (typeof MirrorType)[keyof typeof MirrorType];
export const MIRROR_TYPE_NAMES = [
  '',
  'erspan1',
  'erspan2',
  'erspan3',
  'gre',
  'gretap',
  'pptp',
  'mellanox',
  'vxlan',
  'vxlan-gpe',
  'geneve',
  'gre-udp',
  'tzsp',
  'jmirror',
  'erm',
  'span',
  'capture',
] as const;

/** Whether it may be a tunnel that both ends send into, rather than a mirror. */
export function isTwoWay(type: MirrorType): boolean {
  return (type >= MirrorType.Gre && type <= MirrorType.Pptp) || type === MirrorType.GreUdp;
}

/** Whether frames come as they are, without an encapsulation that has addresses. */
export function isPlain(type: MirrorType): boolean {
  return type === MirrorType.Span || type === MirrorType.Capture;
}

/**
 * Whether the GRE key is part of a mirror point's identity. ERSPAN has a session instead; some of its senders
 * put other data into the key.
 */
export function isKeyed(type: MirrorType): boolean {
  return (
    type === MirrorType.Gre ||
    type === MirrorType.Gretap ||
    type === MirrorType.Mellanox ||
    type === MirrorType.GreUdp
  );
}

/** What tells mirror points apart, and the key that ERSPAN's do not count. */
export type PointIdentity = Pick<MirrorPoint, 'type' | 'source' | 'target' | 'session' | 'key'> &
  Partial<Pick<MirrorPoint, 'origin'>>;

/**
 * The identity of a mirror point as text: type, addresses, ERSPAN session, the key if it is part of it, and
 * where plain frames come from. For a two-way tunnel it is the same from either end, whichever was seen
 * first.
 */
export function pointKey(p: PointIdentity): string {
  const ends = [p.source.join('.'), p.target.join('.')];
  if (isTwoWay(p.type)) ends.sort();
  const more = isPlain(p.type) ? (p.origin ?? '') : isKeyed(p.type) ? (p.key ?? '') : '';
  return `${p.type} ${ends[0]} ${ends[1]} ${p.session} ${more}`;
}

/**
 * ERSPAN's direction bit, and what a session saw of it. The words are those of the `mirror_direction` column.
 */
export const MirrorDirection = { Unknown: 0, Ingress: 1, Egress: 2, Both: 3 } as const;
export type MirrorDirection = (typeof MirrorDirection)[keyof typeof MirrorDirection];
export const MIRROR_DIRECTION_NAMES = ['unknown', 'ingress', 'egress', 'both'] as const;

/**
 * One mirror point: a kind of encapsulation from one sender to one collector address, under one ERSPAN
 * session or one GRE key; or the interface or the capture that plain frames come from. There are few of
 * them, each created once.
 */
export class MirrorPoint {
  /**
   * What its entry of `mirrors` calls it (plain frames' is {@link origin} without one), and where that says
   * it is; both may change.
   */
  name: string;
  site = '';
  /** What its conversations belong to: its index, or the identity of its group (sessions/groups.ts). */
  identity: number;
  /** Its number among the members of its group; -1: it is in none. */
  member = -1;

  constructor(
    /** A small number, dense from 0: the place in its table. */
    readonly index: number,
    readonly type: MirrorType,
    /** 16 bytes each; IPv4 as ::ffff:a.b.c.d. */
    readonly source: Uint8Array,
    readonly target: Uint8Array,
    /**
     * ERSPAN session id (0 to 1023), network id of VXLAN and GENEVE (24 bits), intercept id of jmirror (32
     * bits); 0 for types without one.
     */
    readonly session: number,
    /**
     * The GRE key, null without one. A key that ERSPAN senders repeat is kept, but is no part of the
     * identity.
     */
    readonly key: number | null,
    /**
     * The interface or the capture that plain frames come from, whose source and target are `::`; '' for
     * others.
     */
    readonly origin = '',
  ) {
    this.name = origin;
    this.identity = index;
  }
}

/** The largest session of a mirror point, and of one that ERSPAN mirrors. */
export const MOST_SESSION = 0xffffffff;
export const MOST_ERSPAN_SESSION = 1023;
