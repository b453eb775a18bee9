/**
 * Bounds a server's simultaneous connections: each takes a descriptor, and the collector needs descriptors
 * itself.
 */
import type { Socket } from 'node:net';

export class Connections {
  /** In order of their last use, the least recent first. */
  private readonly open = new Set<Socket>();
  /** Refused, or cut off to make room for another. */
  refused = 0;
  /** Cut off because they were unproductive: no request in time, or an answer that was not read. */
  cut = 0;

  /**
   * @param most the largest number at once
   * @param dispensable whether a connection may be cut off for a new one
   */
  constructor(
    private readonly most: number,
    private readonly dispensable: (socket: Socket) => boolean,
  ) {}

  /**
   * Adds a new connection, if necessary in place of the least recently used one.
   *
   * @returns false if there is no room for it; the caller closes it
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

  /** Marks a connection as used now. */
  used(socket: Socket): void {
    if (this.open.delete(socket)) this.open.add(socket);
  }

  /** Cuts off an unproductive connection. */
  cutOff(socket: Socket): void {
    if (socket.destroyed) return;
    this.cut++;
    socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.open) socket.destroy();
  }
}
