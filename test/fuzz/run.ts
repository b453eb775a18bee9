/** npm run fuzz: runs each target in turn, until it is stopped or for a given time; see targets.ts. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { TARGETS } from './targets.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    steps: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
for (const name of names) {
  if (!(name in TARGETS)) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`);
  const ms = (Number(values.seconds) * 1000) / names.length;
  const steps = await fuzz(name, { ms, steps: Number(values.steps), seed: Number(values.seed) });
  process.stdout.write(`${name}: ${steps} steps from seed ${values.seed}\n`);
}
