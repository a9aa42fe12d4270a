import { join } from 'node:path';
import type { z } from 'zod';
import { isNotFound, LanspreadError, type FileSystem } from '../../base/index.ts';
import { manifestFields as ownFields, manifestSchema, type ExtensionManifest } from './schema.ts';

/** The name of the manifest in an extension's folder. */
export const manifestName = 'package.json';
/** Fields of npm whose names are close to ours: they are no misspelt fields. */
const npmFields = new Set(['types', 'type', 'man', 'bin', 'os']);
export const maxManifestBytes = 256 * 1024;

/**
 * The manifest in this text. Throws `EXTENSION_INVALID`, whose message names every field that is wrong (the first in
 * `details.field`, all in `details.problems`).
 */
export function parseManifest(text: string): ExtensionManifest {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LanspreadError('EXTENSION_INVALID', { message: `${manifestName} is not JSON: ${reason}`, cause });
  }
  const result = manifestSchema.safeParse(value);
  if (result.success && likelyMisspelt(value).length === 0) return result.data;
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => describeIssue(issue, value)),
    ...likelyMisspelt(value).map(({ field, meant }) => ({ field, message: `is no field; did you mean ${meant}?` })),
  ];
  throw new LanspreadError('EXTENSION_INVALID', {
    message: `${manifestName} is not the manifest of an extension: ${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}.`,
    details: { field: problems[0]?.field, problems },
  });
}

/** Reads it from a folder. Errors: `EXTENSION_INVALID`, also when there is none; the file system's. */
export async function readManifest(fileSystem: FileSystem, directory: string): Promise<ExtensionManifest> {
  const path = join(directory, manifestName);
  try {
    const { sizeBytes } = await fileSystem.stat(path);
    if (sizeBytes > maxManifestBytes)
      throw new LanspreadError('EXTENSION_INVALID', { message: `${manifestName} is larger than 256 KiB.` });
    return parseManifest((await fileSystem.readFile(path)).toString('utf8'));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new LanspreadError('EXTENSION_INVALID', {
      message: `There is no ${manifestName} in ${directory}: this is not the folder of an extension.`,
      cause: error,
    });
  }
}

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

function describeIssue(issue: z.core.$ZodIssue, manifest: unknown): FieldProblem[] {
  const field = fieldName(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        field: fieldName([...issue.path, key]),
        message: 'is not a field of the manifest',
      }));
    case 'invalid_type':
      return [
        {
          field,
          message:
            valueAt(manifest, issue.path) === undefined
              ? `is missing: it must be ${article(issue.expected)}`
              : `must be ${article(issue.expected)}`,
        },
      ];
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ field, message }));
    default:
      return [{ field, message: issue.message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()) }];
  }
}

function valueAt(manifest: unknown, path: readonly PropertyKey[]): unknown {
  let value = manifest;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    // A key that it has of its own.
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Fields that would go unnoticed: npm's own are left alone, those that look like one of ours are not. */
function likelyMisspelt(manifest: unknown): { field: string; meant: string }[] {
  if (typeof manifest !== 'object' || manifest === null) return [];
  const keys = Object.keys(manifest);
  return keys.flatMap((field) => {
    if (ownFields.includes(field) || npmFields.has(field)) return [];
    const meant = ownFields.find((own) => !keys.includes(own) && isNear(field.toLowerCase(), own.toLowerCase()));
    return meant === undefined ? [] : [{ field, meant }];
  });
}

/** Two letters at most are wrong, missing, too many or change places. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return (row[b.length] ?? 0) <= 2;
}

function article(expected: string): string {
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

/** `contributes.unpackers[0].match`. */
function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(the whole)';
  return path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}${name && '.'}${String(key)}`),
    '',
  );
}
