import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
/** vite puts a hash of the content into the names of what is in assets/. */
const HASHED = /^\/assets\/[^/]+-[\w-]{8,}\.[a-z0-9]+$/;

/**
 * The file for a request's path, or null when there is none: not there, not of a known type, or outside of `root` in any spelling
 * (encoded, backslashes, symbolic links).
 */
export async function findStaticFile(root: string, urlPath: string): Promise<string | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (/[\\\0]/.test(decoded) || decoded.split('/').includes('..')) return null;
  const file = path.join(root, decoded === '/' ? 'index.html' : decoded);
  if (TYPES[path.extname(file)] === undefined) return null;
  try {
    const [realRoot, realFile] = await Promise.all([realpath(root), realpath(file)]);
    if (!realFile.startsWith(realRoot + path.sep)) return null;
    return (await stat(realFile)).isFile() ? realFile : null;
  } catch {
    return null;
  }
}

/** Sends a file that `findStaticFile` found. */
export async function sendStaticFile(
  response: ServerResponse,
  file: string,
  request: { readonly urlPath: string; readonly head: boolean },
): Promise<void> {
  const { size } = await stat(file);
  response.writeHead(200, {
    'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'Content-Length': size,
    'Cache-Control': HASHED.test(request.urlPath) ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.head) return void response.end();
  const stream = createReadStream(file);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
  return undefined;
}
