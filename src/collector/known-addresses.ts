/**
 * What a collector knows of addresses: its files, read at the start and when they change, or the networks
 * that the store has; `policies`, and which names are kept.
 */
import type { Config } from '../config/schema.js';
import { asError } from '../model/errors.js';
import type { NameSourceWord } from '../model/name-source.js';
import type { RolePolicy } from '../model/role-policy.js';
import type { AddressesStatus, PolicyStatus } from '../model/status.js';
import { counted } from '../model/words.js';
import type { Knowledge } from '../networks/conversation-facts.js';
import type { KnownNetworks } from '../networks/known-networks.js';
import { NetworkLoader } from '../networks/loader.js';
import { policyName, rolesNowhere } from '../networks/role-policies.js';
import { type LoadedNetworks, tableOf } from './store/loaded-networks.js';

/** `networks_from` where they are those of `mirrorlake networks load`. */
const FROM_STORE = 'store';
const NANOSECONDS_IN_MS = 1_000_000n;

/** The keys of the configuration that this is about. */
export type AddressConfig = Pick<Config, 'networks' | 'owners' | 'policies' | 'names' | 'names_file'>;

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

interface StoredTable {
  readonly table: SharedArrayBuffer | undefined;
  readonly roles: readonly string[];
  readonly networks: number;
  /** When they were loaded, milliseconds since 1970. */
  readonly since: number;
}

/** Files that were read, and not taken over yet. */
export interface ReadAddresses {
  readonly config: AddressConfig;
  readonly loader: NetworkLoader;
}

export class KnownAddresses {
  private loader: NetworkLoader;
  /** The file of networks; undefined: they are those of the store. */
  file: string | undefined;
  private policies: readonly RolePolicy[];
  private names: readonly NameSourceWord[];
  /** The networks of the store; undefined: it was not asked yet. */
  private stored: StoredTable | undefined;
  /** The load that came last: making a table of it takes a while. */
  private newest = 0n;
  /** Files that were wrong, of loaders that are gone. */
  private refused = 0;
  private said = '';

  constructor(
    private readonly config: AddressConfig,
    private readonly options: KnownAddressesOptions,
  ) {
    this.policies = config.policies;
    this.names = config.names;
    this.file = config.networks;
    this.loader = this.loaderOf(config);
  }

  get knowledge(): Knowledge {
    return { known: this.known, policies: this.policies, names: this.names };
  }

  private get known(): KnownNetworks {
    const { known } = this.loader;
    return this.file === undefined ? { ...known, networks: this.stored?.table } : known;
  }

  /** Reads the files. @throws UsageError naming the file, and the line of what is wrong */
  async open(): Promise<void> {
    await this.loader.load();
    this.sayRoles();
    this.sayNames(this.config);
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
    this.names = config.names;
    this.file = config.networks;
    loader.watch();
    this.tell();
    this.sayNames(config);
  }

  /** Takes the networks that the store has, which count where there is no file. */
  async loaded(loaded: LoadedNetworks): Promise<void> {
    this.newest = loaded.loaded;
    try {
      const { table, roles } =
        loaded.networks === 0 ? { table: undefined, roles: [] } : await tableOf(loaded);
      if (this.newest !== loaded.loaded) return;
      const since = Number(loaded.loaded / NANOSECONDS_IN_MS);
      this.stored = { table, roles, networks: loaded.networks, since };
    } catch (error) {
      this.options.log('warn', `networks of the store: ${asError(error).message}; those before stay in use`);
      return;
    }
    if (this.file !== undefined) return;
    if (loaded.networks > 0) this.options.log('info', `the store: ${counted(loaded.networks, 'network')}`);
    this.tell();
  }

  close(): void {
    this.loader.close();
  }

  status({ lookups, cold, damaged }: AddressCounts): AddressesStatus {
    const files = this.loader.loaded;
    const ofFile = files.find(({ kind }) => kind === 'networks');
    const ofStore = this.file === undefined && this.stored?.table !== undefined ? this.stored : undefined;
    const networks = ofFile ?? ofStore;
    return {
      networks: ofFile?.entries ?? ofStore?.networks ?? 0,
      networks_from: ofFile?.file ?? (ofStore === undefined ? '' : FROM_STORE),
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

  private loaderOf({ networks, owners, names_file: names }: AddressConfig): NetworkLoader {
    const loader = new NetworkLoader(
      { networks, owners, names },
      {
        changed: () => {
          if (loader === this.loader) this.tell();
        },
        log: this.options.log,
      },
    );
    return loader;
  }

  private tell(): void {
    this.options.changed(this.knowledge);
    this.sayRoles();
  }

  /** Warns of a file of names of which none is kept. */
  private sayNames({ names, names_file: file }: AddressConfig): void {
    if (file !== undefined && !names.includes('file'))
      this.options.log('warn', `names_file: ${file} is not used: names leaves out the source file`);
  }

  /** Warns of roles in policies that no network has: a policy with one is about nothing. */
  private sayRoles(): void {
    // Until the store has answered nobody knows.
    if (this.file === undefined && this.stored === undefined) return;
    const files = this.loader.loaded.flatMap((file) => file.roles);
    const roles = new Set(this.file === undefined ? this.stored?.roles : files);
    const words = rolesNowhere(this.policies, roles);
    if (words !== '' && words !== this.said) this.options.log('warn', words);
    this.said = words;
  }
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
