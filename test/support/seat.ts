/**
 * One seat at a LAN party: `lanspread start` as a player starts it, and a real browser on its address, driven by roles
 * and visible names alone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { connectRpc, type CommandInput, type CommandName, type CommandResult } from '../../app/core/rpc/index.ts';
import { writeCatalog, type CatalogEntry } from './catalogs.ts';
import { tempDir, type TempDir } from './temp.ts';

const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));
const startLimitMs = 40_000;

export interface SeatOptions {
  readonly catalog: readonly CatalogEntry[];
  /** Multiaddrs of peers that it is started with. */
  readonly peers?: readonly string[];
  /** Answers the questions of the first run in advance. Default: true. */
  readonly isSetUp?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export class Seat implements AsyncDisposable {
  readonly gamesDir: string;
  readonly stateDir: string;
  /** What the page complained about, in words. */
  readonly problems: string[] = [];
  #url = '';
  readonly #temp: TempDir;
  #process: ChildProcess | undefined;
  readonly #peers: readonly string[];

  static async take({ catalog, peers = [], isSetUp = true, settings = {} }: SeatOptions): Promise<Seat> {
    const seat = new Seat(await tempDir('seat'), peers);
    try {
      await mkdir(seat.gamesDir, { recursive: true });
      await writeCatalog(seat.#temp.join('catalog.json'), catalog);
      await seat.start();
      for (const [name, value] of Object.entries({ ...(isSetUp && { setupDone: true }), ...settings }))
        await seat.command('settings.set', { name, value });
      return seat;
    } catch (error) {
      await seat[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(temp: TempDir, peers: readonly string[]) {
    this.#temp = temp;
    this.#peers = peers;
    this.gamesDir = temp.join('games');
    this.stateDir = temp.join('state');
  }

  /** With the token in its fragment. */
  get url(): string {
    return this.#url;
  }

  /** Of `lanspread start`: the light parent of the core. */
  get processId(): number {
    if (this.#process?.pid === undefined) throw new Error('the seat is not taken');
    return this.#process.pid;
  }

  join(...parts: string[]): string {
    return this.#temp.join(...parts);
  }

  async start(): Promise<void> {
    const peers = this.#peers.flatMap((address) => ['--peer', address]);
    const args = ['start', '--no-open', '--listen', '127.0.0.1', '--no-discovery', '--name', 'seat', ...peers];
    const folders = [
      '--games-dir',
      this.gamesDir,
      '--state-dir',
      this.stateDir,
      '--catalog',
      this.#temp.join('catalog.json'),
    ];
    const child = spawn(process.execPath, [program, ...args, ...folders], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error('the launcher did not print its address')), startLimitMs);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-8_000)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const url = /http:\/\/\S+/.exec(text)?.[0];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the launcher exited with ${code}: ${said}`)));
    try {
      this.#url = await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the launcher as Ctrl+C does, and waits until it is gone. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
    await gone;
    clearTimeout(timer);
  }

  /** A command to the core, past the UI: to set the stage. */
  async command<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>> {
    const { port, hash } = new URL(this.#url);
    const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
    using client = await connectRpc({ port: Number(port), token });
    return await client.invoke(name, params);
  }

  /** Gives the seat another catalog in the place of its own. */
  async offer(catalog: readonly CatalogEntry[]): Promise<void> {
    await writeCatalog(this.#temp.join('catalog.json'), catalog);
    await this.command('catalog.import', { path: this.#temp.join('catalog.json') });
  }

  /** Opens the launcher's window. What the page's console complains about is kept in `problems`. */
  async open(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      // A connection that breaks is told by the browser itself, whatever the page does about it.
      if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(message.text()))
        this.problems.push(message.text());
    });
    await page.goto(this.#url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#temp[Symbol.asyncDispose]();
  }
}

/** The page of a game, in place of the screen it was opened from. */
export function gamePage(page: Page, title: string): Locator {
  return page
    .locator('[data-page="game"]')
    .filter({ has: page.getByRole('heading', { level: 1, name: title, exact: true }) });
}

/** The card of a game, or its page where that is open. */
export function card(page: Page, title: string): Locator {
  return page.getByRole('article', { name: title, exact: true });
}
