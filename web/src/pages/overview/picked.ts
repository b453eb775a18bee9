/** What is chosen in the overview's cards: it is in the address. */
import {
  APPLICATIONS,
  BY,
  type PickedInCards,
  SLOW,
  TALKERS,
  UNITS,
} from '../../../../src/console/contract/opened.js';
import { one } from '../../app/search.js';

/** The value that the address has, or the first. */
export function pickedIn<T extends string>(
  search: Record<string, unknown>,
  name: string,
  choices: readonly { readonly value: T }[],
): T {
  const given = one(search[name]);
  return (choices.find(({ value }) => value === given) ?? choices[0]!).value;
}

export function pickedInCards(search: Record<string, unknown>): PickedInCards {
  return {
    unit: pickedIn(search, 'unit', UNITS),
    by: pickedIn(search, 'by', BY),
    talkers: pickedIn(search, 'talkers', TALKERS),
    slow: pickedIn(search, 'slow', SLOW),
    app: pickedIn(search, 'app', APPLICATIONS),
  };
}
