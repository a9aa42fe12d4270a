/**
 * Who may import whom, in one table. A folder of `app/core` sees only folders of a lower level, and only through their
 * door (`index.ts`); so there is no cycle between folders by construction. `oxlint.config.ts` turns this into lint rules.
 */
const levels: Record<string, number> = {
  base: 0,
  protocol: 1,
  state: 1,
  supervise: 1,
  trust: 1,
  catalog: 2,
  library: 2,
  peers: 2,
  transfer: 3,
  install: 3,
  extensions: 4,
  operations: 5,
  play: 5,
  rpc: 6,
};

interface Override {
  files: string[];
  rules: Record<string, unknown>;
}

function restrict(files: string[], patterns: { regex: string; message: string }[]): Override {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const folders = Object.keys(levels);
const outside = {
  regex: '(^|/)(ui|cli|shell|extensions/(seven-zip|folder-catalog))/',
  message: 'app/core knows nothing of UI, CLI, shell or any extension.',
};

const coreFolders = folders.map((folder) => {
  const higherOrEqual = folders.filter((other) => other !== folder && (levels[other] ?? 0) >= (levels[folder] ?? 0));
  return restrict(
    [`app/core/${folder}/**`],
    [
      outside,
      {
        regex: `^(\\.\\./)+(${higherOrEqual.join('|')})/`,
        message: `${folder}/ may import lower layers only (build/layers.ts).`,
      },
      { regex: '^(\\.\\./)+(core|index)\\.ts$', message: 'core.ts wires the folders; no folder imports it.' },
      {
        regex: `^(\\.\\./)+(${folders.join('|')})/(?!(index|portable)\\.ts$)`,
        message: 'Enter a folder through its index.ts.',
      },
    ],
  );
});

export const layerOverrides: Override[] = [
  ...coreFolders,
  restrict(['app/core/core.ts'], [outside]),
  restrict(
    ['app/extensions/**', 'app/extension-api/**'],
    [{ regex: '(^|/)(core|ui|cli|shell)/', message: 'An extension knows app/extension-api alone.' }],
  ),
  restrict(
    ['app/ui/**', 'app/cli/**', 'app/shell/**'],
    [
      {
        regex: `core/(${folders.filter((name) => name !== 'rpc').join('|')})/`,
        message: 'Reach the core through app/core/rpc and startCore only.',
      },
    ],
  ),
];
