/** A collector without a store has tunnels and observes nothing; what tunnels and other keys exclude. */
import type { Config } from '../../config/schema.js';
import { UsageError } from '../../model/errors.js';
import type { Inputs } from '../../model/inputs.js';
import { NO_STORE } from '../../model/store-location.js';
import type { TunnelConfig } from '../../tunnels/spec/config.js';
import { idleStore } from '../store/store-status.js';

/** The status of its store. */
export const STORELESS = idleStore(NO_STORE, 'none');

/**
 * Whether the configuration is for such a collector.
 *
 * @throws UsageError for a key that would make it observe
 */
export function tunnelsOnly(config: Config, tunnels: readonly TunnelConfig[]): boolean {
  if (config.store !== NO_STORE) return false;
  const observed = tunnels.find((t) => t.observe);
  const wrong =
    tunnels.length === 0
      ? 'is for a collector that has tunnels, which this one has not: give it a store, or a ' +
        'tunnel with --tunnel'
      : observed !== undefined
        ? `cannot be with tunnel ${observed.name}, whose packets are to be observed: leave out ` +
          `its \`observe\``
        : config.interfaces.length > 0 || (config.receiver ?? 'raw') !== 'raw'
          ? 'observes nothing, so it reads no interface: leave out --interface and `receiver`'
          : config.tap !== undefined
            ? 'observes nothing, so there is nothing for a TAP device: leave out `tap`'
            : config.mirrors.length > 0
              ? 'observes nothing: leave out `mirrors`'
              : ofAddresses(config) !== undefined
                ? `observes nothing: leave out \`${ofAddresses(config)}\``
                : config.inputs.udp.length + config.inputs.span.length > 0
                  ? 'observes nothing: leave out `inputs`'
                  : undefined;
  if (wrong !== undefined) throw new UsageError(`store ${NO_STORE} ${wrong}`);
  return true;
}

/** A key that is about the addresses of rows, if there is one. */
function ofAddresses({ networks, owners, policies }: Config): string | undefined {
  if (networks !== undefined) return 'networks';
  return owners.length > 0 ? 'owners' : policies.length > 0 ? 'policies' : undefined;
}

/** @throws UsageError for a tunnel that is to be observed, though GRE is not among the inputs */
export function checkInputs({ gre }: Inputs, tunnels: readonly TunnelConfig[]): void {
  const observed = tunnels.find((t) => t.observe);
  if (gre || observed === undefined) return;
  throw new UsageError(
    `inputs: tunnel ${observed.name} is to be observed, so list gre as well, or leave out its \`observe\``,
  );
}
