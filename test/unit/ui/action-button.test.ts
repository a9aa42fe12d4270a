import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GameView } from '../../../app/core/operations/index.ts';
import { actionOf } from '../../../app/ui/game/action-button.ts';
import { errorTable, isErrorCode } from '../../../app/core/base/index.ts';
import { retryOf, steps, type Step } from '../../../app/ui/game/advice.ts';
import { messages } from '../../../app/ui/i18n/messages/index.ts';
import { gameView } from './game-view.ts';

type Running = Parameters<typeof actionOf>[1];

function nameOf(step: Step): string {
  if ('command' in step) return step.command;
  return 'question' in step ? `asks for the ${step.question}` : `to ${step.screen}`;
}

/** The buttons as they are read in English, with what a press does, and the kind of the second line. */
function face(differs: Partial<Omit<GameView, 'id'>>, running?: Running, isLaunching = false): string {
  const { main, second, cancel, line } = actionOf(gameView(differs), running, isLaunching);
  const button = ({ label, step, fill, isInert }: NonNullable<typeof main>): string =>
    [
      messages.en[label],
      step && nameOf(step),
      fill === undefined ? undefined : `${fill}`,
      isInert ? 'inert' : undefined,
    ]
      .filter((part) => part !== undefined)
      .join(' ');
  const buttons = [main, second].flatMap((each) => (each ? [button(each)] : [])).join(' | ') || 'nothing';
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
  ['not available', {}, undefined, 'nothing / nobody'],
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
  ['a failed download that kept something', { ...failed, ...resumable }, undefined, 'Try again resume / failed'],
  ['a failed download', { ...failed, peerCount: 1 }, undefined, 'Try again download / failed'],
  ['a failed install', { ...failed, downloaded: true }, undefined, 'Try again install / failed'],
  [
    'a failed update',
    { ...failed, installed: true, downloaded: true, updateAvailable: true },
    undefined,
    'Try again update | Play play / failed',
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

const failedWith = (code: string, more: Partial<Omit<GameView, 'id'>> = {}): Partial<Omit<GameView, 'id'>> => ({
  lastFailure: { code, message: '' },
  ...more,
});

test('what a failure advises is the button, and beside it stands the next best', () => {
  const damaged = failedWith('ARCHIVE_CORRUPT', { downloaded: true });
  assert.is(face(damaged), 'Repair repair | Try again install / failed');
  const installed = { installed: true, downloaded: true };
  assert.is(
    face({ ...installed, lastFailure: { code: 'PLAY_FAILED', message: '', operation: 'Playing' } }),
    'Show files revealFiles | Try again play / failed',
  );
  assert.is(
    face(failedWith('NO_UNPACKER', { downloaded: true })),
    'Open extensions to extensions | Try again install / failed',
  );
  assert.is(
    face(failedWith('MANIFEST_TIE', { peerCount: 2 })),
    'Choose a copy asks for the content | Try again download / failed',
  );
  assert.is(
    face(failedWith('GAMES_DIR_LOST', { peerCount: 1 })),
    'Open folder settings to settings | Try again download / failed',
  );
});

test('nothing is offered twice: trying again never stands beside the same command', () => {
  const operations = [
    'Playing',
    'Verifying',
    'Repairing',
    'Updating',
    'Uninstalling',
    'Removing',
    'Streaming',
  ] as const;
  for (const code of [...Object.keys(steps), 'IO_ERROR', 'DISK_FULL'])
    for (const operation of [undefined, ...operations])
      for (const installed of [true, false]) {
        const game = gameView({
          installed,
          downloaded: true,
          peerCount: 1,
          lastFailure: { code, message: '', ...(operation && { operation }) },
        });
        const { main, second } = actionOf(game, undefined);
        const commandOf = (button: typeof main): unknown =>
          button?.step && 'command' in button.step && button.step.command;
        if (second) assert.is.not(commandOf(main), commandOf(second), `${code} ${operation} ${installed}`);
      }
});

test('after a failure, trying again does what failed', () => {
  const again = (operation: NonNullable<NonNullable<GameView['lastFailure']>['operation']>): unknown =>
    retryOf(gameView({ installed: true, downloaded: true, lastFailure: { code: 'IO_ERROR', message: '', operation } }));
  assert.equal((['Playing', 'Verifying', 'Repairing', 'Uninstalling', 'Updating'] as const).map(again), [
    'play',
    'verify',
    'repair',
    'uninstall',
    'install',
  ]);
});

test('a game that is being launched has one button, which does nothing and does not stop it', () => {
  assert.is(face({ installed: true }, undefined, true), 'Launching… inert / launching');
  assert.is(face({ installed: true, ...operation('Playing') }, undefined, true), 'Launching… inert / launching');
  assert.is(
    face({ installed: true, ...operation('Verifying') }, half, true),
    'Verifying {percent} 43 (cancel details) / transfer',
  );
});

test('the text of an error names the button that it has', () => {
  // The words of the buttons that lead to a screen are about the screen, not about what is done there.
  const says: Readonly<Record<string, RegExp>> = {
    revealFiles: /files|folder/i,
    removeDownload: /delete the download/i,
    uninstall: /uninstall/i,
    verify: /verify/i,
    repair: /repair/i,
    install: /install/i,
    download: /\bget\b/i,
    'asks for the content': /choose/i,
    play: /play/i,
    extensions: /extension|turn|update/i,
    settings: /settings|folder|drive|catalog|room|file/i,
  };
  for (const [code, step] of Object.entries(steps)) {
    assert.ok(isErrorCode(code), code);
    const { next } = errorTable[code];
    assert.match(next, says[nameOf(step).replace(/^to /, '')] ?? /^$/, `${code}: ${next}`);
  }
});

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
