import type { Frame } from '../wire/walk/frame-fields.js';
import type { MirrorPoint } from './mirror-point.js';
import { MirrorDirection } from './mirror-point.js';

/**
 * What the encapsulation says of one mirrored frame, beside its mirror point. Reused from packet to packet.
 */
export class Mirrored {
  /** Set before any frame is handed on. */
  point!: MirrorPoint;
  /**
   * What the frame begins with, as GRE protocol types have it, whatever header stood before it: 0x6558 Ethernet (an 802.3
   * frame out of an A-MSDU too), 0x0800 IP of either version, 0x22eb what ERSPAN's frame type does not tell.
   */
  protocol = 0;
  /** ERSPAN index (type II) or platform port id (type III), 0 where there is none. */
  port = 0;
  direction: MirrorDirection = MirrorDirection.Unknown;
  /** ERSPAN type III hardware id. */
  hardware = 0;
  /** ERSPAN type III SGT, or Cisco metadata's. */
  securityGroup = 0;
  cos = 0;
  /** The VLAN of a frame whose tag the switch removed, else -1. */
  vlan = -1;
  /** ERSPAN's t bit. */
  truncated = false;
  /** GRE sequence number, -1 where there is none. */
  sequence = -1;
  /** PPTP's call id, by which it numbers. */
  call = 0;

  /** Forgets what a header behind GRE may have said: port to truncated. */
  clear(): void {
    this.port = 0;
    this.direction = MirrorDirection.Unknown;
    this.hardware = 0;
    this.securityGroup = 0;
    this.cos = 0;
    this.vlan = -1;
    this.truncated = false;
    this.call = 0;
  }
}

/** Where decoded frames go. Both arguments are reused: what is to be kept is copied. */
export interface FrameSink {
  frame(frame: Frame, mirrored: Mirrored): void;
  /**
   * Told of the first `count` (up to {@link FRAMES_AHEAD}) of these frames before they are handed over one by one: time to
   * fetch what they will need into the processor's cache, all at once in place of one after the other.
   */
  ahead?(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void;
}

/** Frames that a sink hears of ahead. */
export const FRAMES_AHEAD = 16;
