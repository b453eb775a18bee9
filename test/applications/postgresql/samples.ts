export { samples } from './messages.js';
