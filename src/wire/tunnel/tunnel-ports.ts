/** The UDP destination ports of tunnels inside frames: overlays, and other protocols in UDP. */

import { LAYER_ROWS } from '../walk/layer-table.js';
import { type PortSteps, Step } from '../walk/walk-state.js';
import type { Overlay, OverlayKind } from './overlay-kinds.js';

/** The step that decodes each kind but `none`, and the ports that need no configuration. */
const STEPS = new Map<OverlayKind, Step>();
const KNOWN: Overlay[] = [];
for (const { overlay, udpPorts = [], code } of LAYER_ROWS) {
  if (overlay === undefined) continue;
  STEPS.set(overlay, code as Step);
  for (const port of udpPorts) KNOWN.push({ kind: overlay, port });
}

export class TunnelPorts implements PortSteps {
  private readonly steps = new Uint8Array(65536);

  /**
   * @param overlays in addition to the well-known ports, or replacing them; the last entry for a port counts
   */
  constructor(overlays: readonly Overlay[] = []) {
    for (const { kind, port } of [...KNOWN, ...overlays]) this.steps[port] = STEPS.get(kind) ?? Step.Done;
  }

  step(port: number): Step {
    return this.steps[port] as Step;
  }
}

/** The default ports. */
export const KNOWN_TUNNEL_PORTS = new TunnelPorts();
