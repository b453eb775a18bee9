#!/usr/bin/env node
import { keepCompiled } from './compiled.js';

keepCompiled();
// Imported above, it would be compiled before.
const { commandLine } = await import('./command-line.js');
await commandLine();
