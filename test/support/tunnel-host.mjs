/**
 * A process with tunnels, for tests: the tunnel service of a collector without the rest. It answers each line
 * of standard input with one line of JSON: `start` and `reload` followed by specifications as a JSON array,
 * `snapshot`, `stop`. After `stop` it may start again, with a service that knows nothing of the former one.
 *
 *     node tunnel-host.mjs DIST
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const dist = process.argv[2];
const { TunnelService } = await import(pathToFileURL(`${dist}/tunnel-service.js`).href);
const { parseTunnelSpec } = await import(pathToFileURL(`${dist}/tunnel-spec.js`).href);

let service;
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function change(how, specs) {
  try {
    await service[how](JSON.parse(specs).map(parseTunnelSpec));
    say({ ready: true });
  } catch (e) {
    say({ error: `${e.name}: ${e.message}` });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ');
  if (command === 'snapshot') say(service.snapshot());
  else if (command === 'reload') await change('reload', rest.join(' '));
  else if (command === 'start') {
    service = new TunnelService();
    await change('start', rest.join(' '));
  } else {
    await service.stop();
    say({ stopped: true });
  }
}
process.exit(0);
