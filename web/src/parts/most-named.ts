/** Addresses of a file of rows that have names in it. */
export const MOST_NAMED_IN_FILE = 5000;
