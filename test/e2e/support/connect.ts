import type { Page } from '@playwright/test';

/** Connects to a host that is not known yet, by the form that asks for one, as a person does: its key is accepted. */
export async function connectTo(page: Page, address: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Host' }).fill(address);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Accept and remember' }).click();
}
