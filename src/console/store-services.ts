import type { Asker } from './asker.js';
import type { Beside } from './beside.js';
import type { Asks } from './questions.js';
import type { StoreFacts } from './store-facts.js';

/** What answers questions about a store: the console's own, or that of a capture. */
export interface StoreServices {
  readonly asker: Asker;
  readonly questions: Asks;
  readonly facts: StoreFacts;
  /** The collector beside the store. */
  readonly beside: Beside;
  /** The capture's name; '' for the console's own store. */
  readonly capture: string;
}
