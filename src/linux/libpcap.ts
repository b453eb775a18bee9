/**
 * libpcap's compiler of filter expressions (pcap_compile(3PCAP), pcap-filter(7)): the language of tcpdump.
 */
import { MirrorlakeError } from '../model/errors.js';
import { koffi } from './koffi.js';
import * as libc from './libc.js';

/** The library's names: upstream's, then Debian's. */
const NAMES = ['libpcap.so.1', 'libpcap.so.0.8'];

/** libpcap is not there, or refused an expression. The message says what to do. */
export class FilterError extends MirrorlakeError {
  override readonly name = 'FilterError';

  constructor(message: string) {
    super(message, 'FILTER', { exitCode: 2 });
  }
}

interface Libpcap {
  openDead(linkType: number, snapLength: number): unknown;
  compile(pcap: unknown, program: Uint8Array, expression: string, optimize: number, netmask: number): number;
  error(pcap: unknown): string;
  freeCode(program: Uint8Array): void;
  close(pcap: unknown): void;
}

let loaded: Libpcap | undefined;

function libpcap(): Libpcap {
  loaded ??= load();
  return loaded;
}

function load(): Libpcap {
  for (const name of NAMES) {
    let lib: ReturnType<typeof koffi.load>;
    try {
      lib = koffi.load(name);
    } catch {
      continue;
    }
    return {
      openDead: lib.func('void *pcap_open_dead(int linktype, int snaplen)'),
      compile: lib.func(
        'int pcap_compile(void *p, void *program, const char *expression, int optimize, uint32_t netmask)',
      ),
      error: lib.func('const char *pcap_geterr(void *p)'),
      freeCode: lib.func('void pcap_freecode(void *program)'),
      close: lib.func('void pcap_close(void *p)'),
    };
  }
  throw new FilterError(
    'filter expressions are compiled by libpcap, which is not installed: apt-get install ' +
      'libpcap0.8 (Debian, Ubuntu), dnf install libpcap (Fedora, RHEL)',
  );
}

const PCAP_NETMASK_UNKNOWN = 0xffffffff;
const SNAP_LENGTH = 262144;

/**
 * Compiles an expression of pcap-filter(7) for packets that begin with an Ethernet header.
 *
 * @returns a classic BPF program as an array of struct sock_filter: u16 code, u8 jt, u8 jf, u32 k, host byte
 * order
 * @throws FilterError with libpcap's words if the expression is wrong, or if there is no libpcap
 */
export function compileFilter(expression: string): Uint8Array {
  const pcap = libpcap();
  const DLT_EN10MB = 1;
  const handle = pcap.openDead(DLT_EN10MB, SNAP_LENGTH);
  try {
    // struct bpf_program: u32 length, then (at 8) the instructions' address.
    const program = new Uint8Array(16);
    if (pcap.compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) !== 0) {
      throw new FilterError(
        `the filter "${expression}" is wrong: ${pcap.error(handle)} (see man pcap-filter)`,
      );
    }
    const view = new DataView(program.buffer);
    const bytes = view.getUint32(0, true) * 8;
    const instructions = new Uint8Array(libc.viewOf(view.getBigUint64(8, true), bytes)).slice();
    pcap.freeCode(program);
    return instructions;
  } finally {
    pcap.close(handle);
  }
}
