/** The extensions that come with Lanspread, in German; in English they speak for themselves. Pure. */
import type { Language } from './define.ts';

interface Texts {
  readonly label: string;
  readonly description: string;
  /** What they bring, and the questions of their settings, by their English names. */
  readonly words?: Readonly<Record<string, string>>;
}

const german: Readonly<Record<string, Texts>> = {
  'lanspread.seven-zip': {
    label: '7-Zip',
    description: 'Öffnet Archive der Formate RAR, 7z, zip, tar, gzip, xz, bzip2, zstd und ISO, auch mehrteilige.',
    words: { Archives: 'Archive' },
  },
  'lanspread.folder-catalog': {
    label: 'Spieleordner als Katalog',
    description:
      'Listet die Spiele auf, die in einem Ordner beschrieben sind, etwa auf einem USB-Stick: JSON oder YAML, mit Covern.',
    words: {
      'Folder of games': 'Spieleordner',
      Folders: 'Ordner',
      'Full paths. A star at the end means every folder there: /media/*/* is every stick on many Linux systems.':
        'Vollständige Pfade. Ein Stern am Ende meint jeden Ordner dort: /media/*/* ist auf vielen Linux-Systemen jeder Stick.',
    },
  },
};

export function extensionText(
  language: Language,
  extension: { readonly id: string; readonly label: string; readonly description?: string | undefined },
): { readonly label: string; readonly description?: string | undefined } {
  return (language === 'de' && Object.hasOwn(german, extension.id) ? german[extension.id] : undefined) ?? extension;
}

/** A name that a built-in extension gives to something it brings. Other extensions' names stay as they are. */
export function extensionWord(language: Language, extensionId: string, word: string): string {
  if (language !== 'de' || !Object.hasOwn(german, extensionId)) return word;
  const words = german[extensionId]?.words ?? {};
  return Object.hasOwn(words, word) ? (words[word] ?? word) : word;
}
