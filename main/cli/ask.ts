import { StringDecoder } from 'node:string_decoder';
import type { Prompt, PromptAnswer } from '../contract/host.ts';
import { loginPlace } from '../contract/login-place.ts';
import { LineEditor } from './line-editor.ts';
import type { TextSink } from './output.ts';
import { visible } from './table.ts';
import { inRawMode, type Keyboard } from './terminal.ts';

/** Asks a person at a terminal. Questions go to stderr, so that stdout stays what the command prints. */
export class Asker {
  readonly #keyboard: Keyboard;
  readonly #screen: TextSink;

  constructor(keyboard: Keyboard, screen: TextSink) {
    this.#keyboard = keyboard;
    this.#screen = screen;
  }

  get canAsk(): boolean {
    return this.#keyboard.isTTY === true && this.#screen.isTTY === true;
  }

  /** The answer to a host's question; `cancel` when the person gave up. `name`: what the host is called in the list. */
  async answer(prompt: Prompt, name: string): Promise<PromptAnswer> {
    switch (prompt.kind) {
      case 'hostKey':
        return this.#hostKey(prompt);
      case 'password': {
        if (prompt.attempt > 1) this.#say('That password was not accepted. Try again.\n');
        const label = `Password of ${prompt.user} on ${loginPlace(prompt, name)}: `;
        return this.#secrets([{ label, echo: false }]);
      }
      case 'sudo':
        if (prompt.attempt > 1) this.#say('sudo did not accept that password. Try again.\n');
        return this.#secrets([
          { label: `Password of ${prompt.user} on ${loginPlace(prompt, name)}, for sudo: `, echo: false },
        ]);
      case 'passphrase':
        if (prompt.attempt > 1) this.#say('That passphrase does not open the key. Try again.\n');
        return this.#secrets([{ label: `Passphrase of the key ${prompt.keyFile}: `, echo: false }]);
      case 'keyboardInteractive':
        return this.#keyboardInteractive(prompt, name);
    }
  }

  /** The server's own words are indented, and follow a line that says whose they are. */
  #keyboardInteractive(
    prompt: Extract<Prompt, { kind: 'keyboardInteractive' }>,
    name: string,
  ): Promise<PromptAnswer> {
    if (prompt.attempt > 1) this.#say('That was not accepted. Try again.\n');
    this.#say(`${visible(`Login of ${prompt.user} on ${loginPlace(prompt, name)}. The server says:`)}\n`);
    for (const line of [prompt.title, ...prompt.instructions.split('\n')])
      if (line !== '') this.#say(`  ${visible(line)}\n`);
    return this.#secrets(
      prompt.fields.map(({ label, echo }) => ({ label: `  ${label || 'Answer: '}`, echo })),
    );
  }

  /** Whether a person typed `yes` in full. */
  async confirm(question: string): Promise<boolean> {
    return (await this.#line(visible(question), true))?.trim().toLowerCase() === 'yes';
  }

  async #hostKey(prompt: Extract<Prompt, { kind: 'hostKey' }>): Promise<PromptAnswer> {
    this.#say(
      `The key of ${visible(prompt.host)} (port ${prompt.port}) is not known.\n` +
        `  ${visible(prompt.fingerprint)} (${visible(prompt.keyType)})\n` +
        'Compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host.\n',
    );
    for (;;) {
      const line = await this.#line('Accept it (yes/once/no)? ', true);
      const accept = { yes: 'always', once: 'once', no: 'no' }[line?.trim().toLowerCase() ?? 'no'];
      if (accept === 'always' || accept === 'once' || accept === 'no') return { kind: 'hostKey', accept };
    }
  }

  async #secrets(fields: readonly { label: string; echo: boolean }[]): Promise<PromptAnswer> {
    const values: string[] = [];
    for (const { label, echo } of fields) {
      const line = await this.#line(visible(label), echo);
      if (line === null) return { kind: 'cancel' };
      values.push(line);
    }
    return { kind: 'secrets', values, remember: false };
  }

  /** One line; null when the person gave up. */
  #line(question: string, echo: boolean): Promise<string | null> {
    this.#say(question);
    const editor = new LineEditor();
    const decoder = new StringDecoder('utf8');
    return inRawMode(this.#keyboard, () => {
      return new Promise<string | null>((resolve) => {
        const finish = (line: string | null): void => {
          this.#keyboard.off('data', onData).off('end', onEnd);
          this.#keyboard.pause();
          this.#say('\n');
          resolve(line);
        };
        const onEnd = (): void => finish(null);
        const onData = (data: Buffer): void => {
          const result = editor.type(decoder.write(data));
          if (result === 'gaveUp') finish(null);
          else if (result !== null) finish(result.line);
          else if (echo) this.#say(`\r\x1b[K${question}${visible(editor.text)}`);
        };
        this.#keyboard.on('data', onData).on('end', onEnd).resume();
      });
    });
  }

  #say(text: string): void {
    this.#screen.write(text);
  }
}
