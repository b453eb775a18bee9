import { describe, expect, it } from 'vitest';
import { fanoutByInnerAddresses } from '../../../src/linux/input-filter.js';
import {
  stateLength,
  TIME_LENGTH,
  type XdpProgramOptions,
  XdpState,
  xdpProgram,
} from '../../../src/linux/xdp/program.js';
import { runBpf } from '../../support/bpf-machine.js';
import { runXdp, type XdpRun } from '../../support/ebpf-machine.js';
import {
  bytes,
  erspan2,
  ethernet,
  type IpOptions,
  ipv4,
  ipv6,
  ipv6Fragment,
  udp,
} from '../../support/frames.js';

const [STATE, SOCKETS] = [3, 4];
const [QUEUES, WORKERS] = [2, 3];
const XDP_PASS = 2;
const TIME = 1_234_567_890_123n;

class Interface {
  readonly state: XdpState;
  private readonly memory = new Uint8Array(stateLength(QUEUES * WORKERS));
  private readonly program: Uint8Array;

  constructor(options: Partial<XdpProgramOptions> = {}) {
    this.state = new XdpState(this.memory.buffer, QUEUES * WORKERS);
    this.state.admit(true);
    this.program = xdpProgram({
      gre: true,
      udp: [{ kind: 'vxlan', port: 4789 }],
      queues: QUEUES,
      workers: WORKERS,
      state: STATE,
      sockets: SOCKETS,
      ...options,
    });
  }

  receive(frame: Uint8Array, queue = 0): XdpRun {
    return runXdp(frame, { program: this.program, maps: new Map([[STATE, this.memory]]), time: TIME, queue });
  }

  /** Whether it redirects a frame; what it does not it passes. */
  takes(frame: Uint8Array, queue = 0): boolean {
    const { action, redirected, meta } = this.receive(frame, queue);
    if (redirected !== undefined) return true;
    expect({ action, meta: meta.length }).toEqual({ action: XDP_PASS, meta: 0 });
    return false;
  }
}

const inner = (last: number): Uint8Array =>
  ethernet(0x0800, ipv4('10.0.0.1', `10.0.0.${last}`, 17, udp(1, 2, new Uint8Array(30))));
const mirrored = (last = 2): Uint8Array => erspan2(1, 1, inner(last));
interface Over4 extends IpOptions {
  readonly next?: number;
  readonly source?: string;
}
const over4 = (payload: Uint8Array, { next = 47, source = '198.51.100.1', ...o }: Over4 = {}): Uint8Array =>
  ethernet(0x0800, ipv4(source, '198.51.100.2', next, payload, o));
const over6 = (next: number, payload: Uint8Array, source = '2001:db8::1'): Uint8Array =>
  ethernet(0x86dd, ipv6(source, '2001:db8::2', next, payload));
/** Puts VLAN tags into a frame. */
const tagged = (frame: Uint8Array, ...tpids: number[]): Uint8Array =>
  bytes(
    frame.subarray(0, 12),
    tpids.flatMap((tpid) => [tpid >> 8, tpid & 255, 0, 7]),
    frame.subarray(12),
  );
const vxlan = (port: number): Uint8Array => udp(50_000, port, bytes([8, 0, 0, 0, 0, 0, 7, 0], inner(2)));
const arp = ethernet(0x0806, new Uint8Array(28));

describe('the XDP program', () => {
  it('redirects what carries mirrored traffic, and passes everything else', () => {
    const xdp = new Interface();
    for (const frame of [over4(mirrored()), over6(47, mirrored()), over4(vxlan(4789), { next: 17 })])
      expect(xdp.takes(frame)).toBe(true);
    for (const frame of [over4(vxlan(53), { next: 17 }), over4(new Uint8Array(20), { next: 6 }), arp])
      expect(xdp.takes(frame)).toBe(false);
    const withoutGre = new Interface({ gre: false });
    expect(withoutGre.takes(over4(mirrored()))).toBe(false);
    expect(withoutGre.takes(over4(vxlan(4789), { next: 17 }))).toBe(true);
  });

  it('passes all until it is told to redirect', () => {
    const xdp = new Interface();
    xdp.state.admit(false);
    expect(xdp.takes(over4(mirrored()))).toBe(false);
    xdp.state.admit(true);
    expect(xdp.takes(over4(mirrored()))).toBe(true);
  });

  it.each([
    ['one', [0x8100]],
    ['two, the outer one a provider’s', [0x88a8, 0x8100]],
    ['two', [0x8100, 0x8100]],
  ])('sees through tags: %s', (_, tpids) => {
    const xdp = new Interface();
    expect(xdp.takes(tagged(over4(mirrored()), ...tpids))).toBe(true);
    expect(xdp.takes(tagged(over6(47, mirrored()), ...tpids))).toBe(true);
    expect(xdp.takes(tagged(arp, ...tpids))).toBe(false);
  });

  it('passes frames cut off anywhere in their headers', () => {
    const xdp = new Interface();
    const frame = tagged(over6(44, ipv6Fragment(47, 0, false, 1, mirrored())), 0x8100);
    for (let length = 0; length < 14 + 4 + 40; length++)
      expect(xdp.takes(frame.subarray(0, length)), `${length} bytes`).toBe(false);
  });

  it('redirects to the socket of the queue and the worker that the fanout chooses, with the time', () => {
    const xdp = new Interface();
    const chosen = new Set<number>();
    for (let last = 2; last < 40; last++) {
      const frame = over4(mirrored(last));
      const packet = frame.subarray(14);
      const worker = runBpf(fanoutByInnerAddresses(false, []), packet, 0x0800) % WORKERS;
      chosen.add(worker);
      for (const queue of [0, 1]) {
        const { redirected, meta } = xdp.receive(frame, queue);
        expect(redirected).toBe(queue * WORKERS + worker);
        expect(meta).toHaveLength(TIME_LENGTH);
        expect(Buffer.from(meta).readBigUInt64LE()).toBe(TIME);
      }
    }
    expect(chosen.size).toBe(WORKERS);
    expect(xdp.state.packets).toBe(2 * 38);
    expect(xdp.takes(over4(mirrored()), QUEUES)).toBe(false);
    expect(xdp.state.packets).toBe(2 * 38);
  });

  it.each([
    ['IPv4', over4(mirrored().subarray(0, 24), { fragment: [0, true] }), over4],
    ['IPv6', over6(44, ipv6Fragment(47, 0, true, 1, mirrored().subarray(0, 24))), undefined],
  ] as const)(
    'leaves fragments of %s to the ring, and from then on all of their source',
    (_, fragment, four) => {
      const whole = (source?: string): Uint8Array =>
        four === undefined ? over6(47, mirrored(), source) : over4(mirrored(), source ? { source } : {});
      const other = four === undefined ? '2001:db8::99' : '198.51.100.99';
      const xdp = new Interface();
      expect(xdp.takes(whole())).toBe(true);
      expect(xdp.takes(fragment)).toBe(false);
      expect(xdp.takes(whole())).toBe(false);
      expect(xdp.takes(whole(other))).toBe(true);
      xdp.state.forgetFragments();
      expect(xdp.takes(whole())).toBe(true);
    },
  );

  it('leaves to tunnels what comes from their far ends, or to a near end that takes it from anybody', () => {
    const xdp = new Interface();
    const address = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));
    xdp.state.setTunnels([{ remote: address('198.51.100.1'), local: undefined }]);
    expect(xdp.takes(over4(mirrored()))).toBe(false);
    expect(xdp.takes(over4(mirrored(), { source: '198.51.100.9' }))).toBe(true);
    xdp.state.setTunnels([{ remote: undefined, local: address('198.51.100.2') }]);
    expect(xdp.takes(over4(mirrored(), { source: '198.51.100.9' }))).toBe(false);
    expect(xdp.takes(over6(47, mirrored()))).toBe(true);
    xdp.state.setTunnels([]);
    expect(xdp.takes(over4(mirrored()))).toBe(true);
  });
});
