export { chooseLaunch, type LaunchEntry, type Player } from './plan-launch.ts';
export { GamePlayer, type GamePlayerOptions } from './player.ts';
export { revealFolder } from './reveal.ts';
export type { PlayEnd, PlayRequest, RevealFolder, RunningGame } from './types.ts';
