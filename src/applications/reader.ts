import type { ApplicationName } from '../model/application-names.js';
import type { Reader } from './engine/dialogue.js';

export type { Dialogue, Reader } from './engine/dialogue.js';
export { Read, STATELESS, type State } from './read.js';

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
  /**
   * The server's ports on which it is looked for; on any if undefined. The client's port is looked at too, as
   * it may be a guess who that is.
   */
  readonly ports?: readonly number[];
  /** Whether a message is the application's. `end - start` is at least 1. */
  is(m: Opening): boolean;
  /** Likewise on any other port: content that leaves no doubt. */
  elsewhere?(m: Opening): boolean;
  /** What a message may begin with on any port, so that others are not looked at; any byte if undefined. */
  readonly firstBytes?: readonly number[];
}

/** An application: its word in `app_protocol`, how it is recognised, who reads it. */
export interface Application {
  readonly name: ApplicationName;
  readonly tcp?: Recognition;
  readonly udp?: Recognition;
  /** Whether a datagram is the application's, at a port where another conversation announced it. */
  readonly whereExpected?: (m: Opening) => boolean;
  readonly newReader?: () => Reader;
}
