/** Mirrored frames: the fields of one, the walk that finds them, and the words for its layers. */
export { Frame } from './frame-fields.js';
export { FrameKind, LAYER_NAMES, Layer, MAX_LAYERS, MAX_VLANS } from './layers.js';
export { decodeFrame } from './walk.js';
