import { machineSpec, type MachineSpec } from '../../contract/machine-spec.ts';
import { UsageError } from '../errors.ts';

/** Each field of a machine with its value: `memory.hugepages=false`, `disks.0.cache=null`, as `--set` takes it. */
export function fieldLines(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [`${path}=${JSON.stringify(value)}`];
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object'))
    return [`${path}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, within]) =>
    fieldLines(within, path === '' ? key : `${path}.${key}`),
  );
}

/**
 * Changes fields of a machine by lines like `memory.hugepages=true`. A value is JSON, or else a word.
 * @throws {UsageError} that names the line, when there is no such field or it cannot be that
 */
export function withFields(spec: MachineSpec, lines: readonly string[]): MachineSpec {
  let made = spec;
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (equals < 1) throw new UsageError(`--set takes FIELD=VALUE, not “${line}”.`);
    const changed: unknown = changedAt(
      made,
      line.slice(0, equals).split('.'),
      valueOf(line.slice(equals + 1)),
      line,
    );
    const parsed = machineSpec.safeParse(changed);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UsageError(`--set ${line}: ${issue?.message ?? 'it cannot be that'}.`);
    }
    made = parsed.data;
  }
  return made;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function changedAt(value: unknown, path: readonly string[], next: unknown, line: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return next;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
    const known = typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : '';
    const hint = known === '' ? 'set the whole of what it is in' : `there are ${known}`;
    throw new UsageError(`--set ${line}: there is no field ${key}; ${hint}.`);
  }
  const within: unknown = Reflect.get(value, key);
  const made = changedAt(within, rest, next, line);
  return Array.isArray(value) ? value.with(Number(key), made) : { ...value, [key]: made };
}
