import assert from 'node:assert/strict';
import type { MigrateInput } from '../../main/contract/migrate.ts';
import { virshMigration } from '../../main/contract/virsh-migrate.ts';
import type { TestCore } from '../support/core.ts';
import { NAME } from './migrate-lab.ts';

/** The command that the window shows for a move to a libvirtd. @param change of what is planned */
export async function pastedCommand(
  { client }: TestCore,
  {
    uri,
    input,
    change,
  }: { readonly uri: string; readonly input: MigrateInput; readonly change: Partial<MigrateInput> },
): Promise<string> {
  const found = virshMigration({
    source: { uri: 'qemu:///system', name: NAME, uuid: input.uuid },
    target: { uri },
    input: { ...input, ...change },
    plan: await client.migrate.plan(input),
    paused: false,
    persistent: true,
    autostart: true,
  });
  assert.ok(found !== null);
  return found.command;
}
