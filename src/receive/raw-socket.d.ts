/** The parts of the raw-socket package that are used here; it comes without types. */
declare module 'raw-socket' {
  import type { EventEmitter } from 'node:events';

  export interface SocketOptions {
    readonly addressFamily: number;
    readonly protocol: number;
    /** The longest message received, bytes; longer ones are cut. */
    readonly bufferSize: number;
  }

  /** Emits `message` (a view of one reused buffer, and the sender's address), `error` and `close`. */
  export interface Socket extends EventEmitter {
    close(): this;
    pauseRecv(): this;
    resumeRecv(): this;
  }

  export const AddressFamily: { readonly IPv4: number; readonly IPv6: number };
  export function createSocket(options: SocketOptions): Socket;
}
