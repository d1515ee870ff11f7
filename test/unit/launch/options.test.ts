import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

interface Options {
  readOptions: (args: string[]) => Record<string, unknown>;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/options.mjs', import.meta.url).href;
const { readOptions } = (await import(source)) as Options;

describe('the options of npm start', () => {
  it('none: Electron, any port', () => {
    assert.deepEqual(readOptions([]), { browser: false, open: true, port: null, demo: false, help: false });
  });

  for (const args of [['--browser'], ['--no-open'], ['--port', '8090'], ['--port', '0']])
    it(`${args.join(' ')}: a browser`, () => assert.equal(readOptions(args)['browser'], true));

  it('--port takes a number from 0 to 65535', () => {
    assert.equal(readOptions(['--port', '8090'])['port'], 8090);
    assert.equal(readOptions(['--port=65535'])['port'], 65_535);
    assert.equal(readOptions(['--port', '0'])['port'], 0);
  });

  for (const bad of ['abc', '70000', '65536', '', ' ', '80.5', '1e3', '0x50', '-1', '+80'])
    it(`--port ${JSON.stringify(bad)} is refused, with the range`, () =>
      assert.throws(() => readOptions([`--port=${bad}`]), {
        message: `--port ${bad}: a port is a number from 1 to 65535, or 0 for any that is free`,
      }));

  it('what is unknown or superfluous is refused by its name', () => {
    assert.throws(() => readOptions(['--prot', '80']), /--prot/);
    assert.throws(() => readOptions(['demo']), /demo/);
    assert.throws(() => readOptions(['--port']), /--port/);
  });
});
