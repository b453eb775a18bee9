/** Reading a configuration file: YAML, checked against the schema, with errors that name file, line and key. */
import { readFileSync } from 'node:fs';
import { type Document, isCollection, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Config, configSchema } from './schema.js';

/** A configuration that cannot be used. The message has one line a mistake: `file:line:column: key: what is wrong`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = 2;
}

/** The configuration with every key at its default. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}

/** @throws ConfigError */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (e) {
    throw new ConfigError(`${file}: ${whyNotRead(e as NodeJS.ErrnoException)}`);
  }
  return parseConfig(text, file);
}

function whyNotRead(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file; begin with packaging/mirrorlake.yaml, which explains every key, or do without --config';
    case 'EACCES':
      return 'may not be read by this user: run as root, or mend the permissions';
    case 'EISDIR':
      return 'is a directory: name the file in it';
    default:
      return `cannot be read: ${error.message}`;
  }
}

/**
 * @param file its name, for errors
 * @throws ConfigError
 */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map((e) => `${at(e.pos[0])}: ${e.message}`).join('\n'));
  }
  // An empty file, or one of comments only, is a configuration with everything at its default.
  const result = configSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(document, issue));
  mistakes.sort((a, b) => a.offset - b.offset);
  throw new ConfigError(mistakes.map((m) => `${at(m.offset)}: ${m.text}`).join('\n'));
}

interface Mistake {
  readonly offset: number;
  readonly text: string;
}

function mistakesOf(document: Document, issue: z.core.$ZodIssue): Mistake[] {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      offset: offsetOf(document, [...path, key]),
      text: `${[...path, key].join('.')}: there is no such key`,
    }));
  }
  const name = path.length === 0 ? 'the file' : path.join('.');
  return [{ offset: offsetOf(document, path), text: `${name}: ${words(issue)}` }];
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

/** Where the value of a path stands, the key itself when its value is a map or a list, else the nearest place above. */
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

/** Keys given on the command line, as they were written; undefined: not given. */
export type ConfigOverrides = Readonly<Record<string, unknown>>;

/**
 * The configuration with some keys replaced by what the command line says.
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
      throw new ConfigError(`${OPTIONS[key] ?? `--${key}`}: ${result.error.issues.map(words).join('; ')}`);
    }
    out[key] = result.data;
  }
  return out as Config;
}

/** Options that are named otherwise than their keys. */
const OPTIONS: Readonly<Record<string, string>> = { interfaces: '--interface' };
