/** Whether a page holds to WCAG, as far as axe can tell. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds, a line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    // The library put itself there a moment ago.
    const { axe: tool } = globalThis as unknown as { axe: typeof axe };
    const { violations: all } = await tool.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return all.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`),
    }));
  });
  return found.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]}`);
}

/** Throws with what axe finds. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  const found = await violations(page);
  if (found.length > 0) throw new Error(`${what}: ${found.join('; ')}`);
}
