/**
 * A core that is told what to say, behind the real RPC server: the UI is shown every state there is, at once and in any
 * order, which a room of real PCs would take hours for.
 */
import { fileURLToPath } from 'node:url';
import { Emitter, LanspreadError, silentLogger } from '../../app/core/base/index.ts';
import { defaultSettings, type Settings } from '../../app/core/settings/index.ts';
import {
  isCommandName,
  startRpcServer,
  type CommandName,
  type Commands,
  type CoreEvent,
  type CoreEventMessage,
  type PeerView,
  type RpcServer,
} from '../../app/core/rpc/index.ts';
import type { GameView } from '../../app/core/operations/index.ts';

const uiDirectory = fileURLToPath(new URL('../../app/ui/dist/', import.meta.url));

/** A game as a catalog lists it that nobody has; its id is made of its title. */
export function stageGame(title: string, differs: Partial<GameView> = {}): GameView {
  const id = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') as GameView['id'];
  return {
    id,
    title,
    version: '1',
    downloaded: false,
    installed: false,
    availability: 'LocalOnly',
    peerCount: 0,
    sizeBytes: 4_200_000_000,
    updateAvailable: false,
    playedSeconds: 0,
    genres: ['Racing'],
    hasCover: false,
    ...differs,
  };
}

export class StageCore implements AsyncDisposable {
  readonly #games = new Map<string, GameView>();
  #settings: Settings = { ...defaultSettings('/nowhere'), setupDone: true };
  readonly #events = new Emitter<CoreEvent>();
  #revision = 1;
  #server: RpcServer | undefined;
  #address: { port: number; windowKeys: string[] } | undefined;
  peers: readonly PeerView[] = [];
  /** What the UI asked for, in order, without what it only reads. */
  readonly asked: { name: string; params: unknown }[] = [];
  /** Called with each of them, before it is answered. */
  onCommand: (name: CommandName) => void = () => {};

  get url(): string {
    if (!this.#server) throw new Error('the stage core is not there');
    return this.#server.url;
  }

  /** Comes up, at the address it had before. */
  async start(): Promise<void> {
    const invokeUnknown = async (name: string, params: unknown): Promise<unknown> => this.#answer(name, params);
    const commands: Commands = {
      invokeUnknown,
      // What is answered has the shape of the command's result; the UI is the check of that.
      invoke: invokeUnknown as Commands['invoke'],
      forClient: () => commands,
    };
    this.#server = await startRpcServer({
      api: { commands, events: this.#events.event },
      uiDirectory,
      coverPath: () => undefined,
      earlier: this.#address,
      logger: silentLogger,
    });
    const { port, windowKey } = this.#server;
    this.#address = { port, windowKeys: [windowKey] };
  }

  /** Drops every client and goes. */
  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  tell(event: CoreEventMessage): void {
    this.#events.fire({ ...event, at: new Date().toISOString() });
  }

  /** A patch of the snapshot, as the core publishes one. */
  patch(upserts: readonly GameView[], removed: readonly GameView['id'][] = []): void {
    for (const game of upserts) this.#games.set(game.id, game);
    for (const id of removed) this.#games.delete(id);
    this.#revision += 1;
    this.tell({ event: 'games-changed', revision: this.#revision, upserts: [...upserts], removed: [...removed] });
  }

  set<Name extends keyof Settings>(setting: Name, value: Settings[Name]): void {
    this.#settings = { ...this.#settings, [setting]: value };
    this.tell({ event: 'settings-changed', setting });
  }

  #answer(name: string, params: unknown): unknown {
    if (!isCommandName(name)) throw new LanspreadError('UNKNOWN_COMMAND');
    const answer = this.#read(name, params as { gameId?: string; query?: string; name?: string; value?: unknown });
    if (answer !== undefined) return answer;
    this.asked.push({ name, params });
    this.onCommand(name);
    return { accepted: true };
  }

  #read(name: CommandName, { gameId = '', query = '' }: { gameId?: string; query?: string }): unknown {
    switch (name) {
      case 'listGames':
        return { revision: this.#revision, games: [...this.#games.values()] };
      case 'getGame': {
        const game = this.#games.get(gameId);
        if (!game) throw new LanspreadError('NOT_IN_CATALOG');
        const { id, title, version, genres } = game;
        const catalog = { id, title, version, genres, description: '', tags: [], launch: [], keep: [] };
        return { game, catalog, offers: [], disk: { payloadBytes: 0, installedBytes: 0 } };
      }
      case 'searchGames': {
        const found = [...this.#games.values()].filter(({ title }) =>
          title.toLowerCase().includes(query.toLowerCase()),
        );
        return { ids: found.map(({ id }) => id) };
      }
      case 'settings.get':
        return { settings: this.#settings };
      case 'listPeers':
        return { peers: this.peers, unreachable: [] };
      case 'traffic':
        return { peers: [] };
      case 'catalog.list':
        return { sources: [], live: [] };
      case 'extensions.list':
        return { extensions: [] };
      case 'extensions.themes':
        return { themes: [] };
      case 'kiosk.status':
        return { enabled: false, locked: false, hasPin: false, actions: [], idleMinutes: 5 };
      case 'status':
        return {
          peerId: 'stage',
          name: 'stage',
          addresses: [],
          version: '0',
          gamesDir: this.#settings.gamesDir,
          stateDir: '/nowhere',
          peerCount: this.peers.length,
          transports: [],
          operations: [],
        };
      default:
        return undefined;
    }
  }
}
