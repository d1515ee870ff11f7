import { BALANCER_TEMPLATE } from '../../contract/balancer-template.ts';
import type { CreateOptions } from '../../contract/create.ts';
import { balancerLines } from '../balancer/config.ts';

type Template = CreateOptions['templates'][number];

const file = (path: string, content: string): Template['files'][number] => ({ path, content, mode: '0644' });

/** Machines made ready by cloud-init, on Debian and Ubuntu. */
export const TEMPLATES: readonly Template[] = [
  {
    id: 'web',
    name: 'Web server',
    description: 'nginx with a page that says its name.',
    packages: ['nginx'],
    files: [],
    runCommands: ['hostname > /var/www/html/index.html', 'systemctl enable --now nginx'],
    memoryMiB: 1024,
  },
  {
    id: 'database',
    name: 'Database',
    description: 'PostgreSQL, for programs on the machine itself: nothing listens to the outside yet.',
    packages: ['postgresql'],
    files: [],
    runCommands: ['systemctl enable --now postgresql'],
    memoryMiB: 2048,
  },
  {
    id: 'docker',
    name: 'Docker host',
    description: 'Docker of the distribution.',
    packages: ['docker.io'],
    files: [],
    runCommands: ['systemctl enable --now docker'],
    memoryMiB: 2048,
  },
  {
    id: BALANCER_TEMPLATE,
    name: 'Load balancer',
    description: 'Apache Traffic Server on port 80, in front of machines that you choose.',
    packages: ['trafficserver', 'qemu-guest-agent'],
    files: [...balancerLines([])].map(([path, content]) => file(path, content)),
    runCommands: [
      // The machines have addresses: without this each request waits for the DNS, half a minute where it does not answer.
      "echo 'CONFIG proxy.config.http.no_dns_just_forward_to_parent INT 1' >> /etc/trafficserver/records.config",
      // The machines see the name that was asked for.
      "echo 'CONFIG proxy.config.url_remap.pristine_host_hdr INT 1' >> /etc/trafficserver/records.config",
      "sed -i 's/^CONFIG proxy.config.http.server_ports .*/CONFIG proxy.config.http.server_ports STRING 80/' /etc/trafficserver/records.config",
      // Its device was there before it was installed, which starts it only at the next boot.
      'systemctl start qemu-guest-agent',
      'systemctl enable trafficserver',
      'systemctl restart trafficserver',
    ],
    memoryMiB: 1024,
  },
];
