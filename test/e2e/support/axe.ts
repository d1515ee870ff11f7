import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/**
 * axe finds nothing on the page as it is now; of a page behind an open dialog only the dialog is looked at, as the rest is dimmed and
 * cannot be reached. The guest's own screen is a picture that nobody here made.
 */
export async function expectAccessible(page: Page): Promise<void> {
  // a colour on its way between two themes is none that anyone reads; a sign of work that goes round and round never ends
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ effect, playState }) =>
          playState !== 'running' || !Number.isFinite(Number(effect?.getComputedTiming().endTime)),
      ),
  );
  // The window has no frames, whose findings alone would have to be joined, in a page of their own; of what passes nothing is collected.
  const builder = new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .exclude('[data-guest-screen]');
  if (await page.getByRole('dialog').first().isVisible()) builder.include('[role=dialog]');
  const { violations } = await builder.analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n    ')}`);
  expect(found, 'axe').toEqual([]);
}

/** Switches the window's theme as the system does, when its preference is "system". */
export async function eachTheme(page: Page, check: () => Promise<void>): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction(
      (now) => document.documentElement.dataset['mantineColorScheme'] === now,
      colorScheme,
    );
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    await check();
  }
}
