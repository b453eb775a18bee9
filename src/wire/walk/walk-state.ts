import type { Frame } from './frame-fields.js';
import { MAX_LAYERS, NO_VNI } from './layers.js';

/** The next step of a walk. */
export const Step = {
  Done: 0,
  Ethernet: 1,
  Vlan: 2,
  Llc: 3,
  Mpls: 4,
  Pppoe: 5,
  PppoeDiscovery: 6,
  Ppp: 7,
  Arp: 8,
  Ip: 9,
  Ipv4: 10,
  Ipv6: 11,
  Gre: 12,
  Vxlan: 13,
  Geneve: 14,
  Ieee80211: 15,
  Amsdu: 16,
  CiscoMetadata: 17,
  VnTag: 18,
  ETag: 19,
  Pbb: 20,
  FabricPath: 21,
  PimRegister: 22,
  TTag: 23,
  AristaTimestamp: 24,
  Hsr: 25,
  RTag: 26,
  Nsh: 27,
  Macsec: 28,
  VxlanGpe: 29,
  Gtpu: 30,
  EtherIp: 31,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

/** The tunnels behind UDP ports: TunnelPorts. */
export interface PortSteps {
  /** The step for a datagram to this port; Step.Done: it is no tunnel. */
  step(port: number): Step;
}

/** The state of a walk through one frame. There is one, reused for every frame. */
export class Walk {
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
