export const drivers = {
  label: 'Drivers for Windows',
  help: 'A second CD (virtio-win). With it, a disk or network card can be on VirtIO, which is faster: load the drivers in the installer.',
  none: 'None',
  volume: '{{name}}, {{size}}',
  stable: 'The newest stable ones: fetched once and kept',
};
