/**
 * A tunnel's device in memory, like wireguard-go's tuntest: the tunnel reads the packets put in, and the
 * other way round.
 */
import type { Pieces } from '../../src/linux/pieces.js';
import { type PacketSlots, VNET_HDR } from '../../src/linux/tun.js';
import type { Device } from '../../src/tunnels/engine/host.js';

const NO_HEADER = new Uint8Array(VNET_HDR);

/** A packet at a device: its virtio_net_hdr, and its bytes. */
export interface DevicePacket {
  readonly header: Uint8Array;
  readonly bytes: Uint8Array;
}

export class TestTun implements Device {
  udpSegmentation = true;
  /** Refuses writes, like a device that is down. */
  refuses = false;
  isUp = false;
  isClosed = false;
  /** The device has been removed. */
  isGone = false;
  carrier = true;
  queueLength = 0;
  private size = 1500;
  private readonly waiting: Uint8Array[] = [];
  private readonly delivered: DevicePacket[] = [];

  constructor(
    readonly fd: number,
    readonly name: string,
    public persistent: boolean,
  ) {}

  /** The host sends a packet through this device, into the tunnel. */
  put(bytes: Uint8Array, header: Uint8Array = NO_HEADER): void {
    const packet = new Uint8Array(VNET_HDR + bytes.length);
    packet.set(header);
    packet.set(bytes, VNET_HDR);
    this.waiting.push(packet);
  }

  /** What has come out of the tunnel since the last call. */
  take(): Uint8Array[] {
    return this.takePackets().map((packet) => packet.bytes);
  }

  /** The same, each with its virtio_net_hdr. */
  takePackets(): DevicePacket[] {
    return this.delivered.splice(0);
  }

  get readable(): boolean {
    return !this.isGone && !this.isClosed && this.waiting.length > 0;
  }

  read(slots: PacketSlots, i: number): number {
    const packet = this.waiting.shift();
    if (packet === undefined) return -1;
    slots.bytes.set(packet.subarray(0, slots.size), slots.offsets[i]);
    return Math.min(packet.length, slots.size);
  }

  write(packet: Pieces, count: number): boolean {
    if (this.refuses) return false;
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const at = packet.offset(i);
      pieces.push(packet.memory.bytes.subarray(at, at + packet.length(i)));
    }
    this.delivered.push({ header: packet.header.slice(), bytes: new Uint8Array(Buffer.concat(pieces)) });
    return true;
  }

  mtu(): number {
    return this.size;
  }
  setMtu(mtu: number): void {
    this.size = mtu;
  }
  setUp(queueLength: number): void {
    this.isUp = true;
    this.queueLength = queueLength;
  }
  setCarrier(up: boolean): void {
    this.carrier = up;
  }
  setPersistent(persistent: boolean): void {
    this.persistent = persistent;
  }
  close(): void {
    this.isClosed = true;
  }
}
