export { samples } from './packets.js';
