import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GameView } from '../../../app/core/operations/index.ts';
import { actionOf } from '../../../app/ui/state/action-button.ts';
import { messages } from '../../../app/ui/i18n/messages/index.ts';
import { gameView } from './game-view.ts';

type Running = Parameters<typeof actionOf>[1];

/** The buttons as they are read in English, with what a press does, and the kind of the second line. */
function face(differs: Partial<Omit<GameView, 'id'>>, running?: Running): string {
  const { main, second, cancel, line } = actionOf(gameView(differs), running);
  const button = ({ label, command, fill, disabled }: typeof main): string =>
    [messages.en[label], command, fill === undefined ? undefined : `${fill}`, disabled ? 'disabled' : undefined]
      .filter((part) => part !== undefined)
      .join(' ');
  const buttons = [main, ...(second ? [second] : [])].map(button).join(' | ');
  return `${buttons}${cancel ? ` (cancel ${cancel})` : ''} / ${line.kind}`;
}

const operation = (kind: NonNullable<GameView['operation']>['kind']): Pick<GameView, 'operation'> => ({
  operation: { kind, startedAt: 1 },
});
const half = { bytes: 43, totalBytes: 100 };
const failed = { lastFailure: { code: 'DISK_FULL', message: 'There is not enough free space.' } } as const;
const resumable = { resumable: { bytes: 61, totalBytes: 100 } } as const;

const table: readonly (readonly [string, Partial<Omit<GameView, 'id'>>, Running, string])[] = [
  ['available', { peerCount: 3 }, undefined, 'Get download / offer'],
  ['not available', {}, undefined, '– disabled / nobody'],
  ['checking peers', operation('CheckingPeers'), undefined, 'Checking… (cancel anywhere) / checking'],
  ['queued', operation('Queued'), undefined, 'Queued #{place} (cancel anywhere) / waiting'],
  ['downloading', operation('Downloading'), half, '{percent} · {speed} 43 / transfer'],
  ['paused', resumable, undefined, 'Resume resume / kept'],
  [
    'paused while an older version is installed',
    { ...resumable, installed: true },
    undefined,
    'Resume resume | Play play / kept',
  ],
  ['installing', operation('Installing'), half, 'Installing {percent} 43 / transfer'],
  ['installing before its size is known', operation('Installing'), undefined, 'Installing… / offer'],
  ['streaming', operation('Streaming'), half, 'Installing {percent} 43 / transfer'],
  ['updating', operation('Updating'), half, 'Updating {percent} 43 / transfer'],
  ['verifying', operation('Verifying'), half, 'Verifying {percent} 43 (cancel details) / transfer'],
  ['repairing', operation('Repairing'), half, 'Repairing {percent} 43 (cancel details) / transfer'],
  ['downloaded', { downloaded: true }, undefined, 'Install install / downloaded'],
  ['installed', { installed: true, downloaded: true }, undefined, 'Play play / installed'],
  [
    'update offered',
    { installed: true, installedVersion: '1', updateAvailable: true },
    undefined,
    'Play play | Update update / versions',
  ],
  ['playing', { installed: true, ...operation('Playing') }, undefined, 'Stop stop / playing'],
  ['a failed download that kept something', { ...failed, ...resumable }, undefined, 'Retry resume / failed'],
  ['a failed download', { ...failed, peerCount: 1 }, undefined, 'Retry download / failed'],
  ['a failed install', { ...failed, downloaded: true }, undefined, 'Retry install / failed'],
  [
    'a failed update',
    { ...failed, installed: true, downloaded: true, updateAvailable: true },
    undefined,
    'Retry update | Play play / failed',
  ],
  [
    'what a person cancelled is no failure',
    { peerCount: 1, lastFailure: { code: 'CANCELLED', message: '' } },
    undefined,
    'Get download / offer',
  ],
];

for (const [name, differs, running, expected] of table) {
  test(`the button of a game: ${name}`, () => assert.is(face(differs, running), expected));
}

test('while anything runs, an earlier failure is not shown', () => {
  assert.is(face({ ...failed, ...operation('Downloading') }, half), '{percent} · {speed} 43 / transfer');
});

test('the line of an update tells the version here and the one offered', () => {
  const { line } = actionOf(
    gameView({ installed: true, installedVersion: '1', localVersion: '0', updateAvailable: true }),
    undefined,
  );
  assert.equal(line, { kind: 'versions', from: '1', to: '2' });
});

test.run();
