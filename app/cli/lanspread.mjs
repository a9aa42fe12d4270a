#!/usr/bin/env node
// The launcher's command line. Plain JavaScript: on an older Node it starts itself again with the pinned one.
import { spawn } from 'node:child_process';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { findPinnedNode, isPinnedNode, requirePinnedNode } from './pinned-node.mjs';
import { findProgram } from './program.mjs';

if (isPinnedNode()) {
  // What a start leaves behind would make V8's nursery grow from 2 MiB to 32; here it stays, for work that needs no more.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { url, isBundle } = findProgram();
  if (isBundle) process.setSourceMapsEnabled(true);
  // What was parsed and stripped once is kept for the next start.
  nodeModule.enableCompileCache?.();
  const { main } = await import(url);
  await main(process.argv.slice(2));
  // libp2p leaves a timer of a second behind when its listeners close; everything of ours is done here.
  process.exit();
} else {
  const pinned = findPinnedNode();
  if (!pinned) requirePinnedNode();
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends SIGINT to both; the child decides when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`The pinned Node does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === 'SIGINT' ? 130 : (code ?? 1);
  });
}
