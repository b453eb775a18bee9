/**
 * What the times at both ends of a path come from. The words are those of the column `clocks`. With
 * Relative, only how much a delay varies is to be trusted.
 */
export const Clocks = { Relative: 0, Common: 1 } as const;
export type Clocks = (typeof Clocks)[keyof typeof Clocks];
export const CLOCKS_NAMES = ['relative', 'common'] as const;
