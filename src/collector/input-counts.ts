/** What came of each input, and what came of none, over all packet paths. */
import { UNLISTED_WORDS, type Unlisted, type UnlistedKind } from '../demux/unlisted-mirrors.js';
import { SAMPLE } from '../linux/input-filter.js';
import { type Inputs, inputName, inputWord } from '../model/inputs.js';
import type { InputStatus } from '../model/status.js';
import type { PathSnapshot } from './packet-path.js';

/** @returns one entry per input, in the order of the configuration, GRE first */
export function inputStatus({ gre, udp }: Inputs, paths: readonly PathSnapshot[]): InputStatus[] {
  const of = (i: number): number => paths.reduce((n, p) => n + (p.inputs[i] ?? 0), 0);
  return [
    ...(gre ? [{ input: 'gre', packets: of(0) }] : []),
    ...udp.map((input, i) => ({ input: inputName(input), packets: of(1 + i) })),
  ];
}

/**
 * Mirrors that nobody listed.
 *
 * @param sampled whether the paths see one packet in {@link SAMPLE} of them: the counts are estimates then
 */
export function unlistedStatus(paths: readonly PathSnapshot[], sampled: boolean): InputStatus[] {
  const found = new Map<string, number>();
  for (const u of paths.flatMap((p) => p.unlisted)) {
    const name = u.kind === 'gre' ? 'gre' : `${u.kind}:${u.port}`;
    found.set(name, (found.get(name) ?? 0) + u.packets * (sampled ? SAMPLE : 1));
  }
  return [...found].map(([input, packets]) => ({ input, packets }));
}

/** Says once of each kind that it arrives and is not listed. */
export class InputHints {
  private readonly told = new Set<UnlistedKind>();
  private gateway = false;

  constructor(
    private readonly inputs: Inputs,
    private readonly warn: (message: string) => void,
  ) {}

  look(paths: readonly PathSnapshot[]): void {
    for (const { unlisted, gatewayLoadBalancer } of paths) {
      for (const u of unlisted) this.tell(u);
      if (gatewayLoadBalancer > 0) this.tellGateway();
    }
  }

  private tell({ kind, port }: Unlisted): void {
    if (this.told.has(kind)) return;
    this.told.add(kind);
    const arrives = `${UNLISTED_WORDS[kind]} arrives${port === 0 ? '' : ` on ${port}`}`;
    const all = [this.inputs.gre ? 'gre' : '', ...this.inputs.udp.map(inputWord), kind].filter(
      (w) => w !== '',
    );
    this.warn(
      kind === 'gre-dtls'
        ? `${arrives}: it is encrypted, and cannot be read`
        : `${arrives}: if it is a mirror, add it to inputs (inputs: [${all.join(', ')}])`,
    );
  }

  private tellGateway(): void {
    if (this.gateway) return;
    this.gateway = true;
    this.warn(
      'GENEVE of an AWS Gateway Load Balancer arrives: it waits for each packet to come back, which nobody ' +
        'sends here, so what it balances is cut off: mirror to this host, do not route through it',
    );
  }
}
