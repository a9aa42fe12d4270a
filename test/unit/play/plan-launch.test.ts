import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { batchCommandLine } from '../../../app/core/play/batch-command-line.ts';
import { chooseLaunch, expandArgument, planStart, type LaunchEntry } from '../../../app/core/play/plan-launch.ts';

const entry = (facts: Partial<LaunchEntry>): LaunchEntry => ({
  label: 'Play',
  platform: 'any',
  command: 'game.sh',
  arguments: [],
  ...facts,
});

// A plain id stands for a parsed one in these pure tests.
const game = (...launch: LaunchEntry[]) => ({ id: 'quake' as never, launch });

const code = (error: unknown): string => (error instanceof LanspreadError ? error.code : String(error));

const test = suite('how a game is started');

test('the first entry for this system is taken, and a server only where there is nothing else', () => {
  const server = entry({ label: 'Server', server: true });
  const windows = entry({ label: 'Windows', platform: 'win32' });
  const linux = entry({ label: 'Linux', platform: 'linux' });
  const choose = (...entries: LaunchEntry[]) =>
    chooseLaunch(game(...entries), { label: undefined, platform: 'linux' }).label;
  assert.is(choose(server, windows, linux), 'Linux');
  assert.is(choose(windows, server), 'Server');
});

test('a label chooses among the entries of this system', () => {
  const entries = [entry({ label: 'Game' }), entry({ label: 'Editor' }), entry({ label: 'Setup', platform: 'win32' })];
  assert.is(chooseLaunch(game(...entries), { label: 'Editor', platform: 'linux' }).label, 'Editor');
  for (const label of ['Setup', 'Nothing'])
    assert.throws(
      () => chooseLaunch(game(...entries), { label, platform: 'linux' }),
      (error: unknown) => code(error) === 'NO_LAUNCH',
    );
});

test('player name and language are put in as they are, whatever they contain', () => {
  const player = { name: '$& "; rm -rf ~ {language}', language: 'de' };
  assert.is(expandArgument('+name={playerName}', player), `+name=${player.name.replace('{language}', 'de')}`);
  assert.is(expandArgument('{other} {language}', player), '{other} de');
});

test('a shell script goes to the interpreter of its first line, its arguments as a vector', () => {
  const plan = (firstLine: string) =>
    planStart({ command: '/g/start.sh', args: ['a b', '$(x)'], platform: 'linux', firstLine });
  assert.equal(plan('#!/usr/bin/env bash'), {
    program: '/usr/bin/env',
    args: ['bash', '/g/start.sh', 'a b', '$(x)'],
    verbatim: false,
  });
  assert.equal(plan('#!/bin/bash').args, ['/g/start.sh', 'a b', '$(x)']);
  assert.is(plan('echo no interpreter').program, '/bin/sh');
});

test('a program is run itself', () => {
  const plan = planStart({ command: '/g/game.x86_64', args: ['-w'], platform: 'linux', firstLine: '' });
  assert.equal(plan, { program: '/g/game.x86_64', args: ['-w'], verbatim: false });
});

test('a batch file goes to cmd.exe with a line in which nothing is special any more', () => {
  const plan = planStart({
    command: 'C:\\g\\start.cmd',
    args: ['Bob" & calc & "', '%PATH%'],
    platform: 'win32',
    firstLine: '',
    comSpec: 'C:\\Windows\\System32\\cmd.exe',
  });
  assert.is(plan.program, 'C:\\Windows\\System32\\cmd.exe');
  assert.is(plan.verbatim, true);
  const line = plan.args.at(-1) ?? '';
  // Read once, as cmd.exe does for the line and again for `%*`: every special character is still escaped after one pass.
  const readOnce = (text: string): string => text.replaceAll(/\^(.)/g, '$1');
  const inner = readOnce(line.slice(1, -1));
  assert.not.match(inner.replaceAll(/\^./g, ''), /[&|<>%"^]/);
  assert.ok(readOnce(inner).includes('"Bob\\" & calc & \\""'));
});

test('a line break cannot be passed to a batch file, and is refused', () => {
  assert.throws(
    () => batchCommandLine('C:\\g\\start.cmd', ['a\r\ncalc']),
    (error: unknown) => code(error) === 'BAD_REQUEST',
  );
});

test.run();
