import { LanspreadError } from '../base/index.ts';

/** What `cmd.exe` acts on outside quotes, and `%` inside them too. */
const special = /[()\][%!^"`<>&|;, *?]/g;

/**
 * A command line for `cmd.exe /s /c "…"` that runs a batch file with just these arguments. `cmd.exe` reads the line
 * twice: once to start the file, and again where the file hands `%*` on; so what is special is escaped twice. A line
 * break or a NUL cannot be passed at all. Throws `BAD_REQUEST`.
 *
 * Source: the rules of `CommandLineToArgvW` for the inner quoting, and of `cmd /?` for the carets.
 */
export function batchCommandLine(command: string, args: readonly string[]): string {
  for (const text of [command, ...args]) {
    if (/[\r\n\0]/.test(text))
      throw new LanspreadError('BAD_REQUEST', {
        message: 'A batch file cannot be given an argument with a line break.',
      });
  }
  return [escapeOnce(command), ...args.map((argument) => escapeOnce(escapeOnce(quote(argument))))].join(' ');
}

/** Backslashes before a quote count double, and so do those at the end, which the closing quote follows. */
function quote(argument: string): string {
  const inner = argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1');
  return `"${inner}"`;
}

function escapeOnce(text: string): string {
  return text.replaceAll(special, '^$&');
}
