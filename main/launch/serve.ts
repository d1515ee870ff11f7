import { startBrowserMode } from './browser-mode.ts';

/**
 * Browser mode as a child of `npm start` (core-process.mjs). Its argument is the options as JSON. Tells the parent `{ url, dataDir }` when it
 * serves or `{ failure: { code, message } }` when it cannot, answers `{ type: 'url' }` with another `{ url }`, and closes when the
 * parent is gone or lets go of it.
 */
const options = JSON.parse(process.argv[2] ?? '') as { root: string; port: number | null; demo: boolean };

// Ctrl C and the end of the terminal reach every process of it: the parent tells when to end
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
const gone = new Promise((resolve) => process.once('disconnect', resolve).once('SIGTERM', resolve));

try {
  const server = await startBrowserMode(options);
  process.send?.({ url: server.url, dataDir: server.dataDir });
  process.on('message', () => process.send?.({ url: server.openUrl() }));
  await gone;
  await server.close();
  process.exit(0);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.send?.({ failure: { code, message } });
  process.exitCode = 1;
  process.disconnect?.();
}
