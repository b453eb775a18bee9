import { expect, it } from 'vitest';
import { MAX_TUNNELS } from '../../src/tunnels/engine.js';
import { TestHost } from '../support/test-host.js';
import { TestWire } from '../support/test-wire.js';

it('one tunnel more than there may be is refused, in one line', () => {
  const host = new TestHost(new TestWire(), { 4: '10.9.0.1', 6: 'fd00:9::1' });
  const spec = (n: number) => `t${n} mode gre remote 10.9.0.2 local 10.9.0.1 key ${n}`;
  for (let n = 0; n < MAX_TUNNELS; n++) host.add(spec(n));
  expect(() => host.add(spec(MAX_TUNNELS))).toThrow(
    /^tunnel t1024: there are 1024 tunnels already, no more are made$/,
  );
});
