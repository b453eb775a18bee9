import type { PacketBuilder } from './packet.js';
import { Protocol, type Step, type Talk } from './talk.js';

/** ICMP types of an echo: request and reply. */
const ECHO = { 1: [8, 0], 58: [128, 129] } as const;

const DONT_FRAGMENT = 0x4000;

/** Builds the Ethernet frame of one step of a talk, in the given VLANs, outermost first. */
export function buildFrame(
  p: PacketBuilder,
  talk: Talk,
  step: Step,
  vlans: readonly number[] = [],
): PacketBuilder {
  buildPacket(p, talk, step);
  const from = step.fromClient ? talk.client : talk.server;
  const to = step.fromClient ? talk.server : talk.client;
  for (let i = vlans.length - 1; i >= 0; i--) p.vlan(vlans[i]!);
  return p.ethernet(from.mac, to.mac);
}

/** Builds the IP packet of one step of a talk. */
export function buildPacket(p: PacketBuilder, talk: Talk, step: Step): PacketBuilder {
  const from = step.fromClient ? talk.client : talk.server;
  const to = step.fromClient ? talk.server : talk.client;
  const sourcePort = step.fromClient ? talk.clientPort : talk.serverPort;
  const destinationPort = step.fromClient ? talk.serverPort : talk.clientPort;
  p.payload(step.payload, { protocol: talk.protocol });
  if (talk.protocol === Protocol.Tcp) {
    p.tcp(sourcePort, destinationPort, step, step.options);
  } else if (talk.protocol === Protocol.Udp) {
    p.udp(sourcePort, destinationPort);
  } else if (talk.protocol === Protocol.Icmp || talk.protocol === Protocol.Icmp6) {
    const type = ECHO[talk.protocol][step.fromClient ? 0 : 1];
    p.push(Uint8Array.of(talk.clientPort >>> 8, talk.clientPort, step.sequence >>> 8, step.sequence));
    p.icmp(type, 0, talk.protocol);
  }
  return p.ip(from.ip, to.ip, { ttl: from.ttl, tos: talk.dscp << 2, fragment: DONT_FRAGMENT });
}
