import type { Frame } from './frame-fields.js';
import { MAX_LAYERS, NO_VNI } from './layers.js';

/** What a walk does next. */
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

/** What lies behind UDP ports: TunnelPorts. */
export interface PortSteps {
  /** What a datagram to this port is walked into; Step.Done: it is not. */
  step(port: number): Step;
}

/** Where a walk through one frame stands. There is one, reused from frame to frame. */
export class Walk {
  b: Uint8Array = new Uint8Array(0);
  /** Next byte to look at; the byte after the last captured one, and after the last one by the headers so far. */
  o = 0;
  end = 0;
  wireEnd = 0;
  /** Link-layer fields of the frame being walked: they become the Frame's when it turns out to carry IP, or nothing does. */
  mac = -1;
  macSource = -1;
  etherType = 0;
  subType = 0;
  /** The walk is inside the first fragment of a larger packet: what is missing behind it is not cut off. */
  inFragment = false;
  /** The bytes ended within a header. */
  short = false;
  /** Layers and VLANs as they were before the tunnel being entered, should its payload be none. */
  keepLayers = 0;
  keepVlans = 0;
  /** Of the overlay and the GTP-U tunnel walked into last: the Frame's once there is an IP packet in them. */
  vni = NO_VNI;
  teid = 0;

  /** @param ports the UDP ports behind which there are tunnels */
  constructor(public ports: PortSteps) {}
}

export function push(f: Frame, layer: number, o: number): void {
  const n = f.layerCount;
  if (n === MAX_LAYERS) return;
  f.layerKind[n] = layer;
  f.layerOffset[n] = o;
  f.layerCount = n + 1;
}

/** Says that what follows is a tunnel's payload, which may turn out not to be one. */
export function enterTunnel(f: Frame, w: Walk): void {
  w.keepLayers = f.layerCount;
  w.keepVlans = f.vlanCount;
}

/**
 * A header cannot be right. Before any IP header that is the frame's fault; behind one the payload was not what
 * a port or protocol number promised, and the frame stays as the IP packet that carried it left it.
 */
export function fail(f: Frame, w: Walk, malformed: number): Step {
  if (f.ipVersion === 0) f.malformed = malformed;
  else {
    f.layerCount = w.keepLayers;
    f.vlanCount = w.keepVlans;
  }
  return Step.Done;
}

/** A header ends beyond the captured bytes: no fault where the frame was cut there. */
export function cut(f: Frame, w: Walk, malformed: number): Step {
  w.short = true;
  return fail(f, w, w.end < w.wireEnd || w.inFragment ? 0 : malformed);
}
