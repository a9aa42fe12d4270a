/**
 * A process that works on a game root and is to be killed: `download-child.ts DIRECTORY OPERATION POINT`. What the
 * operation begins with is there. Prints the name of every point when it lives to the end.
 */
import { CrashPoints } from './crash-points.ts';
import { runStory, type StoryOperation } from './download-story.ts';
import { downloadLab } from './fake-swarm.ts';

const [directory = '', operation = '', at = '0'] = process.argv.slice(2);
const points = new CrashPoints(Number(at));
await using lab = await downloadLab({ directory, wrap: points.fileSystem, wrapState: points.state, wrapsLane: true });
// The test that starts this process gives one of them.
await runStory(lab, operation as StoryOperation);
process.stdout.write(points.names.join('\n'));
