/** The language of this window, and everything that follows from it. */
import type { Language } from './define.ts';
import type { MessageKey } from './messages/index.ts';
import * as texts from './translate.ts';

class I18n {
  language = $state<Language>('en');

  readonly t = (key: MessageKey, values?: texts.Values): string => texts.translate(this.language, key, values);
  readonly bytes = (bytes: number): string => texts.formatBytes(this.language, bytes);
  readonly bytesSoFar = (bytes: number): string => texts.formatBytesSoFar(this.language, bytes);
  readonly speed = (bytesPerSecond: number): string => texts.formatSpeed(this.language, bytesPerSecond);
  readonly list = (names: readonly string[]): string => texts.formatList(this.language, names);
  readonly number = (value: number): string => texts.formatNumber(this.language, value);
  readonly duration = (seconds: number): string => texts.formatDuration(this.language, seconds);
  readonly time = (at: number): string => texts.formatTime(this.language, at);
  readonly date = (at: number): string => texts.formatDate(this.language, at);
  readonly percent = (done: number, total: number): string => texts.formatPercent(this.language, done, total);
  readonly countdown = texts.formatCountdown;
}

export const i18n = new I18n();
export const { t, bytes, bytesSoFar, speed, list, number, duration, time, date, percent, countdown } = i18n;
