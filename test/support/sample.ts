/** A conversation of one protocol, for the common fuzz test: its server's port, and its messages in order. */
export interface Sample {
  readonly server: number;
  readonly udp?: true;
  readonly messages: readonly (readonly ['client' | 'server', Uint8Array])[];
}
