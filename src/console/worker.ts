import { runProcess } from './process.js';

runProcess();
