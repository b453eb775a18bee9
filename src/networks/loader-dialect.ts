/** Messages between whoever wants files of networks and owners read, and the thread that reads them. */

/** Networks of one's own, or owners of the Internet's addresses. */
export type FileKind = 'networks' | 'owners';

/** A file, and what it is to be read as. */
export interface KnownFile {
  readonly kind: FileKind;
  readonly file: string;
}

/** A file that was read. */
export interface FileRead {
  /** As in KnownNetworks. */
  readonly memory: SharedArrayBuffer;
  /** Of networks: how many there are. */
  readonly networks: number;
  /** The roles that they have. */
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
