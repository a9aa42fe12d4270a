/** What mutated bytes are given to, and what must hold whatever they are. */
import type { z } from 'zod';
import { resolve, sep } from 'node:path';
import { absolutePath, isGameId, parsePath, PathSet } from '../../app/core/base/index.ts';
import { parseCatalog } from '../../app/core/catalog/catalog-file.ts';
import { parseSentinel } from '../../app/core/game-folder/sentinel.ts';
import {
  askHaveSchema,
  decodeManifest,
  encodeManifest,
  getGameReplySchema,
  getGameSchema,
  haveSchema,
  helloSchema,
  laneReplySchema,
  laneRequestSchema,
  libraryDeltaSchema,
  limits,
  ManifestLayout,
  prefixBytes,
  streamMessageSchema,
} from '../../app/core/protocol/index.ts';
import { LaneFrameReader } from '../../app/core/lanes/tls/worker/frame-reader.ts';
import type { SeededRandom } from '../support/random.ts';
import * as samples from './samples.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly samples: readonly Buffer[];
  /** Returns whether it was accepted. Throws a coded error for what it refuses; anything else is a fault. */
  readonly judge: (bytes: Buffer, random: SeededRandom) => boolean;
}

/** One frame, in pieces of any size, its length prefix right, or not. */
function frameTarget(name: string, schema: z.ZodType, ...rights: Buffer[]): FuzzTarget {
  return {
    name,
    samples: rights,
    judge(body, random) {
      const frame = Buffer.alloc(prefixBytes + body.length);
      frame.writeUInt32BE(random.below(16) === 0 ? random.word() : body.length, 0);
      body.copy(frame, prefixBytes);
      const reader = new LaneFrameReader(limits.laneHeaderBytes);
      for (let at = 0; at < frame.length && !reader.isWhole; ) {
        const end = Math.min(frame.length, at + 1 + random.below(frame.length));
        const taken = reader.take(frame, at, end);
        if (taken === 0) throw new Error('a reader that wants more takes nothing');
        at += taken;
      }
      if (!reader.isWhole) return false;
      const message: unknown = reader.finish(schema, name);
      // What was understood is said again in the same words.
      const again: unknown = schema.parse(JSON.parse(JSON.stringify(message)));
      if (JSON.stringify(again) !== JSON.stringify(message)) throw new Error('it is another message the second time');
      return true;
    },
  };
}

const reserved = new Set(['local', 'version.ini', '.local.installing', '.local.backup']);
const root = resolve('/games/quake');

export const targets: readonly FuzzTarget[] = [
  frameTarget('hello', helloSchema, samples.hello),
  frameTarget('library delta', libraryDeltaSchema, samples.delta),
  frameTarget('get game', getGameSchema, samples.getGame),
  frameTarget('manifest reply', getGameReplySchema, samples.getGameReply, samples.refusal),
  frameTarget('lane request', laneRequestSchema, samples.getBlocks, samples.streamInstall),
  frameTarget('lane reply', laneReplySchema, samples.laneReply, samples.refusal),
  frameTarget('ask have', askHaveSchema, samples.askHave),
  frameTarget('have', haveSchema, samples.have, samples.refusal),
  frameTarget('streamed install', streamMessageSchema, ...samples.streamMessages),
  {
    name: 'manifest',
    samples: [samples.manifest],
    judge(bytes) {
      const manifest = decodeManifest(bytes);
      if (!encodeManifest(manifest).equals(bytes)) throw new Error('a manifest that is not canonical');
      const layout = new ManifestLayout(manifest);
      for (let block = 0; block < layout.blockCount; block += 1) {
        const { offsetBytes, lengthBytes, fileIndex } = layout.place(block);
        if (offsetBytes + lengthBytes > (manifest.files[fileIndex]?.size ?? -1) || lengthBytes < 1)
          throw new Error(`block ${block} is outside its file`);
      }
      for (const { path } of manifest.files) assertInside(absolutePath(root, path));
      return true;
    },
  },
  {
    name: 'path',
    samples: samples.paths,
    judge(bytes) {
      const path = parsePath(bytes.toString('utf8'), { atGameRoot: true });
      assertInside(absolutePath(root, path));
      const [first = ''] = path.toLowerCase().split('/');
      if (reserved.has(first)) throw new Error('it is reserved');
      // Neither a drive, nor an alternate stream, nor another platform's separator.
      if (path.includes(':') || path.includes('\\')) throw new Error('it holds what no path of ours may');
      const set = new PathSet();
      set.add(path, 'file');
      return true;
    },
  },
  {
    name: 'catalog',
    samples: [samples.catalog],
    judge(bytes) {
      const { games } = parseCatalog(bytes);
      for (const { id } of games) if (!isGameId(id)) throw new Error(`${id} is no game id`);
      return true;
    },
  },
  {
    name: 'version.ini',
    samples: samples.sentinels,
    judge(bytes) {
      const sentinel = parseSentinel(bytes);
      if (!sentinel) return false;
      if (sentinel.version === '' || /[\r\n]/.test(sentinel.version)) throw new Error('a version of no text');
      if (parseSentinel(Buffer.from(sentinel.text))?.version !== sentinel.version)
        throw new Error('another version the second time');
      return true;
    },
  },
];

function assertInside(path: string): void {
  const resolved = resolve(path);
  if (resolved !== path || !resolved.startsWith(root + sep)) throw new Error(`outside the game: ${path}`);
}
