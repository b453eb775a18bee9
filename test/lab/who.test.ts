/** The files of the demo's networks say of its addresses what its store says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../src/config/units.js';
import { NetworkTable, networkTable } from '../../src/networks/network-table.js';
import { readNetworks } from '../../src/networks/read-networks.js';
import { demoRows } from '../support/demo.js';

const FILE = join(import.meta.dirname, '../../lab/networks.csv');

describe("the demo's networks", () => {
  it('are read as anybody reads such a file, and hold the addresses that its rows say', async () => {
    const { networks, kind, passedOver } = readNetworks(FILE);
    expect([kind, passedOver.size]).toEqual(['csv', 0]);
    const table = new NetworkTable(networkTable(networks));
    const rows = await demoRows<{ address: string; network: string; role: string; site: string }>(
      `SELECT DISTINCT host AS address, network, role, site FROM (
         SELECT client AS host, client_network AS network, client_role AS role, client_site AS site
         FROM sessions
         UNION ALL SELECT server, server_network, server_role, server_site FROM sessions)`,
    );
    expect(rows.length).toBeGreaterThan(70);
    for (const { address, ...said } of rows) {
      const at = table.find(parsePrefix(address)!.address, new Uint16Array(8), 0, null);
      expect({ network: table.name(at), role: table.role(at), site: table.site(at) }, address).toEqual(said);
    }
  });
});
