// Labs of simulated hosts (test/lab) for a run: claimed by number, brought up, taken down however the run ends.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { searchPath } from './debian.mjs';

/** Of the runner; a file that is run by itself takes one of the others. */
const NUMBERS = ['5', '6', '7', '10', '11', '12', '13'];

/** Whether a test file wants a lab; the others skip by themselves what they cannot do. */
export const wantsLab = (root, file) =>
  fs.readFileSync(path.join(root, file), 'utf8').includes("lab/lab.ts'");

/** Takes the first number that no other run on this machine has. What a run that was cut left is taken over. */
function claim() {
  for (const id of NUMBERS) {
    const file = `/var/tmp/virtlane-lab-${id}.pid`;
    try {
      const owner = fs.readFileSync(file, 'utf8');
      if (
        owner === String(process.pid) ||
        fs.readFileSync(`/proc/${owner}/cmdline`, 'utf8').includes('run.mjs')
      )
        continue;
    } catch {
      /* no such file, or its process is gone */
    }
    fs.writeFileSync(file, String(process.pid));
    return { id, release: () => fs.rmSync(file, { force: true }) };
  }
  return undefined;
}

/** Brings up to `count` labs of two hosts up; each is `{ id, mend, down }`; `mend` answers with a line for each daemon that it found dead or crashed. Fewer when other runs have them; none when none came up. */
export function labsUp(root, count) {
  const labs = [];
  for (let n = 0; n < count; n += 1) {
    const claimed = claim();
    if (claimed === undefined) break;
    const { id, release } = claimed;
    const lab = (...args) =>
      spawnSync(path.join(root, 'test/lab/lab.sh'), args, {
        env: { ...process.env, PATH: searchPath, LAB_ID: id },
        stdio: ['ignore', 'ignore', 'inherit'],
      }).status === 0;
    const mend = () =>
      spawnSync(path.join(root, 'test/lab/lab.sh'), ['mend'], {
        env: { ...process.env, PATH: searchPath, LAB_ID: id },
        encoding: 'utf8',
      })
        .stdout.split('\n')
        .filter((line) => line !== '');
    const down = () => {
      lab('down');
      release();
    };
    lab('down');
    if (lab('up', '2')) labs.push({ id, mend, down });
    else down();
  }
  return labs;
}
