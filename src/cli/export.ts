import type { Command } from 'commander';
import { NAMES_FORMAT, readNames } from '../export/names.js';
import { type Exported, writePackets } from '../export/packets.js';
import { asError } from '../model/errors.js';
import { plural } from '../model/words.js';
import { openOutput } from '../receive/file/capture-writer.js';
import { type AddressName, PcapngWriter } from '../receive/file/pcapng-writer.js';
import { namesOfSessions } from '../store/best-names.js';
import { tablePrefix } from '../store/location.js';
import { PACKET_ROW_FORMAT, packetRowsStatement } from '../store/packet-rows.js';
import { ask } from './ask.js';
import { type FoundStore, findStore, type StoreOptions } from './find-store.js';
import { CONFIG_HELP, STORE_HELP } from './store-words.js';

interface ExportOptions extends StoreOptions {
  where: string;
  output: string;
  encapsulated?: boolean;
  names?: boolean;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .summary('write kept packets as a capture')
    .description(
      'Writes the packets of chosen sessions, in order of time, as a pcapng capture with one interface ' +
        'per mirror point. Packets are kept if the configuration of collect says so (`packets`), or by ' +
        'read --packets.',
    )
    .requiredOption(
      '--where <sql>',
      'which sessions, as after WHERE: "client_ip = \'10.0.0.1\' AND server_port = 443"',
    )
    .requiredOption('--output <file>', 'the capture; - is stdout')
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--encapsulated', 'with the outer headers they were mirrored in, rebuilt')
    .option('--no-names', 'without what the addresses are called, as seen in the traffic')
    .action(async (options: ExportOptions) => {
      process.stderr.write(`${await exportPackets(options)}\n`);
    });
}

/**
 * Writes the capture.
 *
 * @returns what is to be said of it: how many packets are in it, and why there are not more
 */
export async function exportPackets(options: ExportOptions): Promise<string> {
  const found = await findStore(options);
  const prefix = tablePrefix(found.location);
  const { names, trouble } = options.names === false ? NO_NAMES : await namesIn(found, options.where, prefix);
  const sql = packetRowsStatement(options.where, prefix);
  const asked = { format: PACKET_ROW_FORMAT, timeout: 'longest' } as const;
  let said = '';
  await ask(found, sql, asked, async (answer) => {
    const writer = new PcapngWriter(await openOutput(options.output));
    try {
      await writer.addNames(names);
      said = summary(await writePackets(answer, writer, options.encapsulated === true));
    } finally {
      await writer.close();
    }
  });
  return trouble === '' ? said : `${said}\nwithout names of addresses: ${trouble}`;
}

interface FoundNames {
  readonly names: readonly AddressName[];
  /** Why there are none, where that is to be told. */
  readonly trouble: string;
}

const NO_NAMES: FoundNames = { names: [], trouble: '' };

/**
 * What both ends of the sessions are called; nothing in a store from before there were names. What is wrong
 * with the condition is told by the question for the packets, which follows.
 */
async function namesIn(found: FoundStore, where: string, prefix: string): Promise<FoundNames> {
  let names: AddressName[] = [];
  const asked = { format: NAMES_FORMAT, timeout: 'longest' } as const;
  try {
    await ask(found, namesOfSessions(where, prefix), asked, async (answer) => {
      names = await readNames(answer);
    });
    return { names, trouble: '' };
  } catch (error) {
    const { message } = asError(error);
    if (/address_names.*\(UNKNOWN_TABLE\)/s.test(message)) return NO_NAMES;
    return { names: [], trouble: message };
  }
}

function summary({ packets, left }: Exported): string {
  const [were, them] = left === 1 ? ['was', 'it'] : ['were', 'them'];
  const without =
    left > 0
      ? `; ${left} ${were} left out: an earlier version kept ${them} without the GRE protocol ` +
        `that carried ${them}`
      : '';
  const none =
    packets + left === 0
      ? ': none were kept of the sessions chosen; packets are kept with `read --packets`, or ' +
        '`packets:` in the configuration of `collect`'
      : '';
  return `${packets} ${plural(packets, 'packet')}${without}${none}`;
}
