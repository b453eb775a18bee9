/** Observes the frames of a thread at the places of paths. */
import type { Frame } from '../wire/walk/frame.js';
import { Fingerprint, type PathKey } from './fingerprint.js';
import { OBSERVATION_WORDS } from './observation.js';
import type { PathPair } from './path-options.js';

/** Takes an observation: {@link OBSERVATION_WORDS} words, which are reused. */
export interface Observations {
  take(o: Int32Array, at: number): void;
}

const NOWHERE = -1;

export class PathObserver {
  private readonly fingerprint: Fingerprint;
  /** By mirror point: its place. */
  private readonly places: number[] = [];
  /** By place: whether one of its pairs has NAT. */
  private readonly bare: boolean[];
  private readonly words = new Int32Array(OBSERVATION_WORDS);

  /** @param sample one packet in so many */
  constructor(
    places: number,
    pairs: readonly PathPair[],
    key: PathKey,
    sample: number,
    private readonly to: Observations,
  ) {
    this.fingerprint = new Fingerprint(key, sample);
    this.bare = Array.from({ length: places }, (_, place) =>
      pairs.some((pair) => pair.nat && (pair.from === place || pair.to === place)),
    );
  }

  /** Says at which place a mirror point is; -1: at none. */
  set(point: number, place: number): void {
    for (let i = this.places.length; i < point; i++) this.places[i] ??= NOWHERE;
    this.places[point] = place;
  }

  frame(f: Frame, point: number): void {
    const place = this.places[point];
    if (place === NOWHERE || place === undefined) return;
    if (this.fingerprint.take(f, place, this.bare[place], this.words, 0)) this.to.take(this.words, 0);
  }
}
