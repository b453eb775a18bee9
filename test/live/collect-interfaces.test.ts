import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TestCollector } from '../support/collector.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

describeWith(['root', 'ip', 'nsenter'], 'mirrorlake collect', () => {
  let sender: PacketSender;
  let collector: TestCollector | undefined;

  function link(): void {
    tryIp('link del f-cif0');
    ip('link add f-cif0 type veth peer name f-cif1');
    for (const name of ['f-cif0', 'f-cif1']) ip(`link set ${name} mtu 2000 up`);
    sender = new PacketSender('f-cif0');
  }
  beforeAll(link);
  afterAll(() => {
    sender.close();
    tryIp('link del f-cif0');
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  function send(frames: Iterable<Uint8Array>): void {
    for (const f of frames) sender.add(f);
    sender.flush();
  }

  it('follows an interface with two workers as another user: renamed, down, created again', async () => {
    const c = await TestCollector.start(['--interface', 'f-cif1', '--workers', '2', '--user', 'nobody']);
    collector = c;
    const source = new MirrorSource(4);
    let sent = 0;
    const receives = async (): Promise<void> => {
      // Several conversations: both workers have their share.
      for (let n = 1; n <= 20; n++, sent++) send([source.wrap(udpFrame(`10.0.0.${n}`, '10.0.1.1', 6, 64))]);
      await c.statusWhen((s) => s.receivers[0].packets === sent && s.mirrors[0]?.packets === sent);
    };
    const is = (state: string): Promise<unknown> => c.statusWhen((s) => s.receivers[0].state === state);
    await receives();
    for (let turn = 0; turn < 3; turn++) {
      ip('link set f-cif1 name f-cif9');
      await is('gone');
      ip('link set f-cif9 name f-cif1');
      await is('up');
      await receives();
      ip('link set f-cif1 down');
      await is('down');
      ip('link set f-cif1 up');
      await is('up');
      await receives();
      sender.close();
      ip('link del f-cif1');
      await is('gone');
      link();
      await is('up');
      await receives();
    }
    const s = await c.status();
    expect(s.receivers[0]).toMatchObject({ packets: sent, dropped: 0 });
    expect(s.mirrors[0]).toMatchObject({ packets: sent, lost: 0 });
    expect(await c.stop()).toBe(0);
  });

  it('knows the type of an interface even if /sys belongs to another network namespace', () => {
    const netns = 'f-cif';
    tryIp(`netns del ${netns}`);
    ip(`netns add ${netns}`);
    try {
      ip(`-n ${netns} link add f-cif2 type veth peer name f-cif3`);
      const module = fileURLToPath(new URL('../../src/linux/interface.ts', import.meta.url));
      const code =
        `import { interfaceType } from '${module}'; ` +
        "console.log(['f-cif2', 'lo', 'none'].map(interfaceType).join())";
      const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', code];
      // Unlike `ip netns exec`, nsenter leaves /sys as it is; so does NetworkNamespacePath= of a systemd
      // unit.
      const said = execFileSync('nsenter', [`--net=/run/netns/${netns}`, ...node], { encoding: 'utf8' });
      expect(said.trim()).toBe('1,772,-1');
    } finally {
      tryIp(`netns del ${netns}`);
    }
  });

  it('rejects a whole configuration that needs more than its user may do', async () => {
    const tunnel = "tunnels: ['f-cift mode gre remote 198.51.100.7 local 198.51.100.8']\n";
    const mirrors = (name: string, more = ''): string => `mirrors: [{ name: ${name}, session: 1${more} }]\n`;
    const c = await TestCollector.start(['--interface', 'f-cif1', '--user', 'nobody'], {
      config: `${tunnel}${mirrors('before')}`,
    });
    collector = c;
    const source = new MirrorSource(1);
    send([source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 6))]);
    const is = async (name: string, tunnels: number): Promise<void> => {
      const s = await c.statusWhen((s) => s.mirrors[0]?.name === name);
      expect(s.tunnels.length).toBe(tunnels);
    };
    await is('before', 1);
    writeFileSync(c.configFile, mirrors('after', ', tap: f-cift2'));
    c.signal('SIGHUP');
    await c.statusWhen(() => /not taken over: cannot (?:open|make) .*E(ACCES|PERM)/.test(c.log));
    await is('before', 1);
    writeFileSync(c.configFile, mirrors('after'));
    c.signal('SIGHUP');
    await is('after', 0);
    expect(await c.stop()).toBe(0);
  });

  it('stores and analyses frames up to the snap length only, and counts all their bytes', async () => {
    const config = `packets: all
mirrors:
  - { name: short, session: 1, snap_length: 54 }
`;
    const c = await TestCollector.start(['--interface', 'f-cif1'], { config });
    collector = c;
    const talk = tcpConversation('10.0.0.1', '10.0.0.2', 40004);
    for (const session of [1, 2]) {
      const source = new MirrorSource(session);
      send(talk.map((f) => source.wrap(f)));
    }
    const { rows } = await c.queryWhen<Record<string, unknown>>(
      `SELECT mirror_session, app_protocol, truncated, toUInt32(client_bytes + server_bytes) AS bytes,
         toUInt32(client_payload + server_payload) AS payload FROM sessions ORDER BY mirror_session`,
      (r) => r.length === 2,
    );
    const bytes = talk.reduce((n, f) => n + f.length - 14, 0);
    expect(rows[0]).toEqual({ ...rows[1], mirror_session: 1, app_protocol: '' });
    expect(rows[1]).toMatchObject({ app_protocol: 'http', truncated: 0, bytes });
    const kept = await c.queryWhen<Record<string, unknown>>(
      `SELECT mirror_session, arraySort(groupArray(toUInt32(length(frame)))) AS kept,
         arraySort(groupArray(original_length)) AS whole
       FROM packets GROUP BY mirror_session ORDER BY mirror_session`,
      (r) => r.length === 2 && r.every((row) => (row.kept as number[]).length === talk.length),
    );
    const lengths = talk.map((f) => f.length).sort((a, b) => a - b);
    expect(kept.rows).toEqual([
      { mirror_session: 1, kept: lengths.map((n) => Math.min(n, 54)), whole: lengths },
      { mirror_session: 2, kept: lengths, whole: lengths },
    ]);
    expect(await c.stop()).toBe(0);
  });
});
