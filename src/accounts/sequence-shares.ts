/**
 * The tallies of a shared stream's track: a loss counts for the tally whose packet revealed it, and is
 * subtracted from that tally if the packet arrives late.
 */
import { RUN_LONGEST, SEQUENCE_WINDOW } from './sequence-window.js';

export class TrackShares {
  /**
   * By slot of a number that arrived: the tally that lost the missing numbers directly below it. A number
   * fills one slot however many are missing, and a late one finds its tally at the next higher number that
   * arrived.
   */
  readonly losers = new Int32Array(SEQUENCE_WINDOW);
  /**
   * By position in the run that may be a restart: the tally of the packet, and the one whose loss it changed.
   */
  readonly runTallies = new Int32Array(RUN_LONGEST);
  readonly runLosers = new Int32Array(RUN_LONGEST);
  /** The tally of the packet that jumped here. */
  jumper = 0;

  /** Transfers everything of one tally to another. */
  bequeath(from: number, to: number): void {
    for (const owners of [this.losers, this.runTallies, this.runLosers]) {
      for (let i = 0; i < owners.length; i++) if (owners[i] === from) owners[i] = to;
    }
    if (this.jumper === from) this.jumper = to;
  }

  /** Assigns everything so far to one tally. */
  fill(tally: number): void {
    this.losers.fill(tally);
    this.runTallies.fill(tally);
    this.runLosers.fill(tally);
    this.jumper = tally;
  }
}
