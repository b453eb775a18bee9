/**
 * What a track of a shared stream knows about its tallies: each loss is the tally's whose packet showed it, and is
 * taken off that same tally when the packet comes late after all.
 */
import { RUN_LONGEST, SEQUENCE_WINDOW } from './sequence-window.js';

export class TrackShares {
  /**
   * By slot of a number that has come: the tally that the missing numbers right below it are lost to. A number fills
   * one slot however many are missing, and a late one finds its tally at the next number above it that has come.
   */
  readonly losers = new Int32Array(SEQUENCE_WINDOW);
  /** Of the run that may be a restart, by place: the tally of the packet, and the one its loss was changed for. */
  readonly runTallies = new Int32Array(RUN_LONGEST);
  readonly runLosers = new Int32Array(RUN_LONGEST);
  /** The tally of the packet that jumped here. */
  jumper = 0;

  /** Has what is one tally's be another's. */
  bequeath(from: number, to: number): void {
    for (const owners of [this.losers, this.runTallies, this.runLosers]) {
      for (let i = 0; i < owners.length; i++) if (owners[i] === from) owners[i] = to;
    }
    if (this.jumper === from) this.jumper = to;
  }

  /** Makes everything so far one tally's. */
  fill(tally: number): void {
    this.losers.fill(tally);
    this.runTallies.fill(tally);
    this.runLosers.fill(tally);
    this.jumper = tally;
  }
}
