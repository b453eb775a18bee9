/** Whether the system clock is synchronised: adjtimex(2). */
import { adjtimex } from './libc.js';

/** adjtimex's result if the clock is not synchronised. */
const TIME_ERROR = 5;
/** sizeof(struct timex) on 64-bit machines; a zero `modes` (the first int) only reads. */
const TIMEX = 208;
/** Offset of `maxerror`, a long in microseconds. */
const MAXERROR = 24;

export interface Clock {
  readonly synchronized: boolean;
  /** The kernel's estimate of the clock's error, microseconds. */
  readonly maxErrorUs: number;
}

export function readClock(): Clock {
  const timex = new Uint8Array(TIMEX);
  const state = adjtimex(timex);
  const maxErrorUs = Number(new DataView(timex.buffer).getBigInt64(MAXERROR, true));
  return { synchronized: state >= 0 && state !== TIME_ERROR, maxErrorUs };
}
