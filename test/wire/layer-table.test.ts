/**
 * The rows of the layer table are complete, and a number announces one layer. That a layer is read needs no
 * test here: the type checker demands the reader, and a capture shows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OVERLAY_KINDS } from '../../src/wire/tunnel/overlay-kinds.js';
import { KNOWN_TUNNEL_PORTS, TunnelPorts } from '../../src/wire/tunnel/tunnel-ports.js';
import { LAYER_NAMES, Layer } from '../../src/wire/walk/frame.js';
import {
  LAYER_OF_ETHER_TYPE,
  LAYER_OF_GRE_PROTOCOL,
  LAYER_OF_IP_PROTOCOL,
  LAYER_OF_NEXT_PROTOCOL,
  LAYER_OF_PPP_PROTOCOL,
  LAYER_ROWS,
  TUNNEL_OF_IP_PROTOCOL,
} from '../../src/wire/walk/layer-table.js';
import { Step } from '../../src/wire/walk/walk-state.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');
/** The layers in the expected NDJSON of the captures. */
const shown = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.packets.ndjson'))
  .flatMap((file) => [...readFileSync(join(FIXTURES, file), 'utf8').matchAll(/"layer":"(\w+)"/g)])
  .map(([, word]) => word);

/** The kinds of numbers that announce layers, and the tables in which the walk looks them up. */
const NUMBERS = [
  ['etherTypes', LAYER_OF_ETHER_TYPE],
  ['greProtocols', LAYER_OF_GRE_PROTOCOL],
  ['pppProtocols', LAYER_OF_PPP_PROTOCOL],
  ['nextProtocols', LAYER_OF_NEXT_PROTOCOL],
  ['ipProtocols', LAYER_OF_IP_PROTOCOL],
  ['ipTunnels', TUNNEL_OF_IP_PROTOCOL],
] as const;

it('every layer has a row', () => {
  const codes = LAYER_ROWS.map(({ code }) => code);
  expect([...codes].sort((a, b) => a - b)).toEqual(Object.values(Layer));
});

describe.each(LAYER_ROWS.map((row) => [row.word, row] as const))('%s', (word, { code }) => {
  it('has a unique name, and a unique code below the codes of other steps', () => {
    expect(word).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(LAYER_NAMES.filter((name) => name === word)).toEqual([word]);
    expect(LAYER_NAMES[code]).toBe(word);
    expect(code).toBeLessThan(Step.Ip);
  });

  it('is in the NDJSON of a capture in test/fixtures', () => {
    expect(new Set(shown)).toContain(word);
  });
});

describe.each(NUMBERS)('%s', (kind, table) => {
  it('announce one layer each', () => {
    const rows = LAYER_ROWS.flatMap((row) => (row[kind] ?? []).map((number) => [number, row.code] as const));
    const announced = [...table.entries()].filter(([, code]) => code !== Step.Done && code !== undefined);
    expect(announced).toEqual(rows.sort(([a], [b]) => a - b));
  });
});

it('an IP protocol does not announce both a payload and a tunnel', () => {
  const both = LAYER_ROWS.flatMap((row) => row.ipProtocols ?? []).filter(
    (n) => TUNNEL_OF_IP_PROTOCOL[n] !== 0,
  );
  expect(both).toEqual([]);
});

it('every kind of overlay is a layer, behind its well-known ports and any other', () => {
  const overlays = LAYER_ROWS.filter(({ overlay }) => overlay !== undefined);
  expect([...overlays.map(({ overlay }) => overlay), 'none'].sort()).toEqual([...OVERLAY_KINDS].sort());
  for (const { overlay, udpPorts = [], code } of overlays) {
    expect(udpPorts.map((port) => KNOWN_TUNNEL_PORTS.step(port))).toEqual(udpPorts.map(() => code));
    expect(new TunnelPorts([{ kind: overlay!, port: 9 }]).step(9)).toBe(code);
  }
});
