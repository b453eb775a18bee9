/** Lines that somebody else has written, in pieces that are cut anywhere. */
import { UsageError } from '../../model/errors.js';
import { LONGEST_LINE } from '../../store/networks/network-lines.js';

const NEWLINE = 10;

export class LineReader<Value> {
  private rest = Buffer.alloc(0);

  /** @param parse throws UsageError for a line that is none */
  constructor(private readonly parse: (line: string) => Value) {}

  /** Takes the next piece. @throws UsageError for a line that is none, or too long */
  *take(bytes: Uint8Array): Generator<Value> {
    const all = Buffer.concat([this.rest, bytes]);
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      yield this.parse(all.toString('utf8', start, end));
      start = end + 1;
    }
    this.rest = all.subarray(start);
    if (this.rest.length > LONGEST_LINE)
      throw new UsageError(`a line is no longer than ${LONGEST_LINE} bytes`);
  }

  /** @throws UsageError if it ended within a line */
  end(): void {
    if (this.rest.length > 0) throw new UsageError('the last line has no end');
  }
}
