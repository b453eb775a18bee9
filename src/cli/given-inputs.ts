import type { ConfigOverrides } from '../config/load.js';

/** The inputs of a command line: `--input` and `--span` together are the whole list. */
export function givenInputs(options: {
  readonly input: readonly string[];
  readonly span: readonly string[];
}): ConfigOverrides {
  const inputs = [...options.input, ...options.span.map((span) => ({ span }))];
  return inputs.length === 0 ? {} : { inputs };
}
