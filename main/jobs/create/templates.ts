import type { CreateOptions } from '../../contract/create.ts';

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
    id: 'load-balancer',
    name: 'Load balancer',
    description:
      'Apache Traffic Server on port 80, in front of the machines of its remap.config and parent.config.',
    packages: ['trafficserver', 'qemu-guest-agent'],
    files: [
      file(
        '/etc/trafficserver/remap.config',
        '# What is asked for, and the first of the machines that answer it: all of them are in parent.config.\nmap / http://192.0.2.11/\n',
      ),
      // The machines take turns, and one that does not answer is left out until it does.
      file(
        '/etc/trafficserver/parent.config',
        'dest_domain=. parent="192.0.2.11:80;192.0.2.12:80" round_robin=strict go_direct=false parent_is_proxy=false\n',
      ),
    ],
    runCommands: [
      // The machines see the name that was asked for.
      "echo 'CONFIG proxy.config.url_remap.pristine_host_hdr INT 1' >> /etc/trafficserver/records.config",
      "sed -i 's/^CONFIG proxy.config.http.server_ports .*/CONFIG proxy.config.http.server_ports STRING 80/' /etc/trafficserver/records.config",
      'systemctl enable trafficserver',
      'systemctl restart trafficserver',
    ],
    memoryMiB: 1024,
  },
];
