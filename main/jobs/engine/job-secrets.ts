import { FailureError } from '../../hosts/failures.ts';
import type { Secrets } from '../../settings/secrets.ts';
import type { Json, Plan } from './step.ts';

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

  /** Those that steps which are not done ask for by name, and that were not kept when the program ended. */
  async missing(
    job: string,
    { secrets, steps }: Plan,
    done: ReadonlyMap<string, unknown>,
  ): Promise<string[]> {
    const open = steps.filter(({ id }) => !done.has(id)).map(({ params }) => params);
    const wanted = secrets.filter((name) => open.some((params) => names(params, name)));
    const values = await Promise.all(wanted.map((name) => this.#secrets.get(keyOf(job, name))));
    return wanted.filter((_, index) => values[index] === null);
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

function names(value: Json, name: string): boolean {
  if (typeof value !== 'object' || value === null) return value === name;
  return Object.values(value).some((one) => names(one, name));
}

function keyOf(job: string, name: string): string {
  return `job:${job}:${name}`;
}
