/**
 * Who may import whom, in one table. A folder of `app/core` sees only folders of a lower level, and only through their
 * door (`index.ts`); so there is no cycle between folders by construction. `oxlint.config.ts` turns this into lint rules.
 */
export const levels: Record<string, number> = {
  base: 0,
  protocol: 1,
  state: 1,
  supervise: 1,
  trust: 1,
  uploads: 1,
  content: 2,
  'game-folder': 2,
  settings: 2,
  catalog: 3,
  library: 3,
  peers: 3,
  install: 4,
  manifests: 4,
  play: 4,
  extensions: 5,
  streamed: 5,
  lanes: 6,
  blocks: 7,
  operations: 8,
  rpc: 9,
  wiring: 10,
  tools: 11,
};

/** Rooms that are entered by their files: `core.ts` calls what `wiring` has, the command line loads one tool at a time. */
const withoutDoor = new Set(['wiring', 'tools']);

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
        regex: `^(\\.\\./)+(${folders.filter((name) => !withoutDoor.has(name)).join('|')})/(?!(index|portable)\\.ts$)`,
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
        regex: `core/(${folders.filter((name) => name !== 'rpc' && name !== 'tools').join('|')})/`,
        message: 'Reach the core through app/core/rpc, app/core/tools and startCore only.',
      },
    ],
  ),
];
