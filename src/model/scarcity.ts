/** Errors for lack of a resource: the request is correct, and may succeed later. */
const SCARCE: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** Whether an error means that descriptors or memory ran out. */
export function isScarcity(error: unknown): boolean {
  return SCARCE.has((error as NodeJS.ErrnoException).code);
}
