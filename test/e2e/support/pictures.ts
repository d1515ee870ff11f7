import path from 'node:path';
import type { Page } from '@playwright/test';

const DIR = path.resolve(import.meta.dirname, '../../../docs/images');

/** Keeps a picture for the README when VIRTLANE_SCREENSHOTS is set (`VIRTLANE_SCREENSHOTS=1 npm test -- e2e`); else does nothing. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['VIRTLANE_SCREENSHOTS'] === undefined) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(DIR, `${name}.png`), animations: 'disabled' });
}
