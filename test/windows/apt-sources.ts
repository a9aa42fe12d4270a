/** Which mirror of Debian this machine's own apt takes its packages from. */

export interface AptFile {
  readonly name: string;
  readonly text: string;
}

interface Source {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * The first address that serves `main` of this machine's release; undefined where apt names none. `files` are
 * `sources.list` and those of `sources.list.d`, in both formats of `sources.list(5)`.
 */
export function debianMirror(files: readonly AptFile[], codename: string): string | undefined {
  const sources = files.flatMap(({ name, text }) => (name.endsWith('.sources') ? stanzas(text) : lines(text)));
  const fitting = sources.find(
    ({ types, suites, components }) =>
      types.includes('deb') && suites.includes(codename) && components.includes('main'),
  );
  return fitting?.uris.find((uri) => /^https?:\/\//.test(uri));
}

/** `deb [options] uri suite component…`, one a line. */
function lines(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!match) return [];
    const [, type = '', uri = '', suite = '', rest = ''] = match;
    return [{ types: [type], uris: [uri], suites: [suite], components: words(rest) }];
  });
}

/** Fields over several lines, one stanza a source. */
function stanzas(text: string): Source[] {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, name = '', value = ''] of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm))
      fields.set(name.toLowerCase(), value);
    if (fields.get('enabled')?.trim().toLowerCase() === 'no') return [];
    const field = (name: string): string[] => words(fields.get(name) ?? '');
    return [{ types: field('types'), uris: field('uris'), suites: field('suites'), components: field('components') }];
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
