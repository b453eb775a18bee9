/** Receives the marker packets of switches, which say what time it is by the clock of their timestamps. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parsePrefix } from '../config/units.js';
import { CommandError } from '../model/errors.js';
import { CiscoMarker, parseCiscoMarker } from '../wire/tunnel/cisco-marker.js';

/** A marker, who sent it (16 bytes), and when it arrived. */
export interface ReceivedMarker {
  readonly marker: CiscoMarker;
  readonly source: Uint8Array;
  readonly sec: number;
  readonly nsec: number;
}

/** Markers a second that are passed on; a switch sends ten at most. */
export const MOST_MARKERS = 1000;

export class MarkerSocket {
  private second = 0;
  private passed = 0;

  private constructor(
    private readonly socket: Socket,
    take: (marker: ReceivedMarker) => void,
    failed: (error: Error) => void,
  ) {
    socket.on('message', (bytes, { address }) => this.message(bytes, address, take));
    socket.on('error', failed);
  }

  /** @throws CommandError if the port cannot be had */
  static async open(
    port: number,
    take: (marker: ReceivedMarker) => void,
    failed: (error: Error) => void,
  ): Promise<MarkerSocket> {
    try {
      // Takes IPv4 as well.
      return new MarkerSocket(await bound('udp6', port), take, failed);
    } catch (error) {
      // A host without IPv6.
      if ((error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT')
        return new MarkerSocket(await bound('udp4', port), take, failed);
      throw new CommandError(
        `hardware_time.marker_port: UDP port ${port} cannot be had: ${(error as Error).message}`,
      );
    }
  }

  /** The port it receives on. */
  get port(): number {
    return this.socket.address().port;
  }

  close(): void {
    this.socket.close();
  }

  private message(bytes: Uint8Array, address: string, take: (marker: ReceivedMarker) => void): void {
    const now = Date.now();
    const sec = Math.floor(now / 1000);
    if (sec !== this.second) {
      this.second = sec;
      this.passed = 0;
    }
    const marker = new CiscoMarker();
    if (this.passed >= MOST_MARKERS || !parseCiscoMarker(bytes, 0, bytes.length, marker)) return;
    this.passed++;
    const source = parsePrefix(address.replace(/^::ffff:|%.*$/g, ''))?.address;
    if (source !== undefined) take({ marker, source, sec, nsec: (now % 1000) * 1e6 });
  }
}

async function bound(type: 'udp4' | 'udp6', port: number): Promise<Socket> {
  const socket = createSocket(type);
  try {
    const listening = once(socket, 'listening');
    socket.bind(port);
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
