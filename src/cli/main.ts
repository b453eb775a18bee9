#!/usr/bin/env node
import { keepCompiled } from './compiled.js';

keepCompiled();
// A static import would be compiled before the line above runs.
const { commandLine } = await import('./command-line.js');
await commandLine();
