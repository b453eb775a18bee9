/**
 * bpf(2): maps, programs, and links, which keep a program attached for as long as their descriptor is open.
 */
import { check, LinuxError } from '../errors.js';
import { addressOf, close, errno, syscallAttributes } from '../libc.js';
import { Mapping } from '../memory.js';

const SYS_BPF = process.arch === 'arm64' ? 280 : 321;
const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_PROG_LOAD = 5;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_OBJ_GET_INFO_BY_FD = 15;
const BPF_LINK_CREATE = 28;
const BPF_MAP_TYPE_ARRAY = 2;
const BPF_MAP_TYPE_XSKMAP = 17;
const BPF_F_MMAPABLE = 1 << 10;
const BPF_PROG_TYPE_XDP = 6;
const BPF_XDP = 37;
const BPF_F_XDP_HAS_FRAGS = 1 << 5;

const PAGE = 4096;
const LONGEST_LOG = 1 << 16;

/** A union bpf_attr, in this machine's byte order. */
export const attributes = (): DataView => new DataView(new ArrayBuffer(128));

/** @throws LinuxError */
export function bpf(command: number, attributes: DataView, attempt: string, hint?: string): number {
  const bytes = new Uint8Array(attributes.buffer);
  return check(syscallAttributes(SYS_BPF, command, bytes, bytes.length), attempt, hint);
}

function createMap(
  type: number,
  { key, value, entries, flags }: { key: number; value: number; entries: number; flags: number },
  attempt: string,
): number {
  const create = attributes();
  for (const [i, word] of [type, key, value, entries, flags].entries()) create.setUint32(i * 4, word, true);
  return bpf(BPF_MAP_CREATE, create, attempt, PRIVILEGE);
}

/** The verifier lets programs add numbers to addresses only with CAP_PERFMON. */
const PRIVILEGE =
  'it needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, and the system call bpf: with systemd, a drop-in for ' +
  'the unit (docs/how-to/af-xdp.md)';

/** Closes a map, a program or a link. */
export function closeBpf(fd: number): void {
  close(fd);
}

/** Memory that programs and this process share: an array map with one value. */
export interface Shared {
  readonly fd: number;
  readonly mapping: Mapping;
}

/** @param length bytes */
export function share(length: number): Shared {
  const shape = { key: 4, value: length, entries: 1, flags: BPF_F_MMAPABLE };
  const fd = createMap(BPF_MAP_TYPE_ARRAY, shape, `share ${length} bytes with a program`);
  return { fd, mapping: Mapping.shared(fd, Math.ceil(length / PAGE) * PAGE) };
}

/** A map of AF_XDP sockets, by number: what a program may redirect packets to. */
export function createSocketMap(entries: number): number {
  const shape = { key: 4, value: 4, entries, flags: 0 };
  return createMap(BPF_MAP_TYPE_XSKMAP, shape, `make a map of ${entries} AF_XDP sockets`);
}

export function setSocketOf(map: number, index: number, socket: number): void {
  const key = new Uint8Array(new Uint32Array([index]).buffer);
  const value = new Uint8Array(new Uint32Array([socket]).buffer);
  const update = attributes();
  update.setUint32(0, map, true);
  update.setBigUint64(8, addressOf(key), true);
  update.setBigUint64(16, addressOf(value), true);
  bpf(BPF_MAP_UPDATE_ELEM, update, 'name an AF_XDP socket to a program');
}

/**
 * Loads an XDP program.
 *
 * @param code struct bpf_insn
 * @param name up to 15 letters, digits and underscores
 * @param pieces whether it is for packets in several pieces of memory, too (Linux 5.18)
 * @returns its descriptor
 * @throws LinuxError; if the verifier refuses it, with the verifier's last words
 */
export function loadXdp(code: Uint8Array, name: string, pieces = false): number {
  const license = new TextEncoder().encode('GPL\0');
  const load = attributes();
  load.setUint32(0, BPF_PROG_TYPE_XDP, true);
  load.setUint32(4, code.length / 8, true);
  load.setBigUint64(8, addressOf(code), true);
  load.setBigUint64(16, addressOf(license), true);
  load.setUint32(44, pieces ? BPF_F_XDP_HAS_FRAGS : 0, true);
  new Uint8Array(load.buffer).set(new TextEncoder().encode(name.slice(0, 15)), 48);
  const attempt = `load the XDP program ${name}`;
  try {
    return bpf(BPF_PROG_LOAD, load, attempt, PRIVILEGE);
  } catch (e) {
    if (!(e instanceof LinuxError) || (e.code !== 'EACCES' && e.code !== 'EINVAL')) throw e;
    const log = new Uint8Array(LONGEST_LOG);
    load.setUint32(24, 1, true);
    load.setUint32(28, log.length, true);
    load.setBigUint64(32, addressOf(log), true);
    const fd = syscallAttributes(SYS_BPF, BPF_PROG_LOAD, new Uint8Array(load.buffer), load.byteLength);
    if (fd >= 0) return fd;
    const failed = errno();
    const words = Buffer.from(log).toString('latin1').split('\0')[0].trim().split('\n').slice(-3).join('; ');
    throw new LinuxError(attempt, failed, words === '' ? PRIVILEGE : `the verifier says: ${words}`);
  }
}

/** How a program is attached: by the driver, or by the kernel for any driver (XDP_FLAGS_). */
export const XdpMode = { Generic: 1 << 1, Native: 1 << 2 } as const;

/**
 * Attaches an XDP program to an interface for as long as the link's descriptor is open (Linux 5.9): the
 * kernel takes it off when this process ends, however it ends.
 *
 * @param mode of {@link XdpMode}
 * @returns the link's descriptor
 * @throws LinuxError EBUSY if another program is attached; EOPNOTSUPP or EINVAL if the driver cannot
 */
export function attachXdp(program: number, interfaceIndex: number, mode: number, name: string): number {
  const create = attributes();
  create.setUint32(0, program, true);
  create.setUint32(4, interfaceIndex, true);
  create.setUint32(8, BPF_XDP, true);
  create.setUint32(12, mode, true);
  return bpf(BPF_LINK_CREATE, create, `attach an XDP program to ${name}`);
}

/** The name of a program of the kernel by its number; empty if it has none, or may not be asked for. */
export function programName(id: number): string {
  const get = attributes();
  get.setUint32(0, id, true);
  const fd = syscallAttributes(SYS_BPF, BPF_PROG_GET_FD_BY_ID, new Uint8Array(get.buffer), get.byteLength);
  if (fd < 0) return '';
  // struct bpf_prog_info: the name has 16 bytes, behind 64.
  const info = new Uint8Array(80);
  const ask = attributes();
  ask.setUint32(0, fd, true);
  ask.setUint32(4, info.length, true);
  ask.setBigUint64(8, addressOf(info), true);
  const told = syscallAttributes(SYS_BPF, BPF_OBJ_GET_INFO_BY_FD, new Uint8Array(ask.buffer), ask.byteLength);
  close(fd);
  return told < 0 ? '' : Buffer.from(info.subarray(64)).toString('latin1').split('\0')[0];
}
