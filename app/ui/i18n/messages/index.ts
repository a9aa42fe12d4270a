import type { Message } from '../define.ts';
import { common } from './common.ts';
import { extensionTexts } from './extensions.ts';
import { firstRun } from './first-run.ts';
import { folderPicker } from './folder-picker.ts';
import { game } from './game.ts';
import { kioskTexts } from './kiosk.ts';
import { library } from './library.ts';
import { playing } from './playing.ts';
import { queue } from './queue.ts';
import { roomTexts } from './room.ts';
import { settings } from './settings.ts';

const parts = [
  common,
  game,
  library,
  queue,
  settings,
  extensionTexts,
  roomTexts,
  firstRun,
  kioskTexts,
  playing,
  folderPicker,
] as const;

type Parts = (typeof parts)[number];
type KeysOf<Part> = Part extends { en: Record<infer Key, unknown> } ? Key : never;
export type MessageKey = Extract<KeysOf<Parts>, string>;

export const messages = {
  en: Object.assign({}, ...parts.map(({ en }) => en)),
  de: Object.assign({}, ...parts.map(({ de }) => de)),
} as Record<'en' | 'de', Record<MessageKey, Message>>;
