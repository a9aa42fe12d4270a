/**
 * The first thing that runs in an extension's process: takes dangerous tools away, speaks with the host on the fourth
 * pipe, loads the extension and answers for it. Reads nothing but this folder, `wire/`, the API and the JSON-RPC library.
 */
import { registerHooks } from 'node:module';
import { Socket } from 'node:net';
import { createMessageConnection } from 'vscode-jsonrpc/node';
import { LinkFrameReader, FrameWriter } from '../wire/index.ts';
import { ExtensionSide } from './extension-side.ts';
import { HostLink } from './host-link.ts';
import { lockDown } from './lock-down.ts';

const linkDescriptor = 3;

function main(): void {
  const pipe = new Socket({ fd: linkDescriptor });
  const leave = (): void => process.exit(0);
  // Without the host there is nothing to do.
  pipe.once('end', leave);
  pipe.once('close', leave);
  pipe.on('error', leave);
  const apiUrl = new URL('../../../extension-api/index.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@lanspread/extension-api'
        ? { url: apiUrl, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  });
  lockDown();
  const reader = new LinkFrameReader(pipe, { onViolation: leave });
  const connection = createMessageConnection(reader, new FrameWriter(pipe));
  new ExtensionSide(new HostLink(connection)).answer();
  connection.listen();
}

main();
