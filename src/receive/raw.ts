/**
 * Receives from raw sockets of protocol 47, and from UDP sockets: what the kernel delivers to this host, with
 * fragments reassembled. It is the receiver for low rates; ring.ts is the one for high rates. Sockets are
 * watched in the main thread's event loop, so it runs there.
 */
import type { PacketBatch } from '../model/batch.js';
import type { UdpInput } from '../model/inputs.js';
import { GreSockets } from './gre-sockets.js';
import { PacketArena } from './packet-arena.js';
import { PollLoop } from './poll-loop.js';
import type { RawLibrary } from './raw-sockets.js';
import { type Trial, takeTrial } from './trial.js';
import { DatagramReader, UdpPort } from './udp-ports.js';

/** How long the sockets' queues are awaited at the end, milliseconds at a time. */
const DRAIN_MS = 20;

export interface RawOptions {
  /** Opens the sockets of protocol 47 and watches them; undefined: GRE is not received. */
  readonly library?: RawLibrary;
  /** What is received over UDP; nothing by default. */
  readonly udp?: readonly UdpInput[];
  /** Reads the UDP sockets. */
  readonly loop?: PollLoop;
  /** Receive buffer of each socket, bytes; the kernel may grant less. */
  readonly receiveBuffer: number;
  /** A socket filter for the GRE packets to receive, for IPv4 or IPv6 sockets. */
  readonly filter?: (ipv6: boolean) => Uint8Array;
  /** Takes the gathered packets; their bytes are reused afterwards. */
  readonly packets: (batch: PacketBatch) => void;
  /** Called when receiving on an address begins, ends or fails. */
  readonly event: (message: string, failed: boolean) => void;
}

export class RawReceiver {
  private readonly arena: PacketArena;
  private readonly loop: PollLoop;
  private readonly gre: GreSockets | undefined;
  private readonly ports: UdpPort[] = [];
  private closing = false;
  /** A trial packet to look out for, which is neither counted nor passed on. */
  trial: Trial | undefined;

  constructor(private readonly options: RawOptions) {
    const { library, receiveBuffer, filter, event } = options;
    this.loop = options.loop ?? new PollLoop();
    this.arena = new PacketArena(options.packets);
    if (library !== undefined)
      this.gre = new GreSockets({ library, receiveBuffer, filter, event }, this.arena, (end, sec, nsec) =>
        this.packet(end, sec, nsec, 0),
      );
  }

  /**
   * @param unprivileged whether privileges will be dropped
   * @throws LinuxError without the privilege for raw sockets; CommandError for a UDP port that is held
   */
  open(unprivileged = false): void {
    const { udp = [] } = this.options;
    if (udp.length > 0) this.openPorts(udp);
    this.gre?.open(unprivileged);
  }

  private openPorts(udp: readonly UdpInput[]): void {
    const { receiveBuffer, event } = this.options;
    const reader = new DatagramReader(this.arena, (port, end, sec, nsec) => {
      if (this.packet(end, sec, nsec, port.input.port)) port.packets++;
    });
    for (const input of udp) {
      const port = UdpPort.open(input, receiveBuffer);
      this.ports.push(port);
      port.watch(this.loop, reader, (e) =>
        event(`receiving on UDP port ${input.port} failed: ${e.message}`, true),
      );
    }
  }

  /** Asks for the filters again. */
  refilter(): void {
    this.gre?.refilter();
  }

  /** Its UDP ports, with what they counted. */
  get udpPorts(): readonly UdpPort[] {
    return this.ports;
  }

  /** What a trial may come to: UDP ports, and 0 for GRE. */
  get trialPorts(): number[] {
    return [...(this.gre === undefined ? [] : [0]), ...this.ports.map(({ input }) => input.port)];
  }

  /** Packets taken, and their bytes. */
  get packets(): number {
    return this.arena.packets;
  }
  get bytes(): number {
    return this.arena.length;
  }

  /** GRE packets taken. */
  get grePackets(): number {
    return this.ports.reduce((n, port) => n - port.packets, this.packets);
  }

  /** GRE packets dropped for lack of room. */
  get greDropped(): number {
    return this.gre?.dropped ?? 0;
  }

  /** What all sockets dropped. */
  get dropped(): number {
    return this.ports.reduce((n, port) => n + port.dropped, this.greDropped);
  }

  /** The smallest receive buffer among the sockets, bytes as the kernel counts them. */
  get receiveBuffer(): number {
    return Math.min(this.gre?.receiveBuffer ?? Number.POSITIVE_INFINITY, ...this.ports.map((p) => p.buffer));
  }

  /** Local IPv6 addresses that GRE is not received on, for lack of a socket. */
  get addressesMissed(): number {
    return this.gre?.addressesMissed ?? 0;
  }

  /** Stops receiving, after handing on what the sockets still hold. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    // Nothing more arrives, and the sockets' queues are read: what the kernel has accepted is not lost.
    this.gre?.stop();
    for (const port of this.ports) port.stop();
    for (let before = -1; before !== this.packets; ) {
      before = this.packets;
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    }
    this.arena.flush();
    this.gre?.close();
    for (const port of this.ports) port.unwatch(this.loop);
    await this.loop.left();
    for (const port of this.ports) port.close();
  }

  /** Takes the packet in the arena that ends at `end`. @returns false for a trial's */
  private packet(end: number, sec: number, nsec: number, port: number): boolean {
    const { arena, trial } = this;
    if (trial !== undefined && takeTrial(trial, arena.bytes, arena.used, end, port)) return false;
    arena.add(end, sec, nsec);
    return true;
  }
}
