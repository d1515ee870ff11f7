/** Runs a script of sh as root. */
export interface Shell {
  sh(script: string): Promise<string>;
}

/** A program of a machine that waits at its beginning from now on, where it is told that, until it is let go. One at a time on a machine. */
export class HeldProgram {
  readonly #machine: Shell;
  readonly #waiting: string;

  private constructor(machine: Shell, program: string) {
    this.#machine = machine;
    this.#waiting = `/usr/local/sbin/${program}`;
  }

  /** @param told its first argument; left out: whatever it is told */
  static async on(machine: Shell, program: string, told = ''): Promise<HeldProgram> {
    const held = new HeldProgram(machine, program);
    // Who reads from a pipe sleeps until it is written to; a loop would cost as much there as what is tested.
    await machine.sh(`rm -f /run/begun /run/cut; mkfifo /run/begun /run/cut; cat > ${held.#waiting} <<'END'
#!/bin/sh
if [ '${told}' = '' ] || [ "$1" = '${told}' ]; then
  exec 3<> /run/cut 4<> /run/begun
  echo >&4
  read cut <&3
  exec 3>&- 4>&-
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

  /** It does its work, and does not wait any more; all of them do where it was started several times. Who waits for its begin is told that there is none. */
  async letGo(): Promise<void> {
    await this.#machine.sh(
      `rm ${this.#waiting}; exec 3<> /run/cut 4<> /run/begun; for each in 1 2 3 4 5 6 7 8; do echo >&3; done; sleep 0.1`,
    );
  }
}
