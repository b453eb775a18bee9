import type { Dialogue } from './engine/dialogue.js';
import type { ApplicationName } from './names.js';
import type { State } from './read.js';

export { Read, STATELESS, type State } from './read.js';

/**
 * Reads the messages of one protocol. There is one for all conversations: what it has to remember of one is
 * in `d.state`, or in the questions that are open.
 *
 * Bytes come from strangers: every length is compared with `end` before it is used, loops are bounded by
 * bytes consumed or by a number, nothing is thrown, nothing allocated but texts.
 */
export interface Reader {
  /** A state for one conversation. */
  newState(): State;
  /**
   * Reads the message that begins at `o`, of the side that `d.fromClient` says.
   *
   * @returns bytes that it takes, its length if it goes on behind `end` (the rest is passed over); or one of
   * Read
   */
  stream?(d: Dialogue, b: Uint8Array, o: number, end: number): number;
  /** Reads a datagram. `d.over()` ends the reading of the conversation. */
  datagram?(d: Dialogue, b: Uint8Array, o: number, end: number): void;
  /** The conversation, or its reading, ends. Open questions become rows afterwards. */
  finish?(d: Dialogue): void;
  /** Bytes of a message that are looked at, 4096 unless said otherwise: of the client, of the server. */
  readonly most?: readonly [client: number, server: number];
  /**
   * Whether an answer ends the question before it, whatever is missing of it. Otherwise bytes that are
   * missing are still waited for when the other side has spoken, for a while.
   */
  readonly inTurns?: boolean;
}

/** A first message, by which an application is recognised. The object is reused. */
export class Opening {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Its bytes before the mirror cut it; at least end - start. */
  length = 0;
  /** Whether the client sent it, as far as is known. */
  fromClient = true;
  clientPort = 0;
  serverPort = 0;
}

/** How an application is recognised over one transport: by content, a port alone says nothing. */
export interface Recognition {
  /** The server's ports on which it is looked for; on any if undefined. Over UDP the client's too. */
  readonly ports?: readonly number[];
  /** Whether a message is the application's. `end - start` is at least 1. */
  is(m: Opening): boolean;
}

/** An application: its word in `app_protocol`, how it is recognised, who reads it. */
export interface Application {
  readonly name: ApplicationName;
  readonly tcp?: Recognition;
  readonly udp?: Recognition;
  readonly newReader?: () => Reader;
}
