/** Rates of counters that only their sums are told of: by the difference of two answers. */
import { useRef } from 'react';
import { type Counters, Samples } from './samples.js';

/** @param at when the counters were told, milliseconds */
export function useRates(at: number, counters: Counters | undefined): (name: string) => number | undefined {
  const samples = useRef(new Samples());
  // What was told at a time is added once, however often the page is drawn.
  if (counters !== undefined) samples.current.add(at, counters);
  return (name) => samples.current.rate(name);
}
