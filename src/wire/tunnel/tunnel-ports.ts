/** The UDP destination ports of tunnels inside frames: overlays, and other protocols in UDP. */

import { LAYERS } from '../walk/layer-table.js';
import { Layer } from '../walk/layers.js';
import { type PortSteps, Step } from '../walk/walk-state.js';
import type { Overlay, OverlayKind } from './overlay-kinds.js';

/** The step that decodes each, and the ports that need no configuration. */
const STEPS = new Map<OverlayKind, Step>([['none', Step.Done]]);
const KNOWN: Overlay[] = [];
for (const name of Object.keys(LAYERS) as (keyof typeof Layer)[]) {
  const { overlay: kind, udpPorts = [] } = LAYERS[name];
  if (kind === undefined) continue;
  STEPS.set(kind, Layer[name]);
  for (const port of udpPorts) KNOWN.push({ kind, port });
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
