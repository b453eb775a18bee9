/** Networks that come through the control socket, for the store that this collector holds. */
import { CommandError, UsageError } from '../../model/errors.js';
import type { ControlAnswer, ControlRequest, UploadCommand } from '../../observe/control.js';
import type { Upload } from '../../observe/upload.js';
import { LONGEST_TEXT, MOST_LOADED } from '../../store/networks/network-lines.js';
import type { StoreThread } from './store-thread.js';

/** Bounds of an upload of networks: bytes, and milliseconds from the request to the end. */
export const NETWORKS_BYTES = 1 << 30;
export const NETWORKS_WITHIN = 600_000;

export class NetworkUploads {
  private loading = false;
  readonly command: UploadCommand = {
    bounds: { bytes: NETWORKS_BYTES, within: NETWORKS_WITHIN },
    take: (request, answer, upload) => this.load(request, answer, upload),
  };

  /** @param store the store to load into, or the reason why that cannot be */
  constructor(private readonly store: () => StoreThread) {}

  private async load(request: ControlRequest, answer: ControlAnswer, upload: Upload): Promise<void> {
    const store = this.store();
    const { networks, file } = loadOf(request);
    if (this.loading) throw new CommandError('networks are being loaded by somebody else: try again');
    this.loading = true;
    try {
      await store.beginNetworks(networks, file);
      const body = answer.begin();
      for await (const piece of upload) await store.networkLines(piece);
      const { load, replaced, left } = await store.endNetworks();
      const told = { loaded: String(load.loaded), networks: load.networks, replaced, left };
      body.write(Buffer.from(`${JSON.stringify(told)}\n`));
      body.end();
    } finally {
      this.loading = false;
    }
  }
}

/** What a request announces. Any local client may send anything, so it is validated. */
function loadOf({ networks, file = '' }: ControlRequest): { networks: number; file: string } {
  if (!Number.isInteger(networks) || (networks as number) < 0 || (networks as number) > MOST_LOADED)
    throw new UsageError(`networks: a load is of 0 to ${MOST_LOADED} networks`);
  if (typeof file !== 'string' || Buffer.byteLength(file) > LONGEST_TEXT || /\p{Cc}/u.test(file))
    throw new UsageError('networks: the name of the file is too long, or has a control character');
  return { networks: networks as number, file };
}
