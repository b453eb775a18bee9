import { isDnsMessage } from '../dns-message.js';
import type { Application } from '../reader.js';

export const LLMNR: Application = {
  name: 'llmnr',
  udp: {
    ports: [5355],
    is: ({ bytes, start, end, length }) => isDnsMessage(bytes, start, end, end - start >= length),
  },
};
