/** Conditions as the page makes them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src/console/statements/conditions.js';
import { negated, readCondition, withCondition, writeCondition } from '../../web/src/app/conditions.js';

describe('conditions of the page', () => {
  it('are read by the page and by the server alike', () => {
    const value = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), fc.boolean(), (values, not) => {
        // A first value that begins with ! would be a negation: no column has such.
        fc.pre(not || !values[0].startsWith('!'));
        const text = writeCondition({ name: 'server_name', negated: not, values });
        expect(readCondition(text)).toEqual(parseCondition(text));
        expect(readCondition(text)).toEqual({ name: 'server_name', negated: not, values });
      }),
    );
  });

  it.each([
    [['server:10.0.0.1'], 'server:10.0.0.2', ['server:10.0.0.1,10.0.0.2']],
    [['server:10.0.0.1'], 'server:10.0.0.1', ['server:10.0.0.1']],
    [['server:!10.0.0.1'], 'server:10.0.0.2', ['server:!10.0.0.1', 'server:10.0.0.2']],
    [['server:!10.0.0.1'], 'server:!10.0.0.2', ['server:!10.0.0.1,10.0.0.2']],
    [['bytes:>1000'], 'bytes:<2000', ['bytes:>1000', 'bytes:<2000']],
    [['host:10.0.0.1'], 'host:10.0.0.2', ['host:10.0.0.1', 'host:10.0.0.2']],
    [[], 'app:', ['app:']],
  ])('%j and %s', (given, added, expected) => {
    expect(withCondition(given, added)).toEqual(expected);
  });

  it('are negated, and negated again', () => {
    expect(negated('server:10.0.0.1,10.0.0.2')).toBe('server:!10.0.0.1,10.0.0.2');
    expect(negated(negated('server_name:"a,b"'))).toBe('server_name:"a,b"');
  });
});
