/** Which receiver a configuration asks for. */

import { UsageError } from '../model/errors.js';
import type { Config } from './schema.js';

/**
 * `xdp` is a ring, too, for what AF_XDP leaves.
 *
 * @throws UsageError for keys that exclude each other
 */
export function receiverKind(config: Config): 'raw' | 'ring' {
  const { gre, udp, span } = config.inputs;
  checkSpans(config.mirrors, span);
  const named = config.receiver ?? (config.interfaces.length + span.length > 0 ? 'ring' : 'raw');
  const kind = named === 'xdp' ? 'ring' : named;
  const encapsulated = gre || udp.length > 0;
  if (named === 'xdp' && !encapsulated)
    throw new UsageError('a SPAN port is read by a ring: leave out `receiver: xdp`');
  if (kind === 'raw' && span.length > 0)
    throw new UsageError('a SPAN port is read by a ring: leave out `receiver: raw`');
  const both = span.find((name) => config.interfaces.includes(name));
  if (both !== undefined)
    throw new UsageError(
      `${both} is a SPAN port, all frames of which are read, and an interface on which mirrored traffic ` +
        'arrives: leave it out of one of them',
    );
  if (kind === 'ring' && encapsulated && config.interfaces.length === 0) {
    throw new UsageError(
      span.length > 0
        ? 'beside a SPAN port, other inputs are received by a ring: name the interfaces that they arrive ' +
            'on with --interface'
        : `the ${named} receiver reads interfaces: name one with --interface`,
    );
  }
  if (!encapsulated && config.interfaces.length > 0)
    throw new UsageError(
      `nothing is received on ${config.interfaces.join(', ')}: add gre to the inputs, or leave out ` +
        '--interface',
    );
  if (kind === 'raw' && config.interfaces.length > 0) {
    throw new UsageError(
      'the raw receiver takes what this host is sent, on any interface: leave out --interface',
    );
  }
  if (kind === 'raw' && config.workers > 1) {
    throw new UsageError('the raw receiver has one worker: name interfaces with --interface for more');
  }
  return kind;
}

/**
 * A mirror of an interface that nobody reads would be silent for ever, and its name on nothing.
 *
 * @param span the SPAN ports that are read
 * @throws UsageError
 */
export function checkSpans(mirrors: Config['mirrors'], span: readonly string[]): void {
  for (const [i, { span: name }] of mirrors.entries())
    if (name !== undefined && !span.includes(name))
      throw new UsageError(
        `mirrors.${i}.span: ${name} is not read as a SPAN port: add { span: ${name} } to inputs, or give ` +
          `--span ${name}`,
      );
}
