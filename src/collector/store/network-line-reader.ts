/** Networks in pieces of lines that somebody else has written. */
import { UsageError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { givenNetwork, LONGEST_LINE } from '../../store/networks/network-lines.js';

const NEWLINE = 10;

export class NetworkLineReader {
  private rest = Buffer.alloc(0);

  /** Takes the next piece. @throws UsageError for a line that is no network */
  *take(bytes: Uint8Array): Generator<Network> {
    const all = Buffer.concat([this.rest, bytes]);
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      yield givenNetwork(all.toString('utf8', start, end));
      start = end + 1;
    }
    this.rest = all.subarray(start);
    if (this.rest.length > LONGEST_LINE)
      throw new UsageError(`networks: a line is no longer than ${LONGEST_LINE} bytes`);
  }

  /** @throws UsageError if it ended within a line */
  end(): void {
    if (this.rest.length > 0) throw new UsageError('networks: the last line has no end');
  }
}
