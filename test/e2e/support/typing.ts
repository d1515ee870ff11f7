import type { Page } from '@playwright/test';

/**
 * Types as a person does, with Shift held where the US layout wants it: a console sends physical keys to the guest, and Playwright's
 * own `type` presses no Shift.
 */
export async function typeAsPerson(page: Page, text: string): Promise<void> {
  for (const character of text) {
    const shifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(character);
    if (shifted) await page.keyboard.down('Shift');
    await page.keyboard.press(character === '\n' ? 'Enter' : character === ' ' ? 'Space' : character, {
      delay: 15,
    });
    if (shifted) await page.keyboard.up('Shift');
  }
}
