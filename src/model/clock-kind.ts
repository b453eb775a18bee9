/** What the times of a mirror point's packets are: the words of the column `clock_kind`. */
export const ClockKind = { Arrival: 0, Fitted: 1, Absolute: 2 } as const;
export type ClockKind = (typeof ClockKind)[keyof typeof ClockKind];
export const CLOCK_KIND_NAMES = ['arrival', 'fitted', 'absolute'] as const;
