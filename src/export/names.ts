/** The names that go with kept packets. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AddressName } from '../receive/file/pcapng-writer.js';
import { parseAddress } from '../wire/ip/addresses.js';

/** The format of the answer that {@link readNames} reads. */
export const NAMES_FORMAT = 'JSONCompactEachRow';

/** Reads the answer of `namesOfSessions`, which is bounded. */
export async function readNames(answer: Readable): Promise<AddressName[]> {
  const names: AddressName[] = [];
  for (const line of (await text(answer)).split('\n')) {
    if (line === '') continue;
    const [written, name] = JSON.parse(line) as [string, string];
    const address = new Uint8Array(16);
    if (parseAddress(written, address, 0) !== 0) names.push({ address, name });
  }
  return names;
}
