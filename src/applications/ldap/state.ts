import type { State } from '../reader.js';

/** What is remembered of a connection. */
export class LdapState implements State {
  /** Who is bound; and who tried to bind first. */
  user = '';
  tried = '';
  /** Whether a SASL bind succeeded: buffers may come in place of messages. */
  isSasl = false;
  /** Bytes left of a buffer, and how many of these are behind its messages: of the client, of the server. */
  readonly left: [number, number] = [0, 0];
  readonly behind: [number, number] = [0, 0];
  /** Pieces in a row that were no messages. */
  strange = 0;

  reset(): void {
    this.user = this.tried = '';
    this.isSasl = false;
    this.left[0] = this.left[1] = this.behind[0] = this.behind[1] = this.strange = 0;
  }
}
