import { expect, it } from 'vitest';
import { openEvent } from '../../src/linux/event.js';
import { Engine, MAX_TUNNELS } from '../../src/tunnels/engine/engine.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';

it('one tunnel more than there may be is refused, in one line', () => {
  const engine = new Engine(openEvent());
  // As many devices would take root, and a while.
  (engine as unknown as { endpoints: unknown[] }).endpoints.length = MAX_TUNNELS;
  expect(() => engine.add(parseTunnelSpec('t1 mode gre remote 10.9.0.2 local 10.9.0.1'))).toThrow(
    /^tunnel t1: there are 1024 tunnels already, no more are made$/,
  );
});
