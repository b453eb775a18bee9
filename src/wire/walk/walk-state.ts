import type { Frame } from './frame-fields.js';
import { Headers } from './headers.js';
import type { AnnouncedLayer } from './layer-table.js';
import { type Layer, MAX_LAYERS, NO_VNI } from './layers.js';

/**
 * The next step of a walk: the layer that follows, or one of these. All codes lie close together, so that V8
 * makes a jump table of the switch over them.
 */
export const Step = {
  /** Nothing follows: 0, as in the tables of layer-table.ts. */
  Done: 0,
  /** IP, of the version that its first byte says. */
  Ip: 61,
  /** A subframe of an 802.11 A-MSDU. */
  Amsdu: 62,
  /** The packet in a PIM register. */
  PimRegister: 63,
} as const;
export type Step =
  | (typeof Step)[keyof typeof Step]
  | (typeof Layer)[AnnouncedLayer]
  // By a range of GRE's protocol types.
  | typeof Layer.Ieee80211;

/** The tunnels behind UDP ports: TunnelPorts. */
export interface PortSteps {
  /** The step for a datagram to this port; Step.Done: it is no tunnel. */
  step(port: number): Step;
}

/** The state of a walk through one frame: its owner reuses it for every frame. */
export class Walk {
  readonly headers = new Headers();
  b: Uint8Array = new Uint8Array(0);
  /**
   * The next byte to read; the byte after the last captured one, and after the last one according to the
   * headers so far.
   */
  o = 0;
  end = 0;
  wireEnd = 0;
  /**
   * Link-layer fields of the frame being walked; they become the Frame's if it carries IP, or if nothing
   * does.
   */
  mac = -1;
  macSource = -1;
  etherType = 0;
  subType = 0;
  /** The walk is inside the first fragment of a larger packet: what is missing behind it is not cut off. */
  inFragment = false;
  /** The bytes ended within a header. */
  short = false;
  /** Layers and VLANs before the tunnel being entered, in case its payload turns out to be none. */
  keepLayers = 0;
  keepVlans = 0;
  /**
   * Of the overlay and the GTP-U tunnel entered last; they become the Frame's once there is an IP packet
   * inside.
   */
  vni = NO_VNI;
  teid = 0;

  /** @param ports the UDP ports of tunnels */
  constructor(public ports: PortSteps) {}
}

export function push(f: Frame, layer: number, o: number): void {
  const n = f.layerCount;
  if (n === MAX_LAYERS) return;
  f.layerKind[n] = layer;
  f.layerOffset[n] = o;
  f.layerCount = n + 1;
}

/** A tunnel's payload follows, which may turn out not to be one. */
export function enterTunnel(f: Frame, w: Walk): void {
  w.keepLayers = f.layerCount;
  w.keepVlans = f.vlanCount;
}

/**
 * A header is impossible. Before any IP header that is the frame's fault; behind one, the payload was not
 * what a port or protocol number promised, and the frame remains the IP packet that carried it.
 */
export function fail(f: Frame, w: Walk, malformed: number): Step {
  if (f.ipVersion === 0) f.malformed = malformed;
  else {
    f.layerCount = w.keepLayers;
    f.vlanCount = w.keepVlans;
  }
  return Step.Done;
}

/** A header ends beyond the captured bytes: no fault if the frame was cut there. */
export function cut(f: Frame, w: Walk, malformed: number): Step {
  w.short = true;
  return fail(f, w, w.end < w.wireEnd || w.inFragment ? 0 : malformed);
}
