/** Which networks are in effect for a store: those of its collector's file, or those in the store. */
import type { Readable } from 'node:stream';
import type { Network } from '../../model/network.js';
import type { HeldStore } from '../../model/status.js';
import { askCollector } from '../../observe/control.js';
import { tablePrefix } from '../../store/location.js';
import { LINE_COLUMNS, storedNetwork } from '../../store/networks/network-lines.js';
import { ask } from '../ask.js';
import { COLLECTOR_PATIENCE, type FoundStore, type StoreOptions } from '../find-store.js';

export interface NetworksInEffect {
  readonly networks: readonly Network[];
  /** The file that they are from; undefined: the store. */
  readonly file: string | undefined;
}

export async function networksInEffect(found: FoundStore, options: StoreOptions): Promise<NetworksInEffect> {
  const file = await fileOf(found, options);
  if (file !== undefined) {
    const { readNetworks } = await import('../../networks/read-networks.js');
    return { networks: readNetworks(file).networks, file };
  }
  const networks: Network[] = [];
  const from = `${tablePrefix(found.location)}networks`;
  const sql = `SELECT ${LINE_COLUMNS} FROM ${from} ORDER BY address, bits, vni, vlan`;
  await ask(found, sql, { format: 'JSONCompactEachRow', timeout: 'longest' }, async (answer) => {
    for await (const line of linesOf(answer)) networks.push(storedNetwork(line));
  });
  return { networks, file: undefined };
}

/** The file that `networks` names, of the running collector or of the configuration. */
async function fileOf({ collector }: FoundStore, { config }: StoreOptions): Promise<string | undefined> {
  if (collector !== undefined) {
    const held = await askCollector(collector, { command: 'store' }, { within: COLLECTOR_PATIENCE });
    return (held as HeldStore).networks;
  }
  if (config === undefined) return undefined;
  return (await import('../../config/load.js')).loadConfig(config).networks;
}

/** The lines of an answer, without their ends. */
export async function* linesOf(answer: Readable): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const piece of answer as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
