/**
 * All applications, in the order in which a message is held against them: those whose first bytes leave no
 * doubt before those that have little to tell them by.
 */
import type { Application } from './reader.js';

export const APPLICATIONS: readonly Application[] = [];
