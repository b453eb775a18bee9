/**
 * A bound on a server's simultaneous connections: each takes a descriptor, and the collector needs those
 * itself.
 */
import type { Socket } from 'node:net';

export class Connections {
  /** By when each was last of use, the longest unused first. */
  private readonly open = new Set<Socket>();
  /** Turned away, or cut off to make room for another. */
  refused = 0;
  /** Cut off because nothing came of them: no request in time, or an answer that nobody took. */
  cut = 0;

  /**
   * @param most how many at once
   * @param dispensable whether a connection may be cut off in favour of a new one
   */
  constructor(
    private readonly most: number,
    private readonly dispensable: (socket: Socket) => boolean,
  ) {}

  /**
   * Takes a new connection in, if need be in place of the one that was of no use for longest.
   *
   * @returns false when there is no room for it; closing it is the caller's
   */
  add(socket: Socket): boolean {
    if (this.open.size >= this.most) {
      this.refused++;
      const old = [...this.open].find(this.dispensable);
      if (old === undefined) return false;
      this.open.delete(old);
      old.destroy();
    }
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return true;
  }

  /** Says that a connection was of use now. */
  used(socket: Socket): void {
    if (this.open.delete(socket)) this.open.add(socket);
  }

  /** Cuts a connection off of which nothing has come. */
  cutOff(socket: Socket): void {
    if (socket.destroyed) return;
    this.cut++;
    socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.open) socket.destroy();
  }
}
