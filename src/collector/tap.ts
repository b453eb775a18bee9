/**
 * Writes decapsulated frames to a TAP device, where tcpdump, Zeek or Suricata see them as on the mirrored
 * port.
 */
import { writeSync } from 'node:fs';
import { setU16 } from '../wire/bytes.js';
import { ETHERNET_LENGTH } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { type Frame, Layer } from '../wire/walk/frame.js';

/** Frames that could not be written to TAP devices. */
export class TapCounters {
  frames = 0;
  /** Frames the device did not take: it is down, or its queue is full. */
  dropped = 0;
  /** Frames that are neither Ethernet nor IP (802.11, PPP). */
  skipped = 0;
}

export class TapWriter {
  readonly counters = new TapCounters();
  /** Where bare IP packets get an Ethernet header of zero addresses. */
  private readonly scratch = new Uint8Array(ETHERNET_LENGTH + 65536);

  /** Writes a frame to the TAP device `fd`. */
  write(fd: number, f: Frame): void {
    const kind = f.layerKind[0];
    if (kind === Layer.Ethernet) this.put(fd, f.bytes, f.start, f.end - f.start);
    else if (kind === Layer.Ipv4 || kind === Layer.Ipv6) this.putIp(fd, f, kind);
    else this.counters.skipped++;
  }

  private putIp(fd: number, f: Frame, kind: number): void {
    const s = this.scratch;
    const length = Math.min(f.end - f.start, s.length - ETHERNET_LENGTH);
    setU16(s, ETHERNET_LENGTH - 2, kind === Layer.Ipv4 ? EtherType.Ipv4 : EtherType.Ipv6);
    for (let i = 0; i < length; i++) s[ETHERNET_LENGTH + i] = f.bytes[f.start + i];
    this.put(fd, s, 0, ETHERNET_LENGTH + length);
  }

  private put(fd: number, bytes: Uint8Array, offset: number, length: number): void {
    try {
      writeSync(fd, bytes, offset, length);
      this.counters.frames++;
    } catch {
      // EIO: the device is down; EINVAL: less than an Ethernet header; EAGAIN: its queue is full.
      this.counters.dropped++;
    }
  }
}
