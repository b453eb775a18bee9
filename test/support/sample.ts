/** A sample conversation of a protocol, for the fuzz test that all readers share. */
export interface Sample {
  readonly server: number;
  readonly udp?: true;
  readonly messages: readonly (readonly ['client' | 'server', Uint8Array])[];
}
