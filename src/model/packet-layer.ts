/** What a kept frame begins with; the words of the column `layer`. */
export const PacketLayer = { Other: 0, Ethernet: 1, Ipv4: 2, Ipv6: 3, Ppp: 4, Ieee80211: 5 } as const;
export type PacketLayer = (typeof PacketLayer)[keyof typeof PacketLayer];
export const PACKET_LAYER_NAMES = ['other', 'ethernet', 'ipv4', 'ipv6', 'ppp', 'ieee80211'] as const;
