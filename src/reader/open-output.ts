/**
 * Opens the output of `read`. Each kind is loaded only if it is asked for: with a short capture, loading
 * modules takes most of the time.
 */
import type { MirrorTable } from '../accounts/mirrors.js';
import type { KeptPackets } from '../config/kept-packets.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { HopSink } from '../model/hop-record.js';
import type { PathSink } from '../model/path-record.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { FilledStore } from './filled-store.js';
import { isRowKind, type NdjsonKind, PATH_KINDS } from './kinds.js';
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
  const { MirrorLines, PacketLines, TunnelLines, WayLines } = await import('./lines-output.js');
  const named = kinds.length > 1;
  const outputs: ReadOutput[] = [];
  if (own.includes('packets')) outputs.push(new PacketLines(named));
  if (own.includes('mirrors')) outputs.push(new MirrorLines(options.collector, named));
  if (own.includes('tunnels')) outputs.push(new TunnelLines(options.tunnels, named));
  if (own.some((kind) => PATH_KINDS.includes(kind)))
    outputs.push(new WayLines(options.collector, own, named));
  return new ManyOutputs(outputs);
}

/** Lines of several kinds, one after the other. */
class ManyOutputs implements ReadOutput {
  readonly watcher?: PacketWatcher;
  readonly paths?: PathSink & HopSink;

  constructor(private readonly outputs: readonly ReadOutput[]) {
    const watcher = outputs.find((output) => output.watcher !== undefined)?.watcher;
    if (watcher !== undefined) this.watcher = watcher;
    const paths = outputs.find((output) => output.paths !== undefined)?.paths;
    if (paths !== undefined) this.paths = paths;
  }

  async settle(): Promise<void> {}

  async finish(mirrors: MirrorTable): Promise<void> {
    for (const output of this.outputs) await output.finish(mirrors);
  }
}
