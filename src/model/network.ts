/** A network of one's own: a prefix, and what people call it. */
export interface Network {
  /** 16 bytes in network byte order, IPv4 as ::ffff:a.b.c.d; bits behind the prefix are 0. */
  readonly address: Uint8Array;
  /** Length of the prefix, 0 to 128; 96 and more for IPv4. */
  readonly bits: number;
  readonly name: string;
  readonly site: string;
  readonly role: string;
  readonly tenant: string;
  /** The VLAN id, and the VNI, that it is in, where the same addresses are used more than once. */
  readonly vlan: number | undefined;
  readonly vni: number | undefined;
}
