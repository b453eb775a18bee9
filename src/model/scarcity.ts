/** Errors for want of something that passes: nothing is wrong with what was asked for, and later it may succeed. */
const SCARCE: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** Whether an error is for want of descriptors or memory. */
export function isScarcity(error: unknown): boolean {
  return SCARCE.has((error as NodeJS.ErrnoException).code);
}
