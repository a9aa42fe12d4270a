import { define } from '../define.ts';

/** Who plays what in the room. */
export const playing = define({
  en: {
    'playing.badge': { one: '{count} playing now', other: '{count} playing now' },
    'playing.by': 'Playing now: {names}',
    'playing.more': { one: '{count} other', other: '{count} others' },
    'playing.join': 'Join',
    'playing.now': { one: '{count} playing now', other: '{count} playing now' },
    'room.plays': 'Playing',
    'settings.tellPlaying': 'Show what I am playing',
    'settings.tellPlaying.hint': 'Everyone in the room sees which game is running on this PC, and nothing else.',
  },
  de: {
    'playing.badge': { one: '{count} spielt gerade', other: '{count} spielen gerade' },
    'playing.by': 'Spielt gerade: {names}',
    'playing.more': { one: '{count} weiterer PC', other: '{count} weitere PCs' },
    'playing.join': 'Mitspielen',
    'playing.now': { one: '{count} spielt gerade', other: '{count} spielen gerade' },
    'room.plays': 'Spielt gerade',
    'settings.tellPlaying': 'Anzeigen, was ich spiele',
    'settings.tellPlaying.hint': 'Alle im Raum sehen, welches Spiel auf diesem PC läuft, sonst nichts.',
  },
});
