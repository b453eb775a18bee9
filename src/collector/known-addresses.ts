/** What a collector knows of addresses: its files, read at the start and when they change; and `policies`. */
import type { Config } from '../config/schema.js';
import { ANY_ROLE, type RolePolicy } from '../model/role-policy.js';
import type { AddressesStatus, PolicyStatus } from '../model/status.js';
import type { Knowledge } from '../networks/conversation-facts.js';
import { type LoadedFile, NetworkLoader } from '../networks/loader.js';
import { policyName } from '../networks/role-policies.js';

/** The keys of the configuration that this is about. */
export type AddressConfig = Pick<Config, 'networks' | 'owners' | 'policies'>;

export interface KnownAddressesOptions {
  readonly log: (level: 'info' | 'warn', message: string) => void;
  /** Told of what is known from now on. */
  readonly changed: (knowledge: Knowledge) => void;
}

/** What packet paths have counted. */
export interface AddressCounts {
  readonly lookups: number;
  readonly cold: number;
  readonly damaged: number;
  /** Conversations that break a policy, by its name. */
  readonly policies: Readonly<Record<string, number>>;
}

/** Files that were read, and not taken over yet. */
export interface ReadAddresses {
  readonly config: AddressConfig;
  readonly loader: NetworkLoader;
}

export class KnownAddresses {
  private loader: NetworkLoader;
  private policies: readonly RolePolicy[];
  /** Files that were wrong, of loaders that are gone. */
  private refused = 0;
  private said = '';

  constructor(
    config: AddressConfig,
    private readonly options: KnownAddressesOptions,
  ) {
    this.policies = config.policies;
    this.loader = this.loaderOf(config);
  }

  get knowledge(): Knowledge {
    return { known: this.loader.known, policies: this.policies };
  }

  /** Reads the files. @throws UsageError naming the file, and the line of what is wrong */
  async open(): Promise<void> {
    await this.loader.load();
    this.sayRoles();
  }

  /** From now on, reads files again that have changed. */
  watch(): void {
    this.loader.watch();
  }

  /** Reads the files of another configuration; nothing has changed if one is wrong. @throws UsageError */
  async read(config: AddressConfig): Promise<ReadAddresses> {
    const loader = this.loaderOf(config);
    await loader.load();
    return { config, loader };
  }

  /** Takes over what {@link read} has read. */
  take({ config, loader }: ReadAddresses): void {
    this.refused += this.loader.refusals;
    this.loader.close();
    this.loader = loader;
    this.policies = config.policies;
    loader.watch();
    this.options.changed(this.knowledge);
    this.sayRoles();
  }

  close(): void {
    this.loader.close();
  }

  status({ lookups, cold, damaged }: AddressCounts): AddressesStatus {
    const files = this.loader.loaded;
    const networks = files.find(({ kind }) => kind === 'networks');
    return {
      networks: networks?.networks ?? 0,
      networks_from: networks?.file ?? '',
      networks_since: networks === undefined ? null : rfc3339(networks.since),
      owners: files
        .filter(({ kind }) => kind === 'owners')
        .map(({ file, built, since }) => ({
          file,
          built: built === 0 ? null : rfc3339(built * 1000),
          since: rfc3339(since),
        })),
      lookups,
      cold,
      damaged,
      refused: this.refused + this.loader.refusals,
      wrong: files.map(({ wrong }) => wrong).filter((wrong) => wrong !== ''),
    };
  }

  policyStatus({ policies: sessions }: AddressCounts): PolicyStatus[] {
    return this.policies.map((policy) => ({
      from: policy.from,
      to: policy.to,
      sessions: sessions[policyName(policy)] ?? 0,
    }));
  }

  private loaderOf({ networks, owners }: AddressConfig): NetworkLoader {
    const loader = new NetworkLoader(
      { networks, owners },
      {
        changed: (known) => {
          if (loader !== this.loader) return;
          this.options.changed({ known, policies: this.policies });
          this.sayRoles();
        },
        log: this.options.log,
      },
    );
    return loader;
  }

  /** Warns of roles in policies that no network has: a policy with one is about nothing. */
  private sayRoles(): void {
    const roles = rolesOf(this.loader.loaded);
    const named = this.policies.flatMap(({ from, to }) => [from, to]);
    const unknown = [...new Set(named)].filter((role) => role !== ANY_ROLE && !roles.has(role));
    const words = unknown.length === 0 ? '' : `policies: no network has the role ${unknown.join(', ')}`;
    if (words !== '' && words !== this.said) this.options.log('warn', words);
    this.said = words;
  }
}

function rolesOf(files: readonly LoadedFile[]): ReadonlySet<string> {
  return new Set(files.flatMap(({ roles }) => roles));
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
