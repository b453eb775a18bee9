/** The tutorial's script, as a person runs it. */
import { expect, it } from 'vitest';
import { describeWith, run } from '../support/needs.js';

describeWith(['root', '/dev/net/tun', 'ip', 'ping'], 'docs/tutorial', () => {
  it('gre-tunnel.sh: two hosts, a tunnel, a route, a ping', () => {
    const said = run(
      'env',
      `MIRRORLAKE=${process.execPath} dist/cli/main.js`,
      'sh',
      'docs/tutorial/gre-tunnel.sh',
    );
    expect(said).toContain('5 packets transmitted, 5 received, 0% packet loss');
    expect(said).toContain('Tunnel-1: gre remote 192.168.0.107 local 192.168.0.106');
  });
});
