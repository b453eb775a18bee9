/** What `read` knows of addresses: by --config, and by options of its own, which go before it. */
import type { Config } from '../../config/schema.js';
import { NAME_SOURCES, type NameSourceWord } from '../../model/name-source.js';
import { counted } from '../../model/words.js';
import type { Knowledge } from '../../networks/conversation-facts.js';
import { NOTHING_KNOWN } from '../../networks/known-networks.js';

export interface AddressOptions {
  readonly networks?: string;
  readonly owners: readonly string[];
  readonly names?: readonly NameSourceWord[];
  readonly namesFile?: string;
}

/**
 * @param say takes a line for people: what was passed over, roles that no network has
 * @throws UsageError naming the file that is wrong, and the line
 */
export async function readAddresses(
  options: AddressOptions,
  config: Config | undefined,
  say: (line: string) => void,
): Promise<Knowledge> {
  const file = options.networks ?? config?.networks;
  const ownerFiles = options.owners.length > 0 ? options.owners : (config?.owners ?? []);
  const namesFile = options.namesFile ?? config?.names_file;
  const policies = config?.policies ?? [];
  const names = options.names ?? config?.names ?? NAME_SOURCES;
  if (file === undefined && ownerFiles.length === 0 && namesFile === undefined && policies.length === 0)
    return { known: NOTHING_KNOWN, policies, names };
  const [
    { readNetworks },
    { networkTable },
    { readOwners },
    { readNames },
    { namesTable },
    { rolesNowhere },
  ] = await Promise.all([
    import('../../networks/read-networks.js'),
    import('../../networks/network-table.js'),
    import('../../networks/owners.js'),
    import('../../networks/names-file.js'),
    import('../../networks/names-table.js'),
    import('../../networks/role-policies.js'),
  ]);
  const read = file === undefined ? undefined : readNetworks(file);
  for (const [type, count] of read?.passedOver ?? []) say(`${file}: passed over ${counted(count, type)}`);
  const nowhere = rolesNowhere(policies, new Set(read?.networks.map(({ role }) => role)));
  if (nowhere !== '') say(nowhere);
  const known = {
    networks: read && networkTable(read.networks),
    owners: ownerFiles.map((owners) => readOwners(owners)),
    names: namesFile === undefined ? undefined : namesTable(readNames(namesFile)),
  };
  return { known, policies, names };
}
