/** Runs the tutorials' scripts. */
import { expect, it } from 'vitest';
import { describeWith, run } from '../support/needs.js';
import { OVS_NEEDS } from '../support/ovs-mirror.js';

const script = (name: string): string =>
  run('env', `MIRRORLAKE=${process.execPath} dist/cli/main.js`, 'sh', `docs/tutorial/${name}`);

describeWith(['root', '/dev/net/tun', 'ip', 'ping'], 'docs/tutorial', () => {
  it('gre-tunnel.sh: two hosts, a tunnel, a route, a ping', () => {
    const said = script('gre-tunnel.sh');
    expect(said).toContain('5 packets transmitted, 5 received, 0% packet loss');
    expect(said).toContain('Tunnel-1: gre remote 192.168.0.107 local 192.168.0.106');
  });
});

describeWith([...OVS_NEEDS, 'ping'], 'docs/tutorial, with a switch', () => {
  it('live-mirror.sh: a switch that mirrors, and what the collector stored', () => {
    const said = script('live-mirror.sh');
    expect(said).toMatch(/│ +0 │ icmp +│ +│ +│ +3 │ +3 │/);
    expect(said).toMatch(/│ 8443 │ tcp +│ +│ REJ +│ +1 │ +1 │/);
    expect(said).toMatch(/│ +80 │ tcp +│ http +│ SF +│/);
    expect(said).toMatch(/│ erspan2 │ +10 │ +\d+ │ +0 │/);
  });
});
