/**
 * A process with tunnels, for tests: the tunnel service of a collector without the rest. It answers each line
 * of standard input with one line of JSON: `snapshot`, `reload` followed by specifications as a JSON array,
 * `stop`.
 *
 *     node tunnel-host.mjs DIST SPEC…
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [dist, ...specs] = process.argv.slice(2);
const { TunnelService } = await import(pathToFileURL(`${dist}/tunnel-service.js`).href);
const { parseTunnelSpec } = await import(pathToFileURL(`${dist}/tunnel-spec.js`).href);

const service = new TunnelService();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  await service.start(specs.map(parseTunnelSpec));
} catch (e) {
  say({ error: `${e.name}: ${e.message}` });
  process.exit(1);
}
say({ ready: true });

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ');
  if (command === 'snapshot') say(service.snapshot());
  else if (command === 'reload') {
    try {
      await service.reload(JSON.parse(rest.join(' ')).map(parseTunnelSpec));
      say({ ready: true });
    } catch (e) {
      say({ error: `${e.name}: ${e.message}` });
    }
  } else break;
}
await service.stop();
say({ stopped: true });
process.exit(0);
