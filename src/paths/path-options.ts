/** What is matched, and its bounds. */
import type { PathKey } from './fingerprint.js';

/** Two places between which packets are matched. */
export interface PathPair {
  /** Numbers of its places, and their names. */
  readonly from: number;
  readonly to: number;
  readonly fromName: string;
  readonly toName: string;
  /** Addresses and ports change between them. */
  readonly nat: boolean;
}

/** Pairs that `pairs: auto` finds, at most. */
export const MOST_PAIRS = 64;
/** Packets in the window, those of all pairs together. */
export const WINDOW_PLACES = 1 << 20;
/** Nanoseconds for which a packet waits for its other end. */
export const WINDOW_NS = 1e9;
/** Delays per minute, pair and direction that are kept exactly. */
export const EXACT_DELAYS = 1 << 16;
export const EXACT_DELAYS_READ = 1 << 20;

export interface MatcherOptions {
  readonly pairs: readonly PathPair[];
  readonly places: readonly string[];
  /** Finds pairs by itself: places that see the same packets. */
  readonly auto: boolean;
  readonly key: PathKey;
  readonly sample: number;
  readonly windowNs?: number;
  readonly capacity?: number;
  readonly hops?: number;
  readonly exactDelays?: number;
}
