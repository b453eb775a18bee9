/** What may be said to lie behind a UDP port; `none`: nothing does, the payload stays one. Nothing is loaded for the words. */
export const OVERLAY_KINDS = ['vxlan', 'vxlan-gpe', 'geneve', 'gtpu', 'gre', 'mpls', 'none'] as const;
export type OverlayKind = (typeof OVERLAY_KINDS)[number];

/** A UDP destination port, and what lies behind it. */
export interface Overlay {
  readonly kind: OverlayKind;
  readonly port: number;
}
