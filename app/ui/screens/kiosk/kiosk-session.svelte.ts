/** A player's session at a locked kiosk: it begins with a touch and ends by a press, or by nobody touching anything. */
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
  /** Covers drift until somebody comes. */
  isAttracting = $state(false);
  /** After a crash of the window nobody knows who sits here: taken for a session, which ends by itself. */
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

  /** Somebody touched something. */
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
    // The question that may stand open is gone first: closing it would count as a touch.
    await tick();
    this.forget();
    // Kept and sent later when the core is away just now.
    await link.invoke('kiosk.endSession', {});
  }

  /** Nothing of who was here stays in the window. */
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
