import { FailureError } from '../../hosts/failures.ts';
import type { Secrets } from '../../settings/secrets.ts';
import type { Plan } from './step.ts';

/** What the steps of jobs ask for by name: kept for as long as the job is, and never in its journal. */
export class JobSecrets {
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** @throws FailureError BAD_INPUT where one is missing */
  async keep(job: string, { secrets }: Plan, values: Readonly<Record<string, string>>): Promise<void> {
    await Promise.all(secrets.map((name) => this.#keep(job, name, values[name])));
  }

  async forget(job: string, { secrets }: Plan): Promise<void> {
    await Promise.all(secrets.map((name) => this.#secrets.delete(keyOf(job, name))));
  }

  /** Whether all of these were kept when the program ended. */
  async has(job: string, names: readonly string[]): Promise<boolean> {
    const values = await Promise.all(names.map((name) => this.#secrets.get(keyOf(job, name))));
    return values.every((value) => value !== null);
  }

  /** @throws FailureError NOT_FOUND */
  async get(job: string, name: string): Promise<string> {
    const value = await this.#secrets.get(keyOf(job, name));
    if (value !== null) return value;
    throw new FailureError({
      code: 'NOT_FOUND',
      message: `“${name}” was not kept when the program ended: this job can only be undone.`,
    });
  }

  async #keep(job: string, name: string, value: string | undefined): Promise<void> {
    if (value === undefined)
      throw new FailureError({ code: 'BAD_INPUT', message: `The plan needs “${name}”.` });
    await this.#secrets.set(keyOf(job, name), value);
  }
}

function keyOf(job: string, name: string): string {
  return `job:${job}:${name}`;
}
