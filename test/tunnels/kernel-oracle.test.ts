import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { countWithTable } from '../support/oracle-receiver.js';
import { oraclePackets, oracleTunnels } from '../support/oracle-traffic.js';

it('the receive path counts packets as Linux 6.1 counted them (test/interop/kernel-oracle.test.ts)', () => {
  const tunnels = oracleTunnels(1);
  const counters = new URL('../fixtures/kernel-oracle/seed-1.json', import.meta.url);
  const expected = JSON.parse(readFileSync(counters, 'utf8'));
  expect(countWithTable(tunnels, oraclePackets(1, tunnels, 2000))).toEqual(expected);
});
