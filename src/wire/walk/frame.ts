/** Mirrored frames: their fields, the walk that fills them, and the words for their layers. */

export { KNOWN_TUNNEL_PORTS, TunnelPorts } from '../tunnel/tunnel-ports.js';
export { Frame } from './frame-fields.js';
export { LAYER_NAMES } from './layer-table.js';
export { FrameKind, Layer, MAX_LAYERS, MAX_VLANS, NO_VNI } from './layers.js';
export { decodeFrame, walkToIp } from './walk.js';
export { Walk } from './walk-state.js';
