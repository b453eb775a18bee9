import type { State } from '../read.js';
import { Room } from '../room.js';

/** Topics that have a number, of each side. */
export const MOST_ALIASES = 32;

export class MqttState implements State {
  isSure = false;
  /** 3, 4 or 5; 0 while it is not known. */
  version = 0;
  clientId = '';
  /** Questions that were given up: an answer to one of them is none that nobody asked for. */
  givenUp = 0;
  /** Topics by their aliases: those of the client, those of the server. */
  readonly aliases: string[] = new Array<string>(2 * MOST_ALIASES).fill('');
  readonly room = new Room();

  reset(): void {
    this.isSure = false;
    this.version = this.givenUp = 0;
    this.clientId = '';
    this.aliases.fill('');
    this.room.reset();
  }
}
