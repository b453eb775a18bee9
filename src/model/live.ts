/**
 * What a running collector tells of what happens now, through the control socket: the commands `rows`, `open`
 * and `frames`. docs/reference/control-socket.md has them with examples.
 */

/** The most rows of ended sessions shown a second, of all packet paths together. */
export const MOST_ROWS_A_SECOND = 200;
/** Whom `rows` shows them at once. */
export const MOST_ROW_READERS = 4;
/** The most open sessions that `open` shows, and how many without a limit. */
export const MOST_OPEN_SHOWN = 1000;
export const OPEN_SHOWN = 200;
/** The frames that `frames` shows, and how long a sender is watched after the last request, seconds. */
export const FRAMES_SHOWN = 4;
export const FRAMES_WATCHED_S = 60;
/** Senders watched at once. */
export const MOST_FRAME_WATCHES = 16;

/**
 * `rows`: the rows of sessions as they end. The body is lines of JSON without an end: each is a row, as `read
 * --ndjson sessions` prints it, or once a second a {@link RowsSecond}, the only one with the key `second`.
 */
export interface RowsRequest {
  readonly command: 'rows';
}

/** What the rows of the last second are a sample of. */
export interface RowsSecond {
  readonly second: {
    /** RFC 3339. */
    readonly time: string;
    /** Rows that ended since the line before, in all packet paths. */
    readonly ended: number;
    /** Those of them that this reader was sent. */
    readonly shown: number;
    /** Rows that this reader was not sent because it read too slowly, since it began. */
    readonly missed: number;
  };
}

/** What the strongest are chosen by: bytes or packets of a session's row so far. */
export const OPEN_ORDERS = ['bytes', 'packets'] as const;
export type OpenOrder = (typeof OPEN_ORDERS)[number];

/**
 * `open`: the strongest open sessions, the strongest first. The result is an {@link OpenResult}; the body has
 * a row per line, as `read --ndjson sessions` prints it, with what came so far and the `end_reason` `active`.
 */
export interface OpenRequest {
  readonly command: 'open';
  /** bytes by default. */
  readonly by?: OpenOrder;
  /** 1 to {@link MOST_OPEN_SHOWN}, by default {@link OPEN_SHOWN}. */
  readonly limit?: number;
}

export interface OpenResult {
  /** When the tables were looked through, RFC 3339: up to a second ago. */
  readonly time: string;
  readonly by: OpenOrder;
  /** Sessions open, and how many of them are in the body. */
  readonly open: number;
  readonly shown: number;
}

/**
 * `frames`: what a sender sends, whether it is a mirror point or not. Asking has the sender watched for
 * {@link FRAMES_WATCHED_S} seconds; the first answer has no frames yet. The result is a {@link FramesResult}.
 */
export interface FramesRequest {
  readonly command: 'frames';
  /** The outer source address. */
  readonly source: string;
  /** Of a mirror point: only frames of this type, this session, this GRE key. */
  readonly type?: string;
  readonly session?: number;
  readonly key?: number;
}

export interface FramesResult {
  /** Until when it is watched if nobody asks again, RFC 3339. */
  readonly until: string;
  /** The last ones, the newest first, {@link FRAMES_SHOWN} at most. */
  readonly frames: readonly SeenFrame[];
}

/** Addresses and ports of one packet and of the frame in it: nothing of what is said. */
export interface SeenFrame {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  /** Outer addresses. */
  readonly source: string;
  readonly destination: string;
  /** The protocol type in the GRE header, 0x88be for ERSPAN II. */
  readonly gre_protocol: number;
  /** A word of the column `mirror_type`; empty if the packet was malformed before that was known. */
  readonly type: string;
  /** ERSPAN's session, a VNI; 0 for types without. */
  readonly session: number;
  /** GRE key, null without one. */
  readonly key: number | null;
  /** ERSPAN index or port id, 0 without one. */
  readonly mirror_port: number;
  /** `observe`, `ignore`, `refuse`: the rule for its mirror point; empty without a type. */
  readonly policy: string;
  /** Why the packet or its frame is malformed, a word of docs/reference/malformed.md; empty if it is not. */
  readonly malformed: string;
  /** Bytes of the mirrored frame on the wire, 0 without one. */
  readonly length: number;
  /** The conversation of the frame; null if there is no frame, or it has no IP. */
  readonly inner: InnerEnds | null;
  readonly vlan_ids: readonly number[];
}

export interface InnerEnds {
  readonly source: string;
  readonly destination: string;
  /** 0 for protocols without ports, and later fragments. */
  readonly source_port: number;
  readonly destination_port: number;
  /** A word of the column `transport`. */
  readonly transport: string;
}
