import path from 'node:path';
import { startBrowserMode } from './browser-mode.ts';

/** Where renderer/vite.config.ts sends /rpc, /pipe and /session. */
const CORE_PORT = 4777;
const VITE_ORIGIN = 'http://127.0.0.1:5173';

const server = await startBrowserMode({
  port: CORE_PORT,
  demo: process.argv.includes('--demo'),
  root: path.resolve(import.meta.dirname, '../..'),
  devOrigins: [VITE_ORIGIN],
});
console.log(`Window with hot reload: ${VITE_ORIGIN}/${new URL(server.url).hash}`);
