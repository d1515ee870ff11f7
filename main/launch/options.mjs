// What `npm start` can be told.
import { parseArgs } from 'node:util';

export const HELP = `npm start [-- OPTIONS]

  --browser     use a browser in place of Electron
  --no-open     start the server, print its address, open nothing (implies --browser)
  --port N      listen on this port of 127.0.0.1 (implies --browser); 0 is any free one
  --demo        the demo fleet alone: three simulated hosts, none of the saved ones
  --help        this text`;

/**
 * The options as `{ browser, open, port, demo, help }`; `port` is null when none was asked for.
 * @throws an error for the person who typed them
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      browser: { type: 'boolean', default: false },
      'no-open': { type: 'boolean', default: false },
      port: { type: 'string' },
      demo: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const port = values.port === undefined ? null : portOf(values.port);
  const open = !values['no-open'];
  return {
    browser: values.browser || !open || port !== null,
    open,
    port,
    demo: values.demo,
    help: values.help,
  };
}

function portOf(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port <= 65_535) return port;
  throw new Error(`--port ${text}: a port is a number from 1 to 65535, or 0 for any that is free`);
}
