export { chooseLaunch, type LaunchEntry, type Player } from './plan-launch.ts';
export { GamePlayer } from './player.ts';
export { revealFolder } from './reveal.ts';
export type { PlayEnd, PlayRequest, RunningGame } from './types.ts';
