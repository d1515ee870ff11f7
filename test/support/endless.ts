import { Duplex } from 'node:stream';

/** A stream that says a piece each turn of the event loop, for as long as it is asked; `said` counts its bytes. */
export function endless(pieceBytes: number): { stream: Duplex; said: () => number } {
  let said = 0;
  const stream = new Duplex({
    read() {
      setImmediate(() => {
        said += pieceBytes;
        this.push(Buffer.alloc(pieceBytes));
      });
    },
    write: (_chunk, _encoding, done) => done(),
  });
  return { stream, said: () => said };
}

/** Answers with the count once it has stood still for many turns of the event loop, or is `enough`. */
export async function standsStill(count: () => number, enough: number): Promise<number> {
  let [turns, before] = [0, -1];
  while (turns < 200 && count() < enough) {
    turns = count() === before ? turns + 1 : 0;
    before = count();
    await new Promise(setImmediate);
  }
  return count();
}

/** Reads so much, a turn at a time. */
export async function readOn(stream: Duplex, bytes: number): Promise<void> {
  for (let read = 0; read < bytes; await new Promise(setImmediate))
    read += (stream.read() as Buffer | null)?.length ?? 0;
}
