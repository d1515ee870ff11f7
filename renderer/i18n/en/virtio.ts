/** A machine of Windows that goes to virtio in two steps. */
export const virtio = {
  title: 'To virtio',
  offer: 'Windows starts from an emulated disk here. On virtio it is several times faster.',
  begin: 'Change to virtio…',
  intro:
    'Windows starts from virtio only when it has the driver of it. So it goes there in these steps; {{name}} is off for the first and the last.',
  step: { prepare: 'Prepare', install: 'Install the drivers in Windows', finish: 'Change over' },
  prepareText:
    'A small empty disk on virtio is added, so that Windows sees that hardware and takes its driver. Its own disks stay as they are.',
  installText:
    'Start {{name}}, run virtio-win-guest-tools.exe of the CD, and see in Disk Management that Windows has a new disk of 64 MiB (it need not be initialized). Then shut it down.',
  finishText: 'Its own disks and cards go to virtio, and the small disk goes away.',
  doneText:
    '{{name}} is on virtio. Start it. If Windows does not find its disk, put the disk’s bus back to sata in its XML; the CD stays in its drive until it is taken out.',
  drivers: 'CD with the drivers',
  volume: '{{name}}, {{size}}',
  stable: 'The newest stable ones: fetched once and kept in {{pool}}',
  none: 'None: Windows has them, or gets them otherwise',
  what: 'What is done',
  goes: '{{from}} → virtio',
  sure: 'Windows has shown the small disk, and is shut down',
  prepare: 'Prepare',
  finish: 'Change over',
  close: 'Not now',
  drop: 'Not after all…',
  dropTitle: 'Take the small disk out of {{name}}?',
  dropText: 'Its own disks and cards stay as they are. The CD stays in its drive until it is taken out.',
  dropDo: 'Take it out',
  state: { done: 'Done', current: 'Now', later: 'Later' },
};
