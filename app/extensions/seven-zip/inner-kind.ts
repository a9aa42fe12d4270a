import type { Archive, UnpackCall } from '../../extension-api/index.ts';
import { contentArguments, throwIfFailed, tool } from './commands.ts';
import { formatOf, headBytes, isStreamFormat, looksLikeTar } from './probe.ts';

/** `tree`: 7-Zip sees the files. `tar`: they are in a tar inside a compressed stream. `single`: one compressed file. */
export type Inner = 'tree' | 'tar' | 'single';

const tarHeaderBytes = 512;

/** What a compressed stream holds is known only by looking into it. */
export async function innerKind(archive: Archive, call: UnpackCall): Promise<Inner> {
  if (!isStreamFormat(formatOf(await archive.read(0, headBytes)))) return 'tree';
  const result = await call.runTool(tool, [...contentArguments, '--', { ref: 'archive' }], {
    maxOutputBytes: tarHeaderBytes,
    beyond: 'stop',
  });
  if (result.exitCode !== undefined) throwIfFailed(result);
  return looksLikeTar(result.stdout) ? 'tar' : 'single';
}
