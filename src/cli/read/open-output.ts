/**
 * Opens what `read` writes to. Each kind is loaded only when it is asked for: of the time a short capture takes, most
 * goes into loading modules.
 */
import type { KeptPackets } from '../../config/kept-packets.js';
import type { Store } from '../../store/store.js';
import type { TunnelTable } from '../../tunnels/table.js';
import type { NdjsonKind } from './kinds.js';
import type { ReadOutput } from './output.js';

/** `--ndjson sessions`: the session thread prints them. */
class SessionLines implements ReadOutput {
  async settle(): Promise<void> {}

  async finish(): Promise<void> {}
}

interface OutputOptions {
  readonly collector: string;
  /** What names this reading in the store. */
  readonly token: string;
  /** Frames kept beside sessions, undefined: none. */
  readonly packets: KeptPackets | undefined;
  /** Tunnels in the words of `ip tunnel add`. */
  readonly tunnels: readonly string[];
}

/** Where rows go, and the tunnels that are asked first, if there are any. */
export async function outputOf(
  kind: NdjsonKind | undefined,
  store: Store | undefined,
  options: OutputOptions,
): Promise<{ output: ReadOutput; tunnels: TunnelTable | undefined }> {
  const tunnels = options.tunnels.length > 0 ? await tunnelsOf(options.tunnels) : undefined;
  return { output: await open(kind, store, tunnels, options), tunnels };
}

async function tunnelsOf(specs: readonly string[]): Promise<TunnelTable> {
  const [{ parseTunnelSpec }, { TunnelTable }] = await Promise.all([
    import('../../tunnels/spec.js'),
    import('../../tunnels/table.js'),
  ]);
  const tunnels = new TunnelTable();
  for (const spec of specs) tunnels.add(parseTunnelSpec(spec));
  return tunnels;
}

async function open(
  kind: NdjsonKind | undefined,
  store: Store | undefined,
  tunnels: TunnelTable | undefined,
  options: OutputOptions,
): Promise<ReadOutput> {
  if (store !== undefined) {
    const { StoreOutput } = await import('./store-output.js');
    return new StoreOutput(store, options.collector, options.token, options.packets);
  }
  if (kind === undefined || kind === 'sessions') return new SessionLines();
  const { MirrorLines, PacketLines, TunnelLines } = await import('./lines-output.js');
  switch (kind) {
    case 'packets':
      return new PacketLines();
    case 'mirrors':
      return new MirrorLines(options.collector);
    case 'tunnels':
      return new TunnelLines(tunnels);
  }
}
