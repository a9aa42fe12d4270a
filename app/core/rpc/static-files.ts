import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { whyUnsafe } from '../base/index.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.woff2': 'font/woff2',
};

/** The page loads nothing from elsewhere, runs and styles nothing inline, and cannot be framed. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** A cover comes from a catalog, that is, from anybody. Opened on its own, it may do nothing at all. */
const coverHeaders = {
  ...headers,
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
};

interface StaticFilesOptions {
  uiDirectory: string | undefined;
  coverPath: (gameId: string) => string | undefined;
}

/** Serves the UI's files and `/covers/<gameId>`, GET and HEAD only. */
export function createStaticFiles({ uiDirectory, coverPath }: StaticFilesOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end();
      return;
    }
    const { path, isCover } = resolveFile(request.url ?? '/', { uiDirectory, coverPath }) ?? {};
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || !found?.isFile()) {
      const isPage = request.url === '/' || request.url === '/index.html';
      const why = isPage ? 'The launcher is not built: run `npm run build:ui`, then reload.' : 'Not found.';
      response.writeHead(404, { ...headers, 'Content-Type': 'text/plain' }).end(`${why}\n`);
      return;
    }
    // A cover's file is named after the hash of its bytes.
    const own = isCover ? { ...coverHeaders, ETag: `"${basename(path)}"` } : headersOf(request);
    if ('ETag' in own && request.headers['if-none-match'] === own.ETag) {
      response.writeHead(304, own).end();
      return;
    }
    const type = types[extname(path).toLowerCase()] ?? 'application/octet-stream';
    response.writeHead(200, { ...own, 'Content-Type': type, 'Content-Length': found.size });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(path), response);
  };
}

/** The build names files in `assets/` after their content, so they never change. */
function headersOf({ url }: IncomingMessage): Record<string, string> {
  return url?.startsWith('/assets/') ? { ...headers, 'Cache-Control': 'public, max-age=31536000, immutable' } : headers;
}

interface ServedFile {
  readonly path: string;
  readonly isCover: boolean;
}

function resolveFile(url: string, { uiDirectory, coverPath }: StaticFilesOptions): ServedFile | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname).slice(1);
  } catch {
    return undefined;
  }
  if (path.startsWith('covers/')) {
    const cover = coverPath(path.slice('covers/'.length));
    return cover === undefined ? undefined : { path: cover, isCover: true };
  }
  if (path === '') path = 'index.html';
  if (!uiDirectory || whyUnsafe(path, { atGameRoot: false }) !== undefined) return undefined;
  return { path: join(uiDirectory, path), isCover: false };
}
