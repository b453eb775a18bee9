import { ETH_P_IP, ETH_P_IPV6, type InnerPacket } from '../packet/inner-packet.js';
import type { Path } from './path.js';
import type { Peers } from './peers.js';
import type { Tunnel } from './tunnel.js';

/** A packet's outer destination and source: 4 or 16 bytes each. Reused. */
export class Destination {
  remote: Uint8Array = new Uint8Array(16);
  remoteAt = 0;
  source: Uint8Array = new Uint8Array(16);
  sourceAt = 0;

  /**
   * Sets the tunnel's remote, or the remote of the packet's inner destination. @returns false if there is no
   * route, or no known remote
   */
  find(t: Tunnel, path: Path | null, peers: Peers | null, p: InnerPacket): boolean {
    if (path !== null) {
      if (path.noRoute !== null) return false;
      this.set(t.config.remote, 0, t.localAny ? path.source : t.config.local, 0);
      return true;
    }
    if (peers === null) return false;
    let at = -1;
    if (t.ethernet) at = peers.find(p.bytes, p.at, 6);
    else if (p.protocol === ETH_P_IP) at = peers.find(p.bytes, p.network + 16, 4);
    else if (p.protocol === ETH_P_IPV6) at = peers.find(p.bytes, p.network + 24, 16);
    if (at < 0) return false;
    if (t.localAny) this.set(peers.bytes, at, peers.bytes, at + 16);
    else this.set(peers.bytes, at, t.config.local, 0);
    return true;
  }

  set(remote: Uint8Array, remoteAt: number, source: Uint8Array, sourceAt: number): void {
    this.remote = remote;
    this.remoteAt = remoteAt;
    this.source = source;
    this.sourceAt = sourceAt;
  }
}
