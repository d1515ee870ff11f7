import path from 'node:path';
import { chromium } from '@playwright/test';
import { createDemoFleet } from '../../drivers/simulator/index.ts';
import { serveHttp } from '../../main/bridge/serve-http.ts';
import { createCore } from '../../main/service/core.ts';
import { connectInMemory } from '../../main/bridge/connection.ts';
import { median, type Report } from './report.ts';

const MACHINES = 2000;
/** A task longer than this is felt (W3C Long Tasks). */
const LONG_TASK_MS = 50;
/** Two cores carry the browser, the core and the simulated hosts: one round tells of the machine's other work too. */
const ROUNDS = 5;
const root = path.resolve(import.meta.dirname, '../..');

/** 2,000 machines in the table, live, scrolled from end to end by the wheel: the longest task of the page's main thread. */
export async function benchScroll(report: Report): Promise<void> {
  const core = await createCore({
    dataDir: path.join(root, 'build', 'bench-data'),
    shell: 'test',
    version: 'bench',
    transient: true,
    createFleet: () => createDemoFleet({ hosts: 3, machines: MACHINES }),
  });
  const memory = connectInMemory(core);
  await memory.client.host.openDemo();
  const server = await serveHttp(core, { rendererDir: path.join(root, 'build', 'renderer') });
  const browser = await chromium.launch({
    executablePath: process.env['VIRTLANE_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(server.url);
    await page
      .getByText(`${MACHINES.toLocaleString('en')} on 3 hosts`)
      .or(page.getByText(`${MACHINES} on 3 hosts`))
      .first()
      .waitFor();
    await page.waitForTimeout(6000);
    const longest: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      longest.push(
        await page.evaluate(async (limit) => {
          const tasks: number[] = [];
          new PerformanceObserver((list) =>
            tasks.push(...list.getEntries().map(({ duration }) => duration)),
          ).observe({ type: 'longtask' });
          const scroller = [...document.querySelectorAll('*')]
            .filter((element) => element.scrollHeight > element.clientHeight + 5000)
            .at(-1);
          if (scroller === undefined) throw new Error('nothing to scroll was found');
          for (let top = 0; top < scroller.scrollHeight; top += 400) {
            scroller.scrollTop = top;
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
          await new Promise((resolve) => setTimeout(resolve, 500));
          return Math.max(limit / 2, ...tasks);
        }, LONG_TASK_MS),
      );
    report.add(
      `${MACHINES} machines scrolled from end to end: longest task, median of ${ROUNDS} times`,
      'ms',
      {
        ours: median(longest),
        theirs: LONG_TASK_MS,
        against: 'the budget',
      },
    );
  } finally {
    await browser.close();
    await server.close();
    memory.close();
    await core.close();
  }
}
