/** What the server has filled into index.html. */
const served = document.getElementById('served');
const prefix = served?.dataset.prefix ?? '';

/** The path that a proxy puts in front: '' or `/mirrorlake`. */
export const PREFIX = prefix.startsWith('%') ? '' : prefix;
/** For the style elements of libraries: the page's policy lets in no others. */
export const NONCE = served?.dataset.nonce ?? '';
