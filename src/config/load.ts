/** Reads a configuration: YAML, validated by the schema, with errors that name file, line and key. */
import { type Document, isCollection, isMap, isPair, isScalar } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.js';
import { readConfigFile } from './config-file.js';
import { type Config, configSchema, type MirrorConfig } from './schema.js';
import { type Mistake, placeIn, plainValue, readYaml } from './yaml-document.js';

export { ConfigError } from './config-error.js';

/** Mistakes reported at once: one often causes many. */
export const MOST_MISTAKES = 20;
/** Characters of a mistake's text, which may repeat input. */
const LONGEST_MISTAKE = 300;

/** The configuration with every key at its default. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}

/** @throws ConfigError */
export function loadConfig(file: string): Config {
  return parseConfig(readConfigFile(file), file);
}

/**
 * @param file its name, for errors
 * @throws ConfigError
 */
export function parseConfig(text: string, file: string): Config {
  return parsed(text, file).config;
}

/** An entry of `mirrors`, and the line of the file on which it begins, from 1. */
export interface PlacedMirror {
  readonly entry: MirrorConfig;
  readonly line: number;
}

/** The entries of `mirrors`, in their order. @throws ConfigError */
export function loadMirrors(file: string): PlacedMirror[] {
  const text = readConfigFile(file);
  const { config, document } = parsed(text, file);
  let [line, at] = [1, 0];
  return config.mirrors.map((entry, i) => {
    const offset = offsetOf(document, ['mirrors', i]);
    for (; at < offset; at++) if (text[at] === '\n') line++;
    return { entry, line };
  });
}

function parsed(text: string, file: string): { config: Config; document: Document } {
  const { document, mistakes } = readYaml(text);
  if (mistakes.length > 0) throw configError(text, file, mistakes, mistakes.length);
  let value: unknown;
  try {
    value = plainValue(document);
  } catch (e) {
    throw new ConfigError(`${file}: ${oneLine((e as Error).message)}`);
  }
  // An empty file, or one of comments only, is a configuration with everything at its default.
  const result = configSchema.safeParse(value ?? {}, { reportInput: true });
  if (result.success) return { config: result.data, document };
  const wrong = wrongKeys(result.error.issues);
  // Locating each takes a walk through the document.
  const placed = wrong.slice(0, 10 * MOST_MISTAKES).map(({ path, text }) => {
    const key = path.length === 0 ? 'the file' : path.join('.');
    return { offset: offsetOf(document, path), text: `${key}: ${text}` };
  });
  throw configError(text, file, placed, wrong.length);
}

/** @param count the number of mistakes, of which only some may be reported */
function configError(text: string, file: string, mistakes: readonly Mistake[], count: number): ConfigError {
  const told = [...mistakes].sort((a, b) => a.offset - b.offset).slice(0, MOST_MISTAKES);
  const lines = told.map((m) => `${file}:${placeIn(text, m.offset)}: ${oneLine(m.text)}`);
  if (count > told.length) lines.push(`${file}: and ${count - told.length} more`);
  return new ConfigError(lines.join('\n'));
}

/** A mistake's text on one line; it may repeat any input. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return line.length > LONGEST_MISTAKE ? `${line.slice(0, LONGEST_MISTAKE)}…` : line;
}

interface WrongKey {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** The mistakes, one per key. */
function wrongKeys(issues: readonly z.core.$ZodIssue[]): WrongKey[] {
  const wrong = issues.flatMap((issue): WrongKey[] => {
    const path = issue.path as (string | number)[];
    if (issue.code !== 'unrecognized_keys') return [{ path, text: words(issue) }];
    return issue.keys.map((key) => ({ path: [...path, key], text: 'there is no such key' }));
  });
  const first = new Map<string, WrongKey>();
  for (const key of wrong) {
    const name = JSON.stringify(key.path);
    if (!first.has(name)) first.set(name, key);
  }
  return [...first.values()];
}

function words(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${article(issue.expected)}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.join(', ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(words))].join(', or ');
    default:
      return issue.message;
  }
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    int: 'whole number',
    array: 'list',
    object: 'map of keys',
  };
  const name = names[type] ?? type;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

/**
 * The offset of a path's value; of the key, if the value is a map or a list; otherwise of the nearest place
 * above.
 */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let n = path.length; n > 0; n--) {
    const parent = n === 1 ? document.contents : document.getIn(path.slice(0, n - 1), true);
    if (!isCollection(parent)) continue;
    const key = path[n - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
    } else {
      const item = parent.items[Number(key)] as { range?: [number, number, number] } | undefined;
      if (item?.range) return item.range[0];
    }
  }
  return 0;
}

/** Keys given on the command line, as written; undefined if not given. */
export type ConfigOverrides = Readonly<Record<string, unknown>>;

/**
 * The configuration with keys replaced by those of the command line.
 *
 * @throws ConfigError naming the option
 */
export function overrideConfig(config: Config, given: ConfigOverrides): Config {
  const out: Record<string, unknown> = { ...config };
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = configSchema.shape[key as keyof typeof configSchema.shape];
    const result = field.safeParse(value, { reportInput: true });
    if (!result.success) {
      const said = result.error.issues.map(words).join('; ');
      throw new ConfigError(`${optionOf(key, value, result.error.issues[0].path)}: ${oneLine(said)}`);
    }
    out[key] = result.data;
  }
  return out as Config;
}

/** The option that gave what is wrong at this path of a key's value. */
function optionOf(key: string, value: unknown, [item]: readonly PropertyKey[]): string {
  // Two options give the one list.
  if (key === 'inputs' && typeof (value as readonly unknown[])[Number(item)] === 'object') return '--span';
  return OPTIONS[key] ?? `--${key}`;
}

/** Options whose names differ from their keys. */
const OPTIONS: Readonly<Record<string, string>> = {
  interfaces: '--interface',
  inputs: '--input',
  listen_names: '--listen-name',
};
