/**
 * What an extension says of itself: the `package.json` in its folder. The one source of the checks on install and of the
 * JSON Schema that editors complete from. Pure.
 */
import { z } from 'zod';
import { whyUnsafe } from '../../base/index.ts';
import { isVersion, isVersionRange } from './versions.ts';

/** Platforms that tools can be built for, as Node names them. */
const toolPlatforms = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-x64', 'darwin-arm64'] as const;
export type ToolPlatform = (typeof toolPlatforms)[number];

/** The one thing that can be asked to be read besides the extension's own folder. */
const configuredFolders = 'configured folders';

/** A magic number lies within what is read of a file before anybody is asked, in bytes. */
const maxMagicOffset = 36 * 1024 - 64;

const label = z.string().trim().min(1, 'is empty').max(80, 'is longer than 80 characters');
const part = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, `is not ${what}: lower-case letters, digits and hyphens`)
    .max(60, 'is longer than 60 characters');

/** A path inside the extension's folder, through the gate for paths; checked for every platform at once. */
const insidePath = z
  .string()
  .meta({ description: 'A path inside the extension, with forward slashes' })
  .transform((path) => path.replace(/^\.\//, ''))
  .superRefine((path, context) => {
    const reason = whyUnsafe(path, { atGameRoot: false, platform: 'win32' });
    if (reason !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(path)} ${reason}` });
  });

const magic = z.strictObject({
  at: z.int().min(0).max(maxMagicOffset).meta({ description: 'Offset of the bytes in the file' }),
  hex: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{2}){2,64}$/, 'is not 2 to 64 bytes in hex')
    .meta({ description: 'The bytes, in hex' }),
});

const match = z
  .strictObject({
    extensions: z
      .array(
        z.string().regex(/^\.[a-z0-9][a-z0-9._+-]{0,30}$/, 'is not a file name ending such as ".zip", in lower case'),
      )
      .max(64)
      .optional()
      .meta({ description: 'Endings of file names, with the dot' }),
    magic: z.array(magic).max(64).optional().meta({ description: 'Bytes that such files hold at fixed places' }),
  })
  .refine(
    ({ extensions = [], magic = [] }) => extensions.length + magic.length > 0,
    'names neither an ending nor a magic number',
  );

const unpacker = z.strictObject({ id: part('an id'), label, match });

const catalogSource = z.strictObject({
  id: part('an id'),
  label,
  configuration: z
    .looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.looseObject({})).optional() })
    .optional()
    .meta({ description: 'A JSON Schema of what a player can set; a string with "format": "folder" is a folder' }),
});

const theme = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/, 'is not an id such as "acme.night"')
    .max(100),
  label,
  path: insidePath,
});

const blake3 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'is not a BLAKE3 hash (64 lower-case hex digits): `lanspread extension pin` writes it');

const tool = z.strictObject({
  path: insidePath,
  blake3,
  files: z
    .array(z.strictObject({ path: insidePath, blake3 }))
    .max(64)
    .optional()
    .meta({ description: 'Files that the program loads, such as libraries; checked with it' }),
  package: z
    .string()
    .regex(/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/, 'is not the name of a package')
    .optional()
    .meta({ description: "The package of Lanspread's own in which the paths lie; only for what ships with Lanspread" }),
});

const origin = z
  .string()
  .max(200)
  .refine(isOrigin, 'is not an origin such as "https://lists.example.org" (scheme and host, no path)')
  .meta({ description: 'Scheme and host that may be asked, with no path' });

const permissions = z.strictObject({
  tools: z
    .array(part("a tool's name"))
    .max(16)
    .optional()
    .meta({ description: 'Names of tools that the host may start' }),
  net: z.array(origin).max(32).optional(),
  read: z
    .array(z.literal(configuredFolders, { error: `is not "${configuredFolders}"` }))
    .max(1)
    .optional(),
});

const version = z
  .string()
  .refine(isVersion, 'is not a version such as "1.2.0"')
  .meta({ description: 'Semantic version' });

const lanspreadRange = z
  .string()
  .refine(isVersionRange, 'is not a range of versions such as "^1.0.0"')
  .meta({ description: 'Which versions of Lanspread it works with' });

/** Other fields of a `package.json` are left alone. */
const fields = z.looseObject({
  publisher: part('a publisher'),
  name: part('a name'),
  version,
  displayName: label,
  description: z.string().max(500).optional(),
  license: z.string().min(1).max(100),
  engines: z.looseObject({ lanspread: lanspreadRange }),
  main: insidePath.optional(),
  contributes: z.strictObject({
    unpackers: z.array(unpacker).max(32).optional(),
    catalogSources: z.array(catalogSource).max(32).optional(),
    themes: z.array(theme).max(64).optional(),
  }),
  tools: z
    .record(part("a tool's name"), z.partialRecord(z.enum(toolPlatforms), tool))
    .optional()
    .meta({ description: 'Programs that come along, by name and platform' }),
  permissions: permissions.optional(),
});

type Fields = z.output<typeof fields>;

/** Fields of a manifest that npm does not know. */
export const manifestFields: readonly string[] = Object.keys(fields.shape);

export const manifestSchema = fields
  .superRefine((manifest, context) => {
    for (const { path, message } of contradictions(manifest))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .transform(
    ({
      publisher,
      name,
      version,
      displayName,
      description,
      license,
      engines,
      main,
      contributes,
      tools,
      permissions,
    }) => ({
      id: `${publisher}.${name}`,
      publisher,
      name,
      version,
      displayName,
      description,
      license,
      engines: { lanspread: engines.lanspread },
      main,
      contributes: {
        unpackers: contributes.unpackers ?? [],
        catalogSources: contributes.catalogSources ?? [],
        themes: contributes.themes ?? [],
      },
      tools: tools ?? {},
      permissions: { tools: permissions?.tools ?? [], net: permissions?.net ?? [], read: permissions?.read ?? [] },
    }),
  );

/** A manifest that was checked; `id` is `publisher.name`, lists that were left out are empty. */
export type ExtensionManifest = z.output<typeof manifestSchema>;
export type UnpackerContribution = ExtensionManifest['contributes']['unpackers'][number];
export type Permissions = ExtensionManifest['permissions'];

/** The JSON Schema of an extension's `package.json`, as it is written by people. */
export function manifestJsonSchema(): object {
  return {
    title: 'Lanspread extension',
    description: 'package.json of an extension for Lanspread',
    ...z.toJSONSchema(fields, { io: 'input' }),
  };
}

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules that concern several fields. */
function contradictions({ contributes, main, permissions = {}, tools = {} }: Fields): Contradiction[] {
  const { unpackers = [], catalogSources = [], themes = [] } = contributes;
  const found: Contradiction[] = [];
  if (unpackers.length + catalogSources.length > 0 && main === undefined)
    found.push({ path: ['main'], message: 'is missing: unpackers and catalog sources are code' });
  if (main !== undefined && !/\.(?:[cm]?js|[cm]?ts)$/.test(main))
    found.push({ path: ['main'], message: 'is not a file of JavaScript or TypeScript' });
  for (const [kind, list] of Object.entries({ unpackers, catalogSources, themes })) {
    const repeated = list.findIndex(({ id }, index) => list.findIndex((other) => other.id === id) < index);
    if (repeated >= 0)
      found.push({ path: ['contributes', kind, repeated, 'id'], message: `is taken by another of the ${kind}` });
  }
  for (const [index, name] of (permissions.tools ?? []).entries())
    if (!Object.hasOwn(tools, name))
      found.push({ path: ['permissions', 'tools', index], message: `${JSON.stringify(name)} is not among "tools"` });
  return found;
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && origin === text;
}
