import type { Frame } from '../wire/walk/frame-fields.js';
import type { MirrorPoint } from './mirror-point.js';
import { MirrorDirection } from './mirror-point.js';

/**
 * What the encapsulation says about one mirrored frame, besides its mirror point. Reused for every packet.
 */
export class Mirrored {
  /** Set before any frame is handed on. */
  point!: MirrorPoint;
  /**
   * What the frame begins with, as a GRE protocol type, whatever header preceded it: 0x6558 Ethernet (also an
   * 802.3 frame from an A-MSDU), 0x0800 IP of either version, 0x22eb if ERSPAN's frame type does not tell.
   */
  protocol = 0;
  /** ERSPAN index (type II) or platform port id (type III), jmirror's session id; 0 without one. */
  port = 0;
  direction: MirrorDirection = MirrorDirection.Unknown;
  /** ERSPAN type III hardware id. */
  hardware = 0;
  /** ERSPAN type III SGT, Cisco metadata's, or the group of VXLAN's group policy. */
  securityGroup = 0;
  cos = 0;
  /** The VLAN of a frame whose tag the switch removed, else -1. */
  vlan = -1;
  /** ERSPAN's t bit. */
  truncated = false;
  /** ERSPAN type III: the timestamp, and its unit (ErspanGranularity); -1 without one. */
  timestamp = 0;
  granularity = -1;
  /** Id of its platform subheader, -1 without one; the second word and the switch id in it. */
  platformId = -1;
  upperTimestamp = 0;
  switch = 0;
  /** Sequence number of GRE, or of TZSP (its packet count); -1 without one. */
  sequence = -1;
  /** TZSP: the MAC address of the sensor that took the frame, as a 48-bit number; 0 where it is not said. */
  sensor = 0;
  /** PPTP's call id; each call has its own sequence numbers. */
  call = 0;

  /** Clears the fields of a header behind GRE or UDP: port to truncated, the timestamp and the sensor. */
  clear(): void {
    this.port = 0;
    this.direction = MirrorDirection.Unknown;
    this.hardware = 0;
    this.securityGroup = 0;
    this.cos = 0;
    this.vlan = -1;
    this.truncated = false;
    this.timestamp = 0;
    this.granularity = -1;
    this.sensor = 0;
    this.call = 0;
  }

  /** Clears what a platform subheader says. */
  clearPlatform(): void {
    this.platformId = -1;
    this.upperTimestamp = 0;
    this.switch = 0;
  }
}

/** Takes decoded frames. Both arguments are reused: copy what you keep. */
export interface FrameSink {
  frame(frame: Frame, mirrored: Mirrored): void;
  /**
   * Announces the first `count` (up to {@link FRAMES_AHEAD}) of these frames before they are handed over one
   * by one, so that the sink can fetch the memory they need into the processor's cache, all at once.
   */
  ahead?(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void;
}

/** Frames announced ahead. */
export const FRAMES_AHEAD = 16;
