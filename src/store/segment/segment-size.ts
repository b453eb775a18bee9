/** Sizes of segments, in bytes. */

/** A segment is complete at this size. */
export const SEGMENT_BYTES = 8 << 20;
/** The most that is added to one at once: as much as may be on its way to the store's thread. */
export const LARGEST_APPEND = 256 << 20;
export const LARGEST_SEGMENT = SEGMENT_BYTES + LARGEST_APPEND;
