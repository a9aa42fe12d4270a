/** The look: a built-in theme, the system's, or an extension's, which is a set of colours over the dark or the light one. */
import type { CommandResult } from '../../core/rpc/contract.ts';
import { link } from '../stores/link.ts';

export const builtInThemes = ['dark', 'light', 'contrast', 'system'] as const;

/** The tokens of `styles/tokens.css` that a theme may set. */
const themeTokens = [
  'ground',
  'panel',
  'panel-raised',
  'panel-hover',
  'line',
  'ink',
  'ink-dim',
  'accent',
  'accent-ink',
  'accent-soft',
  'play',
  'play-ink',
  'danger',
  'danger-ink',
  'warn',
  'focus',
] as const;

type Theme = CommandResult<'extensions.themes'>['themes'][number];

/** Themes of extensions, by id: `colors` are `#rrggbb`, by the names of `themeTokens`. */
class ExtensionThemes {
  byId = $state.raw<Readonly<Record<string, Theme>>>({});

  constructor() {
    link.onConnected(() => this.#reload());
    link.onEvent(({ event }) => {
      if (event === 'extensions-changed') void this.#reload();
    });
  }

  async #reload(): Promise<void> {
    try {
      const { themes } = await link.invoke('extensions.themes', {});
      this.byId = Object.fromEntries(themes.map((theme) => [theme.id, theme]));
    } catch {
      // A look is not worth an error: the built-in themes are there.
    }
  }
}

export const extensionThemes = new ExtensionThemes();

/** Returns how to stop following the system's wish. */
export function applyTheme(theme: string): (() => void) | undefined {
  const root = document.documentElement;
  for (const token of [...themeTokens, 'play-text']) root.style.removeProperty(`--${token}`);
  const extension = extensionThemes.byId[theme];
  if (extension) {
    root.dataset['theme'] = extension.base;
    if (extension.colors['play'] !== undefined) root.style.setProperty('--play-text', 'var(--play)');
    for (const token of themeTokens) {
      const color = extension.colors[token];
      if (color !== undefined && /^#[0-9a-f]{6}$/i.test(color)) root.style.setProperty(`--${token}`, color);
    }
    return undefined;
  }
  if (theme !== 'system') {
    root.dataset['theme'] = theme === 'light' || theme === 'contrast' ? theme : 'dark';
    return undefined;
  }
  const contrast = matchMedia('(prefers-contrast: more)');
  const light = matchMedia('(prefers-color-scheme: light)');
  const follow = (): void => {
    root.dataset['theme'] = contrast.matches ? 'contrast' : light.matches ? 'light' : 'dark';
  };
  follow();
  contrast.addEventListener('change', follow);
  light.addEventListener('change', follow);
  return () => {
    contrast.removeEventListener('change', follow);
    light.removeEventListener('change', follow);
  };
}
