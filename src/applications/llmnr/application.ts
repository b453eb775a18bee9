import { DnsReader } from '../dns/reader.js';
import { isDnsMessage } from '../dns-message.js';
import type { Application } from '../reader.js';

export const LLMNR: Application = {
  name: 'llmnr',
  newReader: () => new DnsReader('llmnr'),
  udp: {
    ports: [5355],
    is: ({ bytes, start, end, length }) => isDnsMessage(bytes, start, end, end - start >= length),
  },
};
