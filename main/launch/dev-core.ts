import { startBrowserMode, type BrowserModeOptions } from './browser-mode.ts';

/** The core of `npm run dev` (dev.mjs), whose window is vite's. */
const options = JSON.parse(process.argv[2] ?? '') as BrowserModeOptions;
const server = await startBrowserMode(options);
for (const origin of options.devOrigins ?? [])
  console.log(`Window with hot reload: ${origin}/${new URL(server.url).hash}`);
