// `npm start`: installs what is missing, builds what is stale, opens the app. Plain Node, without dependencies until then.
import { checkNode } from './prepare.mjs';

checkNode();
// only now: an older Node lacks what the rest imports
const { start } = await import('./open.mjs');
process.exitCode = await start(process.argv.slice(2));
