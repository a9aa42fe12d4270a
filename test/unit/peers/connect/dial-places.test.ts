import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DialPlaces } from '../../../../app/core/peers/connect/dial-places.ts';
import { codeOf } from '../../../support/network-lab.ts';

function lab(count: number) {
  const places = new DialPlaces(count);
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const dial = (host: string, name = host, signal?: AbortSignal): Promise<void> =>
    places.run(
      host,
      async () => {
        begun.push(name);
        const end = Promise.withResolvers<void>();
        ends.set(name, end);
        await end.promise;
      },
      { signal },
    );
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string, failure?: Error): Promise<void> => {
    if (failure) ends.get(name)?.reject(failure);
    else ends.get(name)?.resolve();
    await turn();
  };
  return { begun, dial, turn, end };
}

const ignore = (work: Promise<void>): void => void work.catch(() => undefined);

test('a host has one place, whatever it offers, and others go by', async () => {
  const { begun, dial, turn, end } = lab(3);
  for (const name of ['a1', 'a2', 'a3']) ignore(dial('a', name));
  ignore(dial('b'));
  await turn();
  assert.equal(begun, ['a1', 'b']);
  await end('a1');
  assert.equal(begun, ['a1', 'b', 'a2']);
});

test('a host that never failed goes before one that did', async () => {
  const { begun, dial, turn, end } = lab(1);
  ignore(dial('a', 'a1'));
  ignore(dial('a', 'a2'));
  await turn();
  ignore(dial('b'));
  await end('a1', new Error('no answer'));
  assert.equal(begun, ['a1', 'b']);
  await end('b');
  assert.equal(begun, ['a1', 'b', 'a2']);
});

test('who is aborted while it waits takes no place', async () => {
  const { begun, dial, turn, end } = lab(1);
  ignore(dial('a'));
  const ending = new AbortController();
  const waiting = codeOf(dial('b', 'b', ending.signal));
  ending.abort();
  assert.is(await waiting, 'CANCELLED');
  ignore(dial('c'));
  await turn();
  await end('a');
  assert.equal(begun, ['a', 'c']);
});

test.run();
