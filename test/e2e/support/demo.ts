import {
  expect,
  test,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from '@playwright/test';
import { App } from './app.ts';

/** Virtlane on the demo fleet, in a page of a dark browser that lists its machines. */
export class Demo {
  readonly page: Page;
  readonly #app: App;

  private constructor(app: App, page: Page) {
    this.#app = app;
    this.page = page;
  }

  /** `prepare` has the page before it loads anything. */
  static async open(
    browser: Browser,
    options: { context?: BrowserContextOptions; prepare?: (page: Page) => Promise<unknown> } = {},
  ): Promise<Demo> {
    const app = await App.start({ args: ['--demo'] });
    try {
      const page = await (await browser.newContext({ colorScheme: 'dark', ...options.context })).newPage();
      await options.prepare?.(page);
      await page.goto(app.url);
      await expect(page.getByRole('grid', { name: 'Machines' }).locator('[data-index]')).not.toHaveCount(0);
      return new Demo(app, page);
    } catch (error) {
      await app.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.#app.stop();
  }
}

/** One demo for all tests of a file; `use` gets its page before the first. */
export function onDemo(use: (page: Page) => void): void {
  let demo: Demo | undefined;
  test.beforeAll(async ({ browser }) => {
    demo = await Demo.open(browser);
    use(demo.page);
  });
  test.afterAll(async () => {
    await demo?.close();
  });
}

/** The sheet “New machine” and its parts, each looked for when it is asked for. */
export function newMachine(page: () => Page): {
  sheet: () => Locator;
  section: (name: string) => Locator;
  summary: () => Locator;
  create: () => Locator;
} {
  const sheet = (): Locator => page().getByRole('dialog', { name: 'New machine' });
  return {
    sheet,
    section: (name) =>
      sheet()
        .getByRole('navigation', { name: 'Sections' })
        .getByRole('button', { name: new RegExp(`^${name}`) }),
    summary: () => sheet().getByRole('complementary', { name: 'What will be made' }),
    create: () => sheet().getByRole('button', { name: 'Create', exact: true }),
  };
}
