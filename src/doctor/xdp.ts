/** The doctor's findings about AF_XDP: what it takes beside what the ring does. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Config } from '../config/schema.js';
import { sizeWords } from '../model/words.js';
import { type Finding, good, poor } from './finding.js';

/** Capability numbers of linux/capability.h. */
const CAPABILITIES = new Map([
  [38, 'CAP_PERFMON'],
  [39, 'CAP_BPF'],
]);
const CAP_IPC_LOCK = 14;
const SUBJECT = 'AF_XDP';
const FIX = 'a drop-in for the unit: docs/how-to/af-xdp.md';

/** Without any of this the ring receives, so nothing is worse than poor. */
export function xdpFindings(config: Config, interfaces: number): Finding[] {
  const effective = capabilities();
  const lacks = [...CAPABILITIES].filter(([bit]) => !has(effective, bit)).map(([, name]) => name);
  const findings = [kernelFinding()];
  if (lacks.length > 0)
    findings.push(poor(SUBJECT, `${lacks.join(' and ')} missing: the ring would receive instead`, FIX));
  const wanted = config.ring_size * config.workers * Math.max(1, interfaces);
  const limit = memlock();
  if (!has(effective, CAP_IPC_LOCK) && limit < wanted)
    findings.push(
      poor(
        SUBJECT,
        `${sizeWords(wanted)} would be pinned, and RLIMIT_MEMLOCK is ${sizeWords(limit)}: the ring would ` +
          'receive instead',
        FIX,
      ),
    );
  return findings;
}

function kernelFinding(): Finding {
  const [major, minor] = release().split('.').map(Number);
  const at = (a: number, b: number): boolean => major > a || (major === a && minor >= b);
  if (!at(5, 9))
    return poor(
      SUBJECT,
      `Linux ${release()} is too old for it: 5.9 is needed, and the ring would receive instead`,
      'apt-get install linux-image-amd64',
    );
  const jumbo = at(6, 6) ? 'jumbo frames included' : 'without jumbo frames, which take Linux 6.6';
  return good(SUBJECT, `this kernel has it, ${jumbo}`);
}

function capabilities(): bigint {
  const text = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return BigInt(`0x${text}`);
}

const has = (effective: bigint, bit: number): boolean => ((effective >> BigInt(bit)) & 1n) === 1n;

/** The soft limit, bytes. */
function memlock(): number {
  const text = /^Max locked memory\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text ?? 0);
}
