/** What captures are read as: mirrored traffic, or plain frames. This file loads nothing. */

export const READ_AS = ['auto', 'mirrors', 'frames'] as const;
export type ReadAs = (typeof READ_AS)[number];
/** What a capture turns out to be. */
export type CaptureKind = Exclude<ReadAs, 'auto'>;

/** `auto` looks at this many packets of a file, and stops earlier behind so many captured bytes. */
export const LOOK_PACKETS = 1000;
export const LOOK_BYTES = 4 << 20;
