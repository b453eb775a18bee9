import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { defaultConfig, loadConfig, parseConfig } from '../../src/config/load.js';
import { configSchema, consoleSchema, mirrorSchema, tunnelSchema } from '../../src/config/schema.js';
import { RUN_CONTROL } from '../../src/observe/control.js';

const FILE = join(import.meta.dirname, '../../packaging/mirrorlake.yaml');
const text = readFileSync(FILE, 'utf8');
/** With the keys that are commented out. */
const whole = text.replaceAll(/^( *)#(?=\w+:)/gm, '$1');

/** Dotted names of a schema's keys. */
function keys(schema: z.ZodObject, prefix = ''): string[] {
  return Object.entries(schema.shape).flatMap(([name, type]) => {
    const inner = 'unwrap' in type ? (type as z.ZodPrefault).unwrap() : type;
    return 'shape' in inner ? keys(inner as z.ZodObject, `${prefix}${name}.`) : [`${prefix}${name}`];
  });
}

function given(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, v]) =>
    typeof v === 'object' && !Array.isArray(v)
      ? given(v as object, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

it('the packaged configuration is valid, with and without the keys that are commented out', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-config-'));
  try {
    const file = join(directory, 'whole.yaml');
    writeFileSync(file, whole);
    expect(loadConfig(file).mirrors[0]).toMatchObject({ key: 300, tap: 'mirror0' });
  } finally {
    rmSync(directory, { recursive: true });
  }
  expect(loadConfig(FILE).mirrors[0].name).toBe('core-1');
});

it('the packaged configuration has every key', () => {
  const document = parse(whole) as { mirrors: object[]; tunnels: object[] };
  expect(given(document).sort()).toEqual(keys(configSchema).sort());
  expect(given(document.mirrors[0]).sort()).toEqual(keys(mirrorSchema).sort());
  expect(given(document.tunnels[1]).sort()).toEqual(keys(tunnelSchema.options[1]).sort());
});

it('the packaged configuration explains every key', () => {
  const lines = whole.split('\n');
  const explained = (i: number): boolean =>
    /^ *(- )?#/.test(lines[i - 1]) || (/^ *\w+:/.test(lines[i - 1]) && explained(i - 1));
  const silent = lines.filter(
    (line, i) => /^ *(- )?\w+:/.test(line) && !/^ *(- )?(name|tunnel):/.test(line) && !explained(i),
  );
  expect(silent).toEqual([]);
});

it('the packaged configuration has the defaults of all but a few keys', () => {
  const { store, control, interfaces, receiver, listen, mirrors, tunnels, ...others } = parseConfig(
    text,
    FILE,
  );
  const { console: served, ...rest } = others;
  expect(served).toEqual(consoleSchema.parse({}));
  // The default path where commands look for a collector.
  expect(control).toBe(RUN_CONTROL);
  expect([store, interfaces, receiver, listen?.port, mirrors.length, tunnels.length]).toEqual([
    '/var/lib/mirrorlake/data',
    ['eth1'],
    'ring',
    9470,
    2,
    2,
  ]);
  const expected = Object.entries(defaultConfig()).filter(([key]) => key in rest);
  expect(rest).toEqual(Object.fromEntries(expected));
});
