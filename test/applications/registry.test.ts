import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Application, Recognition } from '../../src/applications/reader.js';
import { APPLICATIONS } from '../../src/applications/registry.js';
import { APPLICATION_NAMES } from '../../src/model/application-names.js';

const ROOM = join(import.meta.dirname, '../../src/applications');
/** A transport of its own: nothing is recognised. */
const WITHOUT = ['vrrp'];

const transports = (a: Application) => [a.tcp, a.udp].filter((how): how is Recognition => how !== undefined);

it('has every word once', () => {
  const names = APPLICATIONS.map((application) => application.name);
  expect(names.toSorted()).toEqual(APPLICATION_NAMES.filter((name) => name !== '').toSorted());
});

it('knows every folder with a registration', () => {
  const folders = readdirSync(ROOM).filter((name) => existsSync(join(ROOM, name, 'application.ts')));
  expect(folders.toSorted()).toEqual(APPLICATIONS.map((application) => application.name).toSorted());
});

describe.each(APPLICATIONS.map((a) => [a.name, a] as const))('%s', (name, application) => {
  it('is recognised over some transport', () => {
    expect(transports(application).length > 0).toBe(!WITHOUT.includes(name));
  });

  it('has ports and first bytes that exist, each once', () => {
    for (const { ports = [], firstBytes = [] } of transports(application)) {
      expect(new Set(ports).size).toBe(ports.length);
      expect(ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)).toBe(true);
      expect(new Set(firstBytes).size).toBe(firstBytes.length);
      expect(firstBytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)).toBe(true);
    }
  });

  it('says first bytes, and what is beside its ports, only where that is asked for', () => {
    for (const how of transports(application)) {
      if (how.ports === undefined) expect(how.elsewhere).toBeUndefined();
      if (how.ports !== undefined && how.elsewhere === undefined) expect(how.firstBytes).toBeUndefined();
    }
  });

  it('has the reader of its folder, a new one for each', () => {
    if (existsSync(join(ROOM, name, 'reader.ts'))) expect(application.newReader).toBeDefined();
    if (application.newReader === undefined) return;
    const reader = application.newReader();
    expect(application.newReader()).not.toBe(reader);
    if (application.tcp === undefined) expect(reader.datagram).toBeDefined();
    if (application.udp === undefined) expect(reader.stream).toBeDefined();
  });
});
