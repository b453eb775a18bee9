import { COUNTER_COUNT } from './counters.js';

/** The state of a running tunnel besides its counters, in the same array after them. */
export const State = {
  /** 1 while the device has a carrier: without keepalives always, with them while they are answered. */
  carrier: COUNTER_COUNT,
  /** The device's MTU. */
  mtu: COUNTER_COUNT + 1,
  /** ICMP errors about our packets (gre_err). */
  icmpErrors: COUNTER_COUNT + 2,
  /** 1 while there is no route to the remote. */
  noRoute: COUNTER_COUNT + 3,
} as const;

export const STATE_COUNT = COUNTER_COUNT + 4;
