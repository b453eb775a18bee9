/** Which times the packets of a mirror have: those of arrival, or the switch's timestamps. */
export const TIMESTAMPS = ['arrival', 'hardware'] as const;
export type Timestamps = (typeof TIMESTAMPS)[number];
