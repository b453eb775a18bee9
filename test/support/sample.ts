/** A conversation for the fuzz test of readers: whole messages, in order. */
export interface Sample {
  readonly server: number;
  readonly udp?: true;
  readonly messages: readonly (readonly ['client' | 'server', Uint8Array])[];
}
