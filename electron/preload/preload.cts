// Runs in the sandbox between the page and the shell. It hands ports over, lets the page ask a person for a path, and does nothing else:
// what the page can do is the contract, checked by the core.
import { contextBridge, ipcRenderer } from 'electron';

// a port can only travel by window.postMessage; the page hears it as a message of its own window
const toPage = (message: Record<string, unknown>, ports: MessagePort[]): void =>
  window.postMessage(message, '*', ports);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || typeof event.data !== 'object' || event.data === null) return;
  const data = event.data as { type?: unknown; token?: unknown };
  if (data.type === 'virtlane:connect') ipcRenderer.send('virtlane:connect');
  if (data.type === 'virtlane:pipe') ipcRenderer.send('virtlane:pipe', data.token);
});
ipcRenderer.on('virtlane:port', (event) => toPage({ type: 'virtlane:port' }, event.ports));
ipcRenderer.on('virtlane:pipePort', (event, { token }: { token: unknown }) =>
  toPage({ type: 'virtlane:pipePort', token }, event.ports),
);
ipcRenderer.on('virtlane:gone', () => toPage({ type: 'virtlane:gone' }, []));

contextBridge.exposeInMainWorld('virtlane', {
  shell: 'electron',
  choosePath: (kind: unknown) => ipcRenderer.invoke('virtlane:choosePath', kind),
});
