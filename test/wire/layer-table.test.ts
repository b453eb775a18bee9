import { describe, expect, it } from 'vitest';
import { KNOWN_TUNNEL_PORTS } from '../../src/wire/tunnel/tunnel-ports.js';
import { LAYER_NAMES, LAYERS, type LayerRow } from '../../src/wire/walk/layer-table.js';
import { Layer } from '../../src/wire/walk/layers.js';
import { Step } from '../../src/wire/walk/walk-state.js';

const ROWS = Object.entries(LAYERS) as [keyof typeof Layer, LayerRow][];

describe('the codes of layers', () => {
  const codes = Object.values(Layer).sort((a, b) => a - b);

  it('are 1 and on, without gaps, and those of other steps lie behind them', () => {
    expect(codes).toEqual(codes.map((_, i) => i + 1));
    const { Done, ...others } = Step;
    expect(Done).toBe(0);
    for (const step of Object.values(others)) expect(step).toBeGreaterThan(codes.length);
  });

  it('have a word each', () => {
    expect(LAYER_NAMES).toHaveLength(codes.length + 1);
    expect(new Set(LAYER_NAMES).size).toBe(LAYER_NAMES.length);
  });
});

it.each(['etherTypes', 'greProtocols', 'pppProtocols', 'nextProtocols', 'udpPorts'] as const)(
  'no number of %s announces two layers',
  (of) => {
    const numbers = ROWS.flatMap(([, row]) => row[of] ?? []);
    expect(new Set(numbers).size).toBe(numbers.length);
  },
);

it('no IP protocol announces two layers', () => {
  const numbers = ROWS.flatMap(([, row]) => [...(row.ipProtocols ?? []), ...(row.ipTunnels ?? [])]);
  expect(new Set(numbers).size).toBe(numbers.length);
});

it('a tunnel in UDP is found by its ports', () => {
  for (const [name, { udpPorts = [] }] of ROWS)
    for (const port of udpPorts) expect(KNOWN_TUNNEL_PORTS.step(port)).toBe(Layer[name]);
  expect(KNOWN_TUNNEL_PORTS.step(53)).toBe(Step.Done);
});
