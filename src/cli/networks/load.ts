/** Keeps networks in a store, through the collector that holds it if there is one. */
import { basename } from 'node:path';
import { UsageError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { isServer, withoutPassword } from '../../model/store-location.js';
import { counted } from '../../model/words.js';
import { openReply } from '../../observe/control.js';
import { networkLine } from '../../store/networks/network-lines.js';
import type { Loaded } from '../../store/networks/stored-networks.js';
import { heldBy, type NamedStore, type StoreOptions, storeToWrite } from '../find-store.js';

/** What a load came to. */
type Told = Pick<Loaded, 'replaced' | 'left'>;

/** Bytes of lines that are sent at once. */
const PIECE_BYTES = 64 << 10;

export async function load(file: string, options: StoreOptions): Promise<void> {
  await refuseWithFile(options);
  const { readNetworks } = await import('../../networks/read-networks.js');
  const { networks, passedOver } = readNetworks(file);
  for (const [what, objects] of passedOver)
    say(`${file}: ${counted(objects, 'object')} passed over: ${what}`);
  if (networks.length === 0)
    throw new UsageError(`${file}: has no network: to have none, mirrorlake networks clear`);
  const named = await storeToWrite(options);
  const told = await keep(named, networks, basename(file));
  say(`${counted(networks.length, 'network')} of ${file} loaded into ${withoutPassword(named.location)}`);
  tell(told);
}

export async function clear(options: StoreOptions): Promise<void> {
  await refuseWithFile(options);
  const named = await storeToWrite(options);
  const told = await keep(named, [], '');
  say(`${withoutPassword(named.location)} has no networks any more; rows keep what they say`);
  tell(told);
}

/** @throws UsageError if the configuration has the networks in a file */
async function refuseWithFile({ config }: StoreOptions): Promise<void> {
  if (config === undefined) return;
  const { networks } = (await import('../../config/load.js')).loadConfig(config);
  if (networks !== undefined)
    throw new UsageError(
      `${config}: \`networks\` names ${networks}: change that file, which the collector reads again, or ` +
        'remove the key',
    );
}

async function keep(named: NamedStore, networks: readonly Network[], file: string): Promise<Told> {
  const collector = isServer(named.location) ? undefined : (await heldBy(named)).collector;
  if (collector !== undefined) return upload(collector, networks, file);
  const { openStore } = await import('../../store/open.js');
  const store = openStore(named.location, { create: true });
  try {
    await store.migrate();
    return await store.networks.load(networks, file);
  } finally {
    await store.close();
  }
}

/** Sends networks to the collector that holds the store. @throws ControlError with its own words */
async function upload(collector: string, networks: readonly Network[], file: string): Promise<Told> {
  const reply = await openReply(collector, { command: 'load_networks', networks: networks.length, file });
  const answer = (async () => {
    let text = '';
    for await (const piece of reply.body) text += piece.toString();
    return JSON.parse(text) as Told;
  })();
  // It may refuse the upload in its middle.
  let refused = false;
  answer.catch(() => {
    refused = true;
  });
  let lines = '';
  for (const [i, network] of networks.entries()) {
    lines += networkLine(network);
    if (lines.length < PIECE_BYTES && i < networks.length - 1) continue;
    if (!reply.upload.write(Buffer.from(lines))) await Promise.race([reply.upload.drained(), answer]);
    if (refused) break;
    lines = '';
  }
  reply.upload.endUpload();
  return answer;
}

function tell({ replaced, left }: Told): void {
  if (replaced) say('a later load by somebody else is in effect instead');
  if (left !== undefined) say(`older loads stay in the store: ${left}`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
