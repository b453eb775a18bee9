/** The UDP destination ports of tunnels inside frames: overlays, and other protocols in UDP. */

import { MPLS_IN_UDP_PORT } from '../link/mpls.js';
import { type PortSteps, Step } from '../walk/walk-state.js';
import { GENEVE_PORT } from './geneve.js';
import { GRE_IN_UDP_PORT } from './gre.js';
import { GTPU_PORT } from './gtpu.js';
import type { Overlay, OverlayKind } from './overlay-kinds.js';
import { VXLAN_LINUX_PORT, VXLAN_PORT } from './vxlan.js';
import { VXLAN_GPE_PORT } from './vxlan-gpe.js';

/** The step that decodes each. */
const STEPS: Readonly<Record<OverlayKind, Step>> = {
  vxlan: Step.Vxlan,
  'vxlan-gpe': Step.VxlanGpe,
  geneve: Step.Geneve,
  gtpu: Step.Gtpu,
  gre: Step.Gre,
  mpls: Step.Mpls,
  none: Step.Done,
};

/** IANA's ports, and Linux' own for VXLAN. */
const KNOWN: readonly Overlay[] = [
  { kind: 'vxlan', port: VXLAN_PORT },
  { kind: 'vxlan', port: VXLAN_LINUX_PORT },
  { kind: 'vxlan-gpe', port: VXLAN_GPE_PORT },
  { kind: 'geneve', port: GENEVE_PORT },
  { kind: 'gtpu', port: GTPU_PORT },
  { kind: 'gre', port: GRE_IN_UDP_PORT },
  { kind: 'mpls', port: MPLS_IN_UDP_PORT },
];

export class TunnelPorts implements PortSteps {
  private readonly steps = new Uint8Array(65536);

  /**
   * @param overlays in addition to the well-known ports, or replacing them; the last entry for a port counts
   */
  constructor(overlays: readonly Overlay[] = []) {
    for (const { kind, port } of [...KNOWN, ...overlays]) this.steps[port] = STEPS[kind];
  }

  step(port: number): Step {
    return this.steps[port] as Step;
  }
}

/** The default ports. */
export const KNOWN_TUNNEL_PORTS = new TunnelPorts();
