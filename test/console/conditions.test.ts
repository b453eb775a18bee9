import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditions, parseCondition } from '../../src/console/statements/conditions.js';

const sql = (text: string): string => conditions([text])[0];

describe('conditions of the API', () => {
  it.each([
    ['server:10.30.0.30', "(server_ip = toIPv6('10.30.0.30'))"],
    ['server_port:443,8443', '(server_port IN (443, 8443))'],
    ['tcp_state:!SF', "NOT (tcp_state = 'SF')"],
    ['client:10.20.0.7/24', "(client_ip BETWEEN toIPv6('10.20.0.0') AND toIPv6('10.20.0.255'))"],
    [
      'client:2001:db8::/33',
      "(client_ip BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'))",
    ],
    ['handshake_us:>100000', '(handshake_us > 100000)'],
    ['host:10.0.0.1', "(client_ip = toIPv6('10.0.0.1') OR server_ip = toIPv6('10.0.0.1'))"],
    ['network:office', "(client_network = 'office' OR server_network = 'office')"],
    ['role:guests,staff', "(client_role IN ('guests', 'staff') OR server_role IN ('guests', 'staff'))"],
    ['host_site:!berlin', "NOT (client_site = 'berlin' OR server_site = 'berlin')"],
    ['country:', "(client_country = '' OR server_country = '')"],
    ['as:64496', '(client_asn = 64496 OR server_asn = 64496)'],
    ['as:AS64496,as64497', '(client_asn IN (64496, 64497) OR server_asn IN (64496, 64497))'],
    ['as:*cloud*', "(client_as_org ILIKE '%cloud%' OR server_as_org ILIKE '%cloud%')"],
    [
      'as:64496,Example Cloud',
      "(client_asn = 64496 OR client_as_org = 'Example Cloud' OR " +
        "server_asn = 64496 OR server_as_org = 'Example Cloud')",
    ],
    ['policy:guests > databases', "(policy = 'guests > databases')"],
    ['vlan_ids:20', '(has(vlan_ids, 20))'],
    ['gre_key:', '(gre_key IS NULL)'],
    ['bytes:1000..2000', '((client_bytes + server_bytes) BETWEEN 1000 AND 2000)'],
    ['server_name:*.example.com', "(server_name ILIKE '%.example.com')"],
    ['server_name:"a,b",c', "(server_name IN ('a,b', 'c'))"],
    ['app:', "(app_protocol = '')"],
  ])('%s', (text, expected) => {
    expect(sql(text)).toBe(expected);
  });

  it.each([
    ['nonsense', /is no condition/],
    ['no_such_column:1', /no_such_column is no column/],
    ['server_port:https', /server_port: https is not a number/],
    ['client:10.0.0.0/33', /client: 10.0.0.0\/33 is not an address/],
    ["session_id:x' OR 1", /is not a session's id/],
    [`server_port:${'1,'.repeat(101)}1`, /102 values; 100 at most/],
  ])('refuses %s', (text, message) => {
    expect(() => sql(text)).toThrow(message);
  });

  it('never lets a value out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const written = `"${value.replaceAll('"', '""')}"`;
        if (value === '') return;
        expect(parseCondition(`server_name:${written}`).values).toEqual([value]);
        const [text] = conditions([`server_name:${written}`]);
        // Strings without what is escaped in them leave no quote behind.
        const outside = text.replace(/'(?:[^'\\]|\\[\s\S])*'/g, '');
        expect(outside).toMatch(/^\(server_name (= |ILIKE )\)$/);
      }),
    );
  });
});
