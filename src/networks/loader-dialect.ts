/** Messages between whoever wants files about addresses read, and the thread that reads them. */

/** Networks of one's own, owners of the Internet's addresses, or names of addresses. */
export type FileKind = 'networks' | 'owners' | 'names';

/** A file, and what it is to be read as. */
export interface KnownFile {
  readonly kind: FileKind;
  readonly file: string;
}

/** A file that was read. */
export interface FileRead {
  /** As in KnownNetworks. */
  readonly memory: SharedArrayBuffer;
  /** Of networks and of names: how many there are. */
  readonly entries: number;
  /** The roles that networks have. */
  readonly roles: readonly string[];
  /** Of owners: when the file was made, seconds since 1970; 0: it does not say. */
  readonly built: number;
  /** Of an export: objects of other types, by type. */
  readonly passedOver: ReadonlyMap<string, number>;
}

/** What the thread understands. */
export type LoaderSide = {
  asks: {
    /** Fails with a UsageError that names the file, and the line of what is wrong. */
    read: (file: KnownFile) => FileRead;
  };
  tells: Record<never, never>;
};
