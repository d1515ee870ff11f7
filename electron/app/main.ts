import path from 'node:path';
import * as electron from 'electron';
import { registerScheme } from './serve-bundle.ts';
import { runShell } from './shell.ts';

// this file is build/electron/app/main.js
const root = path.resolve(import.meta.dirname, '../../..');

registerScheme(electron);
void runShell(electron, { build: path.join(root, 'build'), assets: path.join(root, 'assets') }, process.argv);
