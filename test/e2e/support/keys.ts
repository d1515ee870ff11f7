import { expect, type Locator } from '@playwright/test';

/** More stops of Tab than any sheet has. */
const MAX_STOPS = 80;
const MAX_OPTIONS = 12;

/** Goes on by Tab until something has the keyboard. */
export async function tabTo(wanted: Locator): Promise<void> {
  // The input of a card or a switch has the keyboard, and is not itself to be seen.
  await expect(wanted).toBeAttached();
  for (let presses = 0; presses < MAX_STOPS; presses += 1) {
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await wanted.page().keyboard.press('Tab');
  }
  await expect(wanted).toBeFocused();
}

/** Chooses an option of a list by keys alone. */
export async function chooseByKeys(list: Locator, option: string): Promise<void> {
  const page = list.page();
  const wanted = page.getByRole('option', { name: option });
  await tabTo(list);
  await page.keyboard.press('Enter');
  await expect(wanted).toBeVisible();
  // What is chosen now becomes the list's current option in a later turn of the page, which the key has asked for, and nothing shows
  // it: an arrow must not overtake that. What is asked for after it comes after it.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  for (let presses = 0; presses < MAX_OPTIONS; presses += 1) {
    if ((await wanted.getAttribute('data-combobox-selected')) !== null) break;
    await page.keyboard.press('ArrowDown');
  }
  await expect(wanted).toHaveAttribute('data-combobox-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(wanted).toBeHidden();
}
