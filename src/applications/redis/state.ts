import type { State } from '../read.js';

export class RedisState implements State {
  isSure = false;
  /** Arguments of the command at hand, and values of the answer at hand, that are still to come. */
  clientLeft = 0;
  serverLeft = 0;
  /** Whether the answer at hand is an error, or nobody's answer. */
  isError = false;
  isPush = false;
  /** Messages of channels come. */
  isSubscribed = false;
  /** The client wants no answers: at all, or to the next command. */
  isSilent = false;
  isNextSilent = false;
  /** Commands that are to be answered, and answers to them: questions have their numbers. */
  commands = 0;
  answers = 0;

  reset(): void {
    this.isSure = this.isError = this.isPush = this.isSubscribed = this.isSilent = this.isNextSilent = false;
    this.clientLeft = this.serverLeft = this.commands = this.answers = 0;
  }
}
