export { samples } from './values.js';
