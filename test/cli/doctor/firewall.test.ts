import { describe, expect, it } from 'vitest';
import { iptablesVerdict, nftVerdicts } from '../../../src/cli/doctor/host.js';

describe('iptables -S INPUT', () => {
  const drops = (text: string): boolean => iptablesVerdict('iptables', text).drops;

  it('lets GRE in when nothing is said, or when it is accepted before it is dropped', () => {
    expect(drops('-P INPUT ACCEPT\n')).toBe(false);
    expect(drops('-P INPUT DROP\n-A INPUT -p gre -j ACCEPT\n')).toBe(false);
    expect(drops('-P INPUT DROP\n-A INPUT -p 47 -j ACCEPT\n')).toBe(false);
    expect(drops('-P INPUT DROP\n-A INPUT -j ACCEPT\n')).toBe(false);
    expect(drops('-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 25 -j DROP\n')).toBe(false);
  });

  it('keeps GRE out by a rule for it, by one for everything, or by what it does with the rest', () => {
    expect(drops('-P INPUT ACCEPT\n-A INPUT -p gre -j DROP\n')).toBe(true);
    expect(
      drops(
        '-P INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n',
      ),
    ).toBe(true);
    expect(
      drops('-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m state --state ESTABLISHED -j ACCEPT\n'),
    ).toBe(true);
    const verdict = iptablesVerdict('iptables', '-P INPUT ACCEPT\n-A INPUT -p gre -j DROP\n');
    expect(verdict.text).toBe('iptables has "-A INPUT -p gre -j DROP"');
    expect(verdict.mend).toBe('iptables -I INPUT -p gre -j ACCEPT');
  });
});

describe('nft list ruleset', () => {
  const chain = (head: string, ...rules: string[]): string =>
    `table inet filter {\n\tchain input {\n\t\t${head}\n${rules.map((r) => `\t\t${r}\n`).join('')}\t}\n}\n`;

  it('lets GRE in when it is accepted, or when the chain accepts the rest', () => {
    expect(nftVerdicts('')).toEqual([]);
    expect(
      nftVerdicts(chain('type filter hook input priority filter; policy accept;', 'tcp dport 25 drop')),
    ).toEqual([]);
    expect(
      nftVerdicts(chain('type filter hook input priority filter; policy drop;', 'meta l4proto gre accept')),
    ).toEqual([]);
    expect(
      nftVerdicts(
        chain('type filter hook input priority filter; policy drop;', 'ip protocol { icmp, gre } accept'),
      ),
    ).toEqual([]);
    expect(nftVerdicts(chain('type filter hook forward priority filter; policy drop;'))).toEqual([]);
  });

  it('keeps GRE out by a rule for it, or by what it does with the rest', () => {
    const policy = nftVerdicts(
      chain('type filter hook input priority filter; policy drop;', 'tcp dport 22 accept'),
    );
    expect(policy[0].text).toBe("nft's inet filter input drops what it does not accept, and accepts no GRE");
    expect(policy[0].mend).toBe('nft insert rule inet filter input meta l4proto gre accept');
    const rule = nftVerdicts(
      chain('type filter hook prerouting priority raw; policy accept;', 'meta l4proto 47 drop'),
    );
    expect(rule[0].text).toBe('nft\'s inet filter input has "meta l4proto 47 drop"');
  });

  it('knows what keeps GRE out before the firewall proper, and leaves alone what is for some senders', () => {
    const ingress = nftVerdicts(
      chain('type filter hook ingress device "eth0" priority filter; policy accept;', 'ip protocol gre drop'),
    );
    expect(ingress[0].text).toBe('nft\'s inet filter input has "ip protocol gre drop"');
    expect(
      nftVerdicts(
        chain(
          'type filter hook input priority filter; policy accept;',
          'meta l4proto gre ip saddr != { 10.0.0.11, 10.0.0.12 } drop',
          'meta l4proto gre meta nfproto ipv6 drop',
        ),
      ),
    ).toEqual([]);
  });
});
