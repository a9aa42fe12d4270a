import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { extensionApiVersion } from '../../../app/core/extensions/manifest/index.ts';
import { reportPath, reportText } from '../../../build/api-report.ts';

const apiDirectory = fileURLToPath(new URL('../../../app/extension-api', import.meta.url));

test('the report of the API is the one of the sources: every change of it shows in a diff', () => {
  assert.fixture(
    readFileSync(reportPath, 'utf8'),
    reportText(),
    'run `node build/api-report.ts`, and look at the diff',
  );
});

test('the report stands alone and names what an extension needs', () => {
  const report = readFileSync(reportPath, 'utf8');
  assert.not.match(report, /\bfrom '/);
  const names = [
    'Extension',
    'Context',
    'Unpacker',
    'Archive',
    'Entry',
    'Plan',
    'Sink',
    'CatalogSource',
    'ArchiveError',
  ];
  for (const name of names)
    assert.match(report, new RegExp(`export (?:interface|type|declare class) ${name}\\b`), name);
});

test('the package has the version that manifests are compared with', () => {
  const { name, version } = JSON.parse(readFileSync(join(apiDirectory, 'package.json'), 'utf8'));
  assert.is(name, '@lanspread/extension-api');
  assert.is(version, extensionApiVersion);
});

test.run();
