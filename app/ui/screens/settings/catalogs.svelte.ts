/** The catalogs in their order. Loaded while their section is open. */
import type { CommandResult } from '../../../core/rpc/contract.ts';
import { link } from '../../stores/link.ts';

export type CatalogSource = CommandResult<'catalog.list'>['sources'][number];
/** A list that an extension keeps up to date. */
export type LiveCatalog = CommandResult<'catalog.list'>['live'][number];

export class Catalogs {
  /** Undefined until they are loaded. */
  sources = $state.raw<readonly CatalogSource[] | undefined>(undefined);
  live = $state.raw<readonly LiveCatalog[]>([]);

  /** Returns how to stop following them. */
  follow(): () => void {
    const stopReload = link.onConnected(() => this.reload());
    const stopEvents = link.onEvent((event) => {
      if (event.event === 'catalogs-changed') void this.reload().catch(() => {});
    });
    return () => {
      stopReload();
      stopEvents();
    };
  }

  async reload(): Promise<void> {
    const { sources, live } = await link.invoke('catalog.list', {});
    this.sources = sources;
    this.live = live;
  }

  /** Returns the imported catalog and its warnings. */
  async import(path: string): Promise<CatalogSource & { readonly warnings: readonly string[] }> {
    const { source } = await link.invoke('catalog.import', { path });
    await this.reload();
    return { ...source, warnings: warningsOf(source) };
  }

  async configure(sourceId: string, configuration: Record<string, unknown>): Promise<void> {
    // It consists of JSON values only.
    await link.invoke('catalog.configure', { sourceId, configuration: configuration as Record<string, never> });
    await this.reload();
  }

  async refresh(sourceId: string): Promise<void> {
    await link.invoke('catalog.refresh', { sourceId });
    await this.reload();
  }

  async remove(id: string): Promise<void> {
    await link.invoke('catalog.remove', { id });
    await this.reload();
  }

  /** Moves a catalog up (-1) or down (+1). Shown immediately, and corrected by the core's answer. Returns the new place, from 1. */
  async move(id: string, by: -1 | 1): Promise<number> {
    const before = this.sources ?? [];
    const from = before.findIndex((source) => source.id === id);
    const to = Math.min(Math.max(from + by, 0), before.length - 1);
    const moved = before[from];
    if (!moved || to === from) return from + 1;
    this.sources = before.toSpliced(from, 1).toSpliced(to, 0, moved);
    try {
      await link.invoke('catalog.order', { ids: this.sources.map((source) => source.id) });
    } finally {
      await this.reload();
    }
    return to + 1;
  }
}

function warningsOf(source: object): readonly string[] {
  return 'warnings' in source && Array.isArray(source.warnings)
    ? source.warnings.filter((warning) => typeof warning === 'string')
    : [];
}
