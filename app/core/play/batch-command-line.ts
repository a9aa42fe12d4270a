import { LanspreadError } from '../base/index.ts';

/** Characters with a meaning to `cmd.exe` outside quotes, and `%` also inside them. */
const special = /[()\][%!^"`<>&|;, *?]/g;

/**
 * A command line for `cmd.exe /s /c "…"` that runs a batch file with exactly these arguments. `cmd.exe` reads the line twice:
 * once to start the file, and again where the file passes `%*` on. Special characters are therefore escaped twice. A line
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

/** Doubles the backslashes before a quote and those at the end, because the closing quote follows them. */
function quote(argument: string): string {
  const inner = argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1');
  return `"${inner}"`;
}

function escapeOnce(text: string): string {
  return text.replaceAll(special, '^$&');
}
