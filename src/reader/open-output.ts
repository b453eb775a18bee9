/**
 * Opens the output of `read`. Each kind is loaded only if it is asked for: with a short capture, loading
 * modules takes most of the time.
 */
import type { MirrorTable } from '../accounts/mirrors.js';
import type { KeptPackets } from '../config/kept-packets.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { FilledStore } from './filled-store.js';
import { isRowKind, type NdjsonKind } from './kinds.js';
import type { ReadOutput } from './output.js';

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

/** Where rows go: into the store, or as lines of these kinds to stdout. */
export async function outputOf(
  kinds: readonly NdjsonKind[],
  store: FilledStore | undefined,
  options: OutputOptions,
): Promise<ReadOutput> {
  if (store !== undefined) {
    const { StoreOutput } = await import('./store-output.js');
    return new StoreOutput(store, options);
  }
  const own = kinds.filter((kind) => !isRowKind(kind));
  // The session thread prints the others.
  if (own.length === 0) return new ManyOutputs([]);
  const { MirrorLines, PacketLines, TunnelLines } = await import('./lines-output.js');
  const named = kinds.length > 1;
  const outputs: ReadOutput[] = [];
  if (own.includes('packets')) outputs.push(new PacketLines(named));
  if (own.includes('mirrors')) outputs.push(new MirrorLines(options.collector, named));
  if (own.includes('tunnels')) outputs.push(new TunnelLines(options.tunnels, named));
  return new ManyOutputs(outputs);
}

/** Lines of several kinds, one after the other. */
class ManyOutputs implements ReadOutput {
  readonly watcher?: PacketWatcher;

  constructor(private readonly outputs: readonly ReadOutput[]) {
    const watcher = outputs.find((output) => output.watcher !== undefined)?.watcher;
    if (watcher !== undefined) this.watcher = watcher;
  }

  async settle(): Promise<void> {}

  async finish(mirrors: MirrorTable): Promise<void> {
    for (const output of this.outputs) await output.finish(mirrors);
  }
}
