/**
 * Tunnels that can be configured for a UDP port; `none`: its payload is not decoded. This file loads nothing.
 */
export const OVERLAY_KINDS = ['vxlan', 'vxlan-gpe', 'geneve', 'gtpu', 'gre', 'mpls', 'none'] as const;
export type OverlayKind = (typeof OVERLAY_KINDS)[number];

/** A UDP destination port, and the tunnel behind it. */
export interface Overlay {
  readonly kind: OverlayKind;
  readonly port: number;
}
