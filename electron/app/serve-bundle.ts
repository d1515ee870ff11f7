import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { contentSecurityPolicy } from '../../main/bridge/csp.ts';
import type { ElectronApi } from './api.ts';
import { SCHEME } from './origin.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** To be called before the app is ready: the scheme counts as a secure origin with storage of its own. */
export function registerScheme({ protocol }: Pick<ElectronApi, 'protocol'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the bundle's files, and nothing above their folder. */
export function serveBundle({ protocol }: Pick<ElectronApi, 'protocol'>, bundleDir: string): void {
  protocol.handle(SCHEME, async (request) => respond(bundleDir, request.url));
}

/** The answer for one URL of the scheme: 404 for what is not a file of the bundle. */
export async function respond(bundleDir: string, url: string): Promise<Response> {
  const headers = {
    'content-security-policy': contentSecurityPolicy([]),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  const file = fileOf(bundleDir, url);
  const type = file === null ? undefined : TYPES[path.extname(file)];
  if (file === null || type === undefined) return new Response('Not found', { status: 404, headers });
  try {
    return new Response(await readFile(file), { headers: { ...headers, 'content-type': type } });
  } catch {
    return new Response('Not found', { status: 404, headers });
  }
}

function fileOf(bundleDir: string, url: string): string | null {
  try {
    const { host, pathname } = new URL(url);
    if (host !== 'app') return null;
    const file = path.resolve(
      bundleDir,
      `.${decodeURIComponent(pathname === '/' ? '/index.html' : pathname)}`,
    );
    return file.startsWith(bundleDir + path.sep) ? file : null;
  } catch {
    return null; // not a URL, or not decodable
  }
}
