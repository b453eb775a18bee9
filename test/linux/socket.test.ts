import { describe, expect, it } from 'vitest';
import { AF_INET, sockaddrIn } from '../../src/linux/address.js';
import { check, LinuxError } from '../../src/linux/errors.js';
import { clearEvent, openEvent, signalEvent } from '../../src/linux/event.js';
import {
  IFF_LOOPBACK,
  interfaceFlags,
  interfaceIndex,
  interfaceMtu,
  interfaceType,
} from '../../src/linux/interface.js';
import * as libc from '../../src/linux/libc.js';
import { Messages } from '../../src/linux/messages.js';
import { POLLIN, PollSet } from '../../src/linux/poll.js';
import {
  bindSocket,
  closeSocket,
  getIntOption,
  openSocket,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  setReceiveBuffer,
} from '../../src/linux/socket.js';

const LOOPBACK = new Uint8Array([127, 0, 0, 1]);

function boundUdp(): { fd: number; name: Uint8Array } {
  const fd = openSocket(AF_INET, SOCK_DGRAM, 0);
  bindSocket(fd, sockaddrIn(LOOPBACK), '127.0.0.1');
  const name = new Uint8Array(16);
  check(libc.getsockname(fd, name, new Uint32Array([16])), 'read the name');
  return { fd, name };
}

it('errors are recognised by the words of the C library', () => {
  const of = (text: string): string => LinuxError.fromMessage('open a raw socket', new Error(text)).message;
  expect(of('Operation not permitted')).toMatch(/^cannot open a raw socket: EPERM .*CAP_NET_RAW/);
  expect(of('Address family not supported by protocol')).toMatch(/EAFNOSUPPORT/);
});

describe('messages', () => {
  it('sends and receives several datagrams in one call, with lengths and peer addresses', () => {
    const a = boundUdp();
    const b = boundUdp();
    const out = new Messages(8, 2000);
    const into = new Messages(8, 1500);
    for (let i = 0; i < 5; i++) {
      out.bytes.fill(i + 1, out.offset(i), out.offset(i) + 100 * i + 1);
      out.bytes.set(b.name, out.nameOffset(i));
      out.setOut(i, 100 * i + 1, 16);
    }
    expect(into.receive(b.fd)).toBe(0);
    expect(out.send(a.fd, 0, 5)).toBe(5);
    expect(into.receive(b.fd)).toBe(5);
    for (let i = 0; i < 5; i++) {
      expect(into.length(i)).toBe(100 * i + 1);
      expect(into.bytes[into.offset(i)]).toBe(i + 1);
      expect(into.bytes[into.offset(i) + 100 * i]).toBe(i + 1);
      expect([...into.bytes.subarray(into.nameOffset(i), into.nameOffset(i) + 8)]).toEqual([
        ...a.name.subarray(0, 8),
      ]);
    }
    for (const fd of [a.fd, b.fd]) closeSocket(fd);
    out.close();
    into.close();
  });

  it('returns -errno if the kernel takes none', () => {
    const { fd } = boundUdp();
    const out = new Messages(1, 10);
    out.setOut(0, 10, 0);
    expect(out.send(fd, 0, 1)).toBe(-libc.ERRNO.EDESTADDRREQ);
    closeSocket(fd);
  });
});

describe('poll', () => {
  it('wakes for an event of another thread and times out without one', () => {
    const event = openEvent();
    const set = new PollSet(2);
    set.add(-1, POLLIN);
    const index = set.add(event, POLLIN);
    expect(set.wait(0)).toBe(0);
    signalEvent(event);
    expect(set.wait(-1)).toBe(1);
    expect(set.events(index)).toBe(POLLIN);
    clearEvent(event);
    expect(set.wait(0)).toBe(0);
    closeSocket(event);
  });
});

describe('sockets', () => {
  it('report what failed, by name, and the remedy', () => {
    expect(() => openSocket(AF_INET, SOCK_DGRAM, 9999)).toThrow(
      /^cannot open a raw IPv4 \(protocol 9999\) socket: E[A-Z]+/,
    );
    const e = new LinuxError('open a packet socket', libc.ERRNO.EPERM);
    expect(e.code).toBe('EPERM');
    expect(e.message).toMatch(/CAP_NET_RAW.*setcap.*AmbientCapabilities=/);
  });

  it('get the receive buffer that was asked for, or as much as is allowed', () => {
    const fd = openSocket(AF_INET, SOCK_DGRAM, 0);
    const granted = setReceiveBuffer(fd, 1 << 20);
    expect(granted).toBe(getIntOption(fd, SOL_SOCKET, SO_RCVBUF, 'it'));
    expect(granted).toBeGreaterThan(100_000);
    closeSocket(fd);
  });
});

describe('interface functions', () => {
  it('know the loopback interface', () => {
    expect(interfaceIndex('lo')).toBeGreaterThan(0);
    expect(interfaceFlags('lo') & IFF_LOOPBACK).toBe(IFF_LOOPBACK);
    expect(interfaceMtu('lo')).toBeGreaterThanOrEqual(1280);
    expect(interfaceType('lo')).toBe(772);
    expect(interfaceIndex('nosuch0')).toBe(0);
    expect(() => interfaceMtu('nosuch0')).toThrow(/MTU of interface nosuch0: ENODEV \(no such interface/);
    expect(() => interfaceMtu('a-name-that-is-too-long')).toThrow(RangeError);
  });
});
