import { balancer } from './balancer.ts';
import { clone } from './clone.ts';
import { commands } from './commands.ts';
import { common } from './common.ts';
import { console } from './console.ts';
import { create } from './create.ts';
import { evacuate } from './evacuate.ts';
import { failure } from './failure.ts';
import { frame } from './frame.ts';
import { hosts } from './hosts.ts';
import { machine } from './machine.ts';
import { machines } from './machines.ts';
import { migrate } from './migrate.ts';
import { networks } from './networks.ts';
import { state } from './state.ts';
import { storage } from './storage.ts';
import { template } from './template.ts';
import { virtio } from './virtio.ts';

/** One namespace for each area of the window. */
export const en = {
  balancer,
  clone,
  commands,
  common,
  console,
  create,
  evacuate,
  failure,
  frame,
  hosts,
  machine,
  machines,
  migrate,
  networks,
  state,
  storage,
  template,
  virtio,
};
