import type { Icon } from '@tabler/icons-react';
import {
  IconBolt,
  IconDeviceFloppy,
  IconRepeatOff,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconPlugOff,
  IconPower,
  IconReload,
  IconRepeat,
  IconRestore,
  IconTemplate,
  IconTemplateOff,
  IconTrash,
  IconTrashX,
} from '@tabler/icons-react';
import type { ActionId } from './availability.ts';

/** One icon for each line of the menu. */
export const ACTION_ICONS: Record<ActionId, Icon> = {
  start: IconPlayerPlay,
  startPaused: IconPlayerTrackNext,
  shutdown: IconPower,
  shutdownAgent: IconPower,
  reboot: IconReload,
  rebootAgent: IconReload,
  reset: IconBolt,
  destroy: IconPlugOff,
  suspend: IconPlayerPause,
  resume: IconPlayerPlay,
  save: IconDeviceFloppy,
  restore: IconRestore,
  discardSaved: IconTrashX,
  autostartOn: IconRepeat,
  autostartOff: IconRepeatOff,
  keepTemplate: IconTemplate,
  releaseTemplate: IconTemplateOff,
  delete: IconTrash,
};
