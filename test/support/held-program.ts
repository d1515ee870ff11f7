import type { ServerMachine } from './server-machine.ts';

/** A program of a machine that waits at its beginning from now on, where it is told that, until it is let go. One at a time. */
export class HeldProgram {
  readonly #machine: ServerMachine;
  readonly #waiting: string;

  private constructor(machine: ServerMachine, program: string) {
    this.#machine = machine;
    this.#waiting = `/usr/local/sbin/${program}`;
  }

  /** @param told its first argument; left out: whatever it is told */
  static async on(machine: ServerMachine, program: string, told = ''): Promise<HeldProgram> {
    const held = new HeldProgram(machine, program);
    // Who reads from a pipe sleeps until it is written to; a loop would cost as much there as what is tested.
    await machine.sh(`rm -f /run/begun /run/cut; mkfifo /run/begun /run/cut; cat > ${held.#waiting} <<'END'
#!/bin/sh
if [ '${told}' = '' ] || [ "$1" = '${told}' ]; then
  exec 3<> /run/cut
  echo > /run/begun
  read cut <&3
  exec 3>&-
fi
[ ! -x /usr/sbin/${program} ] || exec /usr/sbin/${program} "$@"
exec /usr/bin/${program} "$@"
END
      chmod 755 ${held.#waiting}`);
    return held;
  }

  /** Resolves when it is started, and waits. */
  async begun(): Promise<void> {
    await this.#machine.sh('read begun < /run/begun');
  }

  /** It does its work, and does not wait any more. */
  async letGo(): Promise<void> {
    await this.#machine.sh(`rm ${this.#waiting}; echo 1<> /run/cut`);
  }
}
