/** A player's session at a locked kiosk. It begins with the first input, and ends by a button or without input. */
import { tick } from 'svelte';
import { games } from '../../stores/games.svelte.ts';
import { link } from '../../stores/link.ts';
import { idleStage, type IdleStage } from './idle.ts';
import { kiosk } from '../../stores/kiosk.svelte.ts';
import { libraryState } from '../library/library.svelte.ts';
import { forgetWindow } from './forget-window.ts';

const tickMs = 500;

class KioskSession {
  stage = $state.raw<IdleStage>({ kind: 'active' });
  /** The attract screen is shown. */
  isAttracting = $state(false);
  /** After a crash of the window a player may be here, so a session is assumed. It ends by itself. */
  #hasSession = true;
  #lastInputAt = performance.now();

  /** Watches until the returned function is called. */
  watch(): () => void {
    this.#lastInputAt = performance.now();
    const timer = setInterval(() => this.#tick(), tickMs);
    return () => {
      clearInterval(timer);
      this.isAttracting = false;
      this.stage = { kind: 'active' };
    };
  }

  /** There was input. */
  touched(): void {
    this.#lastInputAt = performance.now();
    this.#hasSession = true;
    this.isAttracting = false;
    if (this.stage.kind !== 'active') this.stage = { kind: 'active' };
  }

  async end(): Promise<void> {
    this.#hasSession = false;
    this.#lastInputAt = performance.now();
    this.stage = { kind: 'active' };
    this.isAttracting = true;
    // An open question is removed first, because closing it would count as input.
    await tick();
    this.forget();
    // Kept and sent later when the core is away just now.
    await link.invoke('kiosk.endSession', {});
  }

  /** Removes everything that the last player left in the window. */
  forget(): void {
    libraryState.showAll();
    libraryState.sort = 'title';
    libraryState.focusedId = undefined;
    forgetWindow();
  }

  #tick(): void {
    const isPlaying = games.list.some(({ operation }) => operation?.kind === 'Playing');
    if (isPlaying) this.#lastInputAt = performance.now();
    if (this.isAttracting) {
      this.isAttracting = !isPlaying;
      return;
    }
    const stage = idleStage({
      sinceInputMs: performance.now() - this.#lastInputAt,
      idleMs: (kiosk.status?.idleMinutes ?? 5) * 60_000,
      isPlaying,
      hasSession: this.#hasSession,
    });
    if (stage.kind === 'over') void this.end().catch(() => {});
    else if (stage.kind === 'attract') this.isAttracting = true;
    else this.stage = stage;
  }
}

export const kioskSession = new KioskSession();
