/** Why a row ends; the words of the `end_reason` column. */
export const EndReason = { Idle: 0, Active: 1, Fin: 2, Rst: 3, Pressure: 4, Shutdown: 5, Eof: 6 } as const;
export type EndReason = (typeof EndReason)[keyof typeof EndReason];
export const END_REASON_NAMES = ['idle', 'active', 'fin', 'rst', 'pressure', 'shutdown', 'eof'] as const;
