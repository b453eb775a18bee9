import type { State } from '../read.js';

/** What comes next of a side. */
export const Next = {
  /** Its hello. */
  Hello: 0,
  /** The server's certificates, or what comes in their place. */
  Certificate: 1,
  /** Records of which only the type counts. */
  Records: 2,
} as const;
export type Next = (typeof Next)[keyof typeof Next];

/** One side of a connection. */
export class End {
  next: Next = Next.Hello;
  /** Bytes of the record at hand that are still to come; 0 where a record begins. */
  left = 0;
  hasHello = false;
  /** Whether it sent ChangeCipherSpec, and something encrypted. */
  changed = false;
  encrypted = false;
  /** Records that were none, and encrypted ones before the other side has spoken. */
  strange = 0;
  early = 0;

  reset(): void {
    this.next = Next.Hello;
    this.left = this.strange = this.early = 0;
    this.hasHello = this.changed = this.encrypted = false;
  }
}

/** Bytes of the longest session id. */
const LONGEST_ID = 32;

/** What is kept of a connection. */
export class TlsState implements State {
  /** By the side of the conversation: TLS's client need not be TCP's. */
  readonly ends: readonly [End, End] = [new End(), new End()];
  /** The side that is TLS's client; -1 while no hello came. */
  client: -1 | 0 | 1 = -1;
  serverName = '';
  /** When the first byte of the client's hello came; -1 where none did. */
  beganSec = -1;
  beganNsec = 0;
  isTimed = false;
  isTls13 = false;
  /** Whether the client offered a session ticket (RFC 5077). */
  hasTicket = false;
  /** The first warning, shown where nothing fatal follows; -1 for none. */
  warning = -1;
  /** The session id of the hello that came first. */
  private readonly id = new Uint8Array(LONGEST_ID);
  private idLength = 0;

  keepId(b: Uint8Array, o: number, end: number): void {
    const { id } = this;
    const length = Math.min(end - o, LONGEST_ID);
    for (let i = 0; i < length; i++) id[i] = b[o + i];
    this.idLength = length;
  }

  /** Whether the other hello has the same session id, and there is one. */
  hasId(b: Uint8Array, o: number, end: number): boolean {
    const { id, idLength } = this;
    if (idLength === 0 || end - o !== idLength) return false;
    for (let i = 0; i < idLength; i++) if (b[o + i] !== id[i]) return false;
    return true;
  }

  reset(): void {
    for (const end of this.ends) end.reset();
    this.serverName = '';
    this.client = -1;
    this.beganSec = this.warning = -1;
    this.beganNsec = this.idLength = 0;
    this.isTimed = this.isTls13 = this.hasTicket = false;
  }
}
