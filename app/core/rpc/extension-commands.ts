/** The commands on extensions: the contract has the parameters, `extensions/` does the work. */
import { resolve } from 'node:path';
import type { Extensions, Question } from '../extensions/index.ts';
import type { CommandParams, CommandResult } from './contract.ts';

type Name =
  | 'extensions.list'
  | 'extensions.themes'
  | 'extensions.install'
  | 'extensions.enable'
  | 'extensions.disable'
  | 'extensions.remove';

type ExtensionHandlers = {
  [N in Name]: (params: CommandParams<N>) => CommandResult<N> | Promise<CommandResult<N>>;
};

const accepted = { accepted: true } as const;
const nothing: Question = { added: { tools: [], hosts: [], folders: [] }, warnings: [] };

export function extensionHandlers(extensions: Extensions): ExtensionHandlers {
  const find = (id: string) => extensions.list().find((extension) => extension.id === id);
  return {
    'extensions.list': () => ({ extensions: extensions.list() }),
    'extensions.themes': () => ({ themes: extensions.themes() }),
    'extensions.install': async ({ path, consent }) => {
      const outcome = await extensions.install(resolve(path), { consent });
      return { accepted: outcome.status === 'installed', ...outcome, extension: find(outcome.id) };
    },
    'extensions.enable': ({ id, consent }) => {
      const question = extensions.enable(id, { consent });
      return {
        accepted: !question,
        status: question ? 'needs-consent' : 'enabled',
        ...(question ?? nothing),
        extension: find(id),
      };
    },
    'extensions.disable': ({ id }) => (extensions.disable(id), accepted),
    'extensions.remove': async ({ id }) => {
      await extensions.remove(id);
      return accepted;
    },
  };
}
