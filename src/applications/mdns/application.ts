import { DnsReader } from '../dns/reader.js';
import { isDnsMessage } from '../dns-message.js';
import type { Application } from '../reader.js';

export const MDNS: Application = {
  name: 'mdns',
  newReader: () => new DnsReader('mdns'),
  udp: {
    ports: [5353],
    is: ({ bytes, start, end, length }) => isDnsMessage(bytes, start, end, end - start >= length),
  },
};
