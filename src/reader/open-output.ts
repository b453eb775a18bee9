/**
 * Opens the output of `read`. Each kind is loaded only if it is asked for: with a short capture, loading
 * modules takes most of the time.
 */
import type { KeptPackets } from '../config/kept-packets.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { FilledStore } from './filled-store.js';
import type { NdjsonKind } from './kinds.js';
import type { ReadOutput } from './output.js';

/** `--ndjson sessions`: the session thread prints them. */
class SessionLines implements ReadOutput {
  async settle(): Promise<void> {}

  async finish(): Promise<void> {}
}

interface OutputOptions {
  readonly collector: string;
  /** Names this reading in the store. */
  readonly token: string;
  /** Whether the token is derived from the files' contents, so that the store recognises a repetition. */
  readonly once: boolean;
  /** Frames kept beside sessions, undefined: none. */
  readonly packets: KeptPackets | undefined;
  /** The tunnels that own packets, if any. */
  readonly tunnels: TunnelTable | undefined;
}

/** Where rows go. */
export async function outputOf(
  kind: NdjsonKind | undefined,
  store: FilledStore | undefined,
  options: OutputOptions,
): Promise<ReadOutput> {
  if (store !== undefined) {
    const { StoreOutput } = await import('./store-output.js');
    return new StoreOutput(store, options);
  }
  if (kind === undefined || kind === 'sessions') return new SessionLines();
  const { MirrorLines, PacketLines, TunnelLines } = await import('./lines-output.js');
  switch (kind) {
    case 'packets':
      return new PacketLines();
    case 'mirrors':
      return new MirrorLines(options.collector);
    case 'tunnels':
      return new TunnelLines(options.tunnels);
  }
}
