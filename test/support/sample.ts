/** A conversation that a test of a reader has, for the fuzz test of all readers. */
export interface Sample {
  readonly server: number;
  readonly udp?: true;
  readonly messages: readonly (readonly ['client' | 'server', Uint8Array])[];
}
