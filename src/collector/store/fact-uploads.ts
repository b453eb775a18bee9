/** What is known of addresses, which comes through the control socket for rows of earlier days. */
import { CommandError, UsageError } from '../../model/errors.js';
import type { ControlAnswer, ControlRequest, UploadCommand } from '../../observe/control.js';
import type { Upload } from '../../observe/upload.js';
import { APPLIED_TABLES, type AppliedTable, type FactChange } from '../../store/networks/fact-statements.js';
import type { StoreThread } from './store-thread.js';

/** Bounds of an upload of facts: bytes, and milliseconds from the request to the end of the upload. */
export const FACTS_BYTES = 512 << 20;
export const FACTS_WITHIN = 600_000;
/** How long a run keeps others out after its last rewrite, milliseconds. */
export const RUN_LASTS = 60_000;
const MOST_PARTS = 65_536;

export class FactUploads {
  private running = '';
  /** The rewrite that is going on: it settles when that has ended, however. */
  private rewriting: Promise<void> | undefined;
  private lastAt = Number.NEGATIVE_INFINITY;
  readonly command: UploadCommand = {
    bounds: { bytes: FACTS_BYTES, within: FACTS_WITHIN },
    take: (request, answer, upload) => this.take(request, answer, upload),
  };

  /** @param store the store to rewrite, or the reason why that cannot be */
  constructor(private readonly store: () => StoreThread) {}

  private async take(request: ControlRequest, answer: ControlAnswer, upload: Upload): Promise<void> {
    const store = this.store();
    if (request.end === true) {
      if (request.run === this.running) {
        // One that was interrupted is still cleaned up.
        await this.rewriting;
        this.lastAt = Number.NEGATIVE_INFINITY;
      }
      answer.begin().end();
      return;
    }
    const { run, change } = changeOf(request);
    const others = run !== this.running && performance.now() - this.lastAt < RUN_LASTS;
    if (this.rewriting !== undefined || others)
      throw new CommandError(
        'networks are being applied to this store by somebody else: wait for it; after an interrupted run, ' +
          `${RUN_LASTS / 1000} seconds`,
      );
    this.running = run;
    const rewrite = this.rewrite(store, change, answer, upload).finally(() => {
      this.rewriting = undefined;
      this.lastAt = performance.now();
    });
    this.rewriting = rewrite.catch(() => undefined);
    await rewrite;
  }

  private async rewrite(
    store: StoreThread,
    change: FactChange,
    answer: ControlAnswer,
    upload: Upload,
  ): Promise<void> {
    const gone = new AbortController();
    answer.onClose(() => gone.abort());
    try {
      await store.beginFacts(change);
      const body = answer.begin();
      for await (const piece of upload) await store.factLines(piece);
      await store.rewriteFacts((bytes) => void body.write(bytes), gone.signal);
      await store.endFacts();
      body.end();
    } catch (error) {
      // What went wrong is told, and what is left the next rewrite removes too.
      await store.endFacts().catch(() => undefined);
      throw error;
    }
  }
}

/** What a request asks for. Any local client may send anything, so it is validated. */
function changeOf(r: ControlRequest): { run: string; change: FactChange } {
  const { run, table, day, vnis, vlans, owners, part, parts } = r;
  const right =
    typeof run === 'string' &&
    /^[0-9a-f]{32}$/.test(run) &&
    (APPLIED_TABLES as readonly unknown[]).includes(table) &&
    typeof day === 'string' &&
    /^\d{4}-\d\d-\d\d$/.test(day) &&
    [vnis, vlans, owners].every((flag) => typeof flag === 'boolean') &&
    Number.isInteger(parts) &&
    (parts as number) >= 1 &&
    (parts as number) <= MOST_PARTS &&
    Number.isInteger(part) &&
    (part as number) >= 0 &&
    (part as number) < (parts as number);
  if (!right) throw new UsageError('apply_networks: a run, a table, a day, and what tells addresses apart');
  const change = { table: table as AppliedTable, day, vnis, vlans, owners, part, parts } as FactChange;
  return { run, change };
}
