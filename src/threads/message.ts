/** What goes over a channel. */
import type { PackedError } from './packed-error.js';

export type Message =
  | { readonly kind: 'tell'; readonly what: string; readonly value: unknown }
  | { readonly kind: 'ask'; readonly id: number; readonly what: string; readonly value: unknown }
  /** The asker wants no more: the request's signal is aborted, and it is answered all the same. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** A part of an answer; `more` says that it was taken. */
  | { readonly kind: 'piece'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'more'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: PackedError }
  /** What was told could not be done: the side that says so is at its end. */
  | { readonly kind: 'fatal'; readonly error: PackedError };
